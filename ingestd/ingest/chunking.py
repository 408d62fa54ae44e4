"""Chunks: runs of units whose cuts depend on content alone, so that an edit moves only its own.

Pages are cut apart. A stretch of units that is over the limit is divided in two, again and again
until every part fits: at its outermost heading if it has one, else at any unit, and among those at
the one whose text hashes lowest. The cut is a property of the text beside it, so an edit elsewhere
leaves it alone (the idea of content-defined chunking, Muthitacharoen et al., "A Low-bandwidth
Network File System", SOSP 2001, on units instead of bytes, and as a tree, so that no size is left
to chance).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ingestd.ingest.units import Unit, units
from ingestd.model.document import Chunk, ElementKind, RedactedDocument
from ingestd.model.ids import digest
from ingestd.ports.tokens import TokenCounter

ALGORITHM = "units-1"
"""Changes whenever the same document would be cut otherwise; part of the recipe."""

_NO_HEADING = 99


@dataclass(frozen=True, slots=True)
class ChunkingPolicy:
    """How large chunks may be, in tokens of the model."""

    min_tokens: int = 40
    """No part that a cut makes is smaller, unless its heading section is all there is."""
    max_tokens: int = 240
    """The most a chunk may hold, prefix and special tokens included; the model's limit caps it."""

    def fingerprint(self, counter: str) -> str:
        """Name the cuts that these rules make with one tokenizer."""
        return digest("chunking", ALGORITHM, str(self.min_tokens), str(self.max_tokens), counter)


def chunk(
    document: RedactedDocument, counter: TokenCounter, policy: ChunkingPolicy
) -> tuple[Chunk, ...]:
    """Cut a redacted document into chunks that cover each of its units once, in order."""
    return _Cutter(document, counter, policy).chunks()


