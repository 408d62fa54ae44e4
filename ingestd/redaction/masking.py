"""Replacing findings in a text, with a map from old offsets to new ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingestd.model.finding import Finding


@dataclass(frozen=True, slots=True)
class Masked:
    """A text after masking, and where its pieces came from."""

    text: str
    findings: tuple[Finding, ...]
    """What was replaced, united, in offsets of the text before."""
    _starts: tuple[int, ...]
    _shifts: tuple[tuple[int, int], ...]

    def moved(self, offset: int) -> int:
        """Map an offset of the text before; one inside a finding maps to its placeholder's end."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        finding = self.findings[index]
        end_after, _ = self._shifts[index]
        if offset == finding.start:
            return end_after - self._shifts[index][1]
        return end_after + max(0, offset - finding.end)


def unite(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings that touch or overlap; the longest of a group names it, then the best score."""
    united: list[Finding] = []
    best: Finding | None = None
    for finding in sorted(findings):
        if finding.end <= finding.start:
            continue
        if united and best is not None and finding.start <= united[-1].end:
            last = united[-1]
            if (finding.end - finding.start, finding.score) > (best.end - best.start, best.score):
                best = finding
            united[-1] = Finding(
                last.start, max(last.end, finding.end), best.entity_type, best.score
            )
        else:
            best = finding
            united.append(finding)
    return united


def mask(
    text: str,
    findings: Sequence[Finding],
    replacement: Callable[[Finding, str], str] = lambda finding, _: f"<{finding.entity_type}>",
) -> Masked:
    """Replace each finding by its placeholder, `<EMAIL_ADDRESS>` for instance."""
    united = unite(findings)
    pieces: list[str] = []
    shifts: list[tuple[int, int]] = []
    position = length = 0
    for finding in united:
        kept = text[position : finding.start]
        put = replacement(finding, text[finding.start : finding.end])
        pieces += [kept, put]
        length += len(kept) + len(put)
        shifts.append((length, len(put)))
        position = finding.end
    pieces.append(text[position:])
    return Masked("".join(pieces), tuple(united), tuple(f.start for f in united), tuple(shifts))
