"""A view of a text: pieces of it replaced or left out, with the way back for every finding."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from ingestd.model.finding import Finding

Edit = tuple[int, int, str]
"""`text[start:end]` is replaced; edits of one text come in order and do not overlap."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One row of edits: where each stands after and before, ends excluded."""

    starts: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    """(end after, start before, end before) of the edit at the same place in `starts`."""

    def before(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets before of the characters `first` to `last`, `last` included."""
        return self._one(first)[0], self._one(last)[1]

    def _one(self, offset: int) -> tuple[int, int]:
        index = bisect_right(self.starts, offset) - 1
        if index < 0:
            return offset, offset
        end, start_before, end_before = self.spans[index]
        if offset < end:  # One character may have become several: each stands for the whole.
            return start_before, end_before - 1
        moved = end_before + offset - end
        return moved, moved


@dataclass(frozen=True, slots=True)
class View:
    """A text after some steps of edits."""

    text: str
    _steps: tuple[_Step, ...] = ()

    @classmethod
    def of(cls, text: str) -> View:
        """Look at a text as it is, or with other characters one for one in the same places."""
        return cls(text)

    def then(self, edits: Iterable[Edit]) -> View:
        """Return the view with more of it replaced."""
        text, step = edited(self.text, edits)
        return self if step is None else View(text, (*self._steps, step))

    def project(self, finding: Finding) -> Finding:
        """Say where a finding of the view stands in the text, what was left out inside included."""
        first, last = finding.start, finding.end - 1
        for step in reversed(self._steps):
            first, last = step.before(first, last)
        return Finding(first, last + 1, finding.entity_type, finding.score)


def edited(text: str, edits: Iterable[Edit]) -> tuple[str, _Step | None]:
    """Carry edits out; no step where there are none."""
    pieces: list[str] = []
    starts: list[int] = []
    spans: list[tuple[int, int, int]] = []
    position = length = 0
    for start, end, put in edits:
        pieces += (text[position:start], put)
        length += start - position
        starts.append(length)
        length += len(put)
        spans.append((length, start, end))
        position = end
    if not starts:
        return text, None
    pieces.append(text[position:])
    return "".join(pieces), _Step(tuple(starts), tuple(spans))