class _Cutter:
    def __init__(
        self, document: RedactedDocument, counter: TokenCounter, policy: ChunkingPolicy
    ) -> None:
        self._text = document.text
        self._counter = counter
        self._limit = min(policy.max_tokens, counter.limit) - counter.special
        self._least = min(policy.min_tokens, self._limit // 3)
        # A quarter of the window at most tells where a chunk stands; the rest is for what it says.
        self._prefix_limit = self._limit // 4
        self._units = units(document)
        self._tokens = counter.count([self._text[u.start : u.end] for u in self._units])
        self._upto = [0, *accumulate(self._tokens)]
        self._hashes = [_hash(self._text[u.start : u.end]) for u in self._units]
        self._trails = _trails(self._text, self._units)
        self._headers = _headers(self._units)

    def chunks(self) -> tuple[Chunk, ...]:
        made: list[Chunk] = []
        pending = self._pages()[::-1]
        while pending:
            first, last = pending.pop()
            prefix = self._prefix(first)
            cost = self._upto[last] - self._upto[first] + prefix[1]
            if cost <= self._limit:
                start, end = self._units[first].start, self._units[last - 1].end
                # Counted again in one piece: some tokenizers join tokens over a unit's edge.
                tokens = self._counter.count([prefix[0] + self._text[start:end]])[0]
                if tokens <= self._limit:
                    made.append(self._chunk(len(made), first, start, end, prefix[0], tokens))
                    continue
            if last - first == 1:
                made.extend(self._pieces(len(made), first, prefix))
                continue
            middle = self._cut(first, last)
            pending += [(middle, last), (first, middle)]
        return tuple(made)

    def _pages(self) -> list[tuple[int, int]]:
        """Return the runs of units on one page: no chunk spans two, so that citations hold."""
        starts = [
            index
            for index, unit in enumerate(self._units)
            if index == 0 or unit.page != self._units[index - 1].page
        ]
        return list(zip(starts, [*starts, len(self._units)][1:], strict=True))

    def _cut(self, first: int, last: int) -> int:
        """Choose the unit that begins the second part of `[first, last)`."""
        inside = range(first + 1, last)
        roomy = [i for i in inside if self._room(first, i, last)] or list(inside)
        return min(roomy, key=lambda i: (self._depth(i), self._hashes[i], i))

    def _room(self, first: int, middle: int, last: int) -> bool:
        return (
            self._upto[middle] - self._upto[first] >= self._least
            and self._upto[last] - self._upto[middle] >= self._least
        )

    def _depth(self, index: int) -> int:
        unit = self._units[index]
        # A run of headings belongs together: cut before its first, never inside.
        if unit.kind is not ElementKind.HEADING:
            above = self._units[index - 1].kind is ElementKind.HEADING
            return _NO_HEADING + 1 if above else _NO_HEADING
        return unit.level

    def _prefix(self, first: int) -> tuple[str, int]:
        lines = [" > ".join(self._trails[first])] if self._trails[first] else []
        header = self._headers[first]
        if header is not None:
            lines.append(self._text[self._units[header].start : self._units[header].end])
        if not lines:
            return "", 0
        prefix = "\n".join(lines) + "\n"
        tokens = self._counter.count([prefix])[0]
        while tokens > self._prefix_limit:
            # The innermost heading and the last columns say most about a chunk: keep the end.
            keep = len(prefix) * self._prefix_limit // (tokens + 1)
            prefix = prefix[-keep:] if keep > 1 else ""
            tokens = self._counter.count([prefix])[0] if prefix else 0
        return prefix, tokens

    def _pieces(self, ordinal: int, index: int, prefix: tuple[str, int]) -> list[Chunk]:
        """Divide one unit that alone is over the limit, at white space where there is some."""
        unit = self._units[index]
        room = self._limit - prefix[1]
        made: list[Chunk] = []
        start = unit.start
        while start < unit.end:
            end = self._fitting(prefix[0], start, unit.end, room)
            tokens = self._counter.count([prefix[0] + self._text[start:end]])[0]
            made.append(self._chunk(ordinal + len(made), index, start, end, prefix[0], tokens))
            start = end
            while start < unit.end and self._text[start].isspace():
                start += 1
        return made

    def _fitting(self, prefix: str, start: int, stop: int, room: int) -> int:
        """Find the end of the longest piece from `start` that fits, by bisection."""
        low, high = start + 1, min(stop, start + room * 40)
        while low < high:
            middle = (low + high + 1) // 2
            if self._counter.count([prefix + self._text[start:middle]])[0] <= self._limit:
                low = middle
            else:
                high = middle - 1
        if low < stop and not self._text[low].isspace():
            space = max(self._text.rfind(" ", start, low), self._text.rfind("\n", start, low))
            if space > start:
                low = space
        while low > start + 1 and self._text[low - 1].isspace():
            low -= 1
        return low

    def _chunk(
        self, ordinal: int, index: int, start: int, end: int, prefix: str, tokens: int
    ) -> Chunk:
        return Chunk(
            ordinal=ordinal,
            start=start,
            end=end,
            text=self._text[start:end],
            prefix=prefix,
            heading=self._trails[index],
            page=self._units[index].page,
            tokens=tokens + self._counter.special,
        )


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _trails(text: str, document_units: Sequence[Unit]) -> list[tuple[str, ...]]:
    """Give each unit the headings above it, outermost first; a heading is not above itself."""
    trail: list[tuple[int, str]] = []
    trails: list[tuple[str, ...]] = []
    for unit in document_units:
        if unit.kind is ElementKind.HEADING:
            while trail and trail[-1][0] >= unit.level:
                trail.pop()
        trails.append(tuple(title for _, title in trail))
        if unit.kind is ElementKind.HEADING:
            trail.append((unit.level, " ".join(text[unit.start : unit.end].split())))
    return trails


def _headers(document_units: Sequence[Unit]) -> list[int | None]:
    """Give each table row the index of its table's header row; the header itself has none."""
    headers: list[int | None] = []
    current: tuple[int, int] | None = None
    for index, unit in enumerate(document_units):
        if unit.table is None:
            current = None
        elif current is None or current[0] != unit.table:
            current = (unit.table, index)
        headers.append(current[1] if current is not None and current[1] != index else None)
    return headers
