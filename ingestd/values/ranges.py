"""Ranges and bounds around numerals: "5 to 10", "up to 5", "5 or more"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestd.values.kinds import Bound
from ingestd.values.numerals import Numeral

_BEFORE = {
    Bound.AT_MOST: (
        r"up to|at most|no more than|not more than|no longer than|not longer than|a maximum of"
        r"|maximum of|maximum|max\.?|within|not (?:to )?exceed(?:ing)?|no later than"
        r"|cannot exceed|may not exceed|must not exceed|≤|<=|bis zu|höchstens|maximal|jusqu'à|hasta"
    ),
    Bound.AT_LEAST: (
        r"at least|no less than|not less than|no fewer than|not fewer than|a minimum of"
        r"|minimum of|minimum|min\.|≥|>=|mindestens|au moins|al menos"
    ),
    Bound.ABOVE: ("more than|greater than|longer than|over|above|exceeding|>|mehr als|plus de"),
    Bound.BELOW: "less than|fewer than|shorter than|lower than|under|below|<|weniger als",
}
_AFTER = {
    Bound.AT_LEAST: (
        r"or more|or newer|or later|or above|or longer|or higher|and above|and up|at least|minimum"
        r"|oder mehr|\+"
    ),
    Bound.AT_MOST: (
        r"or less|or fewer|or below|or shorter|or lower|or earlier|at most|maximum|max\b"
        r"|oder weniger"
    ),
}
_BEFORE_RE = [
    (
        bound,
        re.compile(
            rf"(?:^|(?<=[\s(\[,:;]))(?:{words})\s*(?:an?\s+|the\s+|[€$£¥])?$", re.IGNORECASE
        ),
    )
    for bound, words in _BEFORE.items()
]
_AFTER_RE = [
    (bound, re.compile(rf"\s*(?:{words})(?![\w])", re.IGNORECASE))
    for bound, words in _AFTER.items()
]
_TO = re.compile(
    r"\s*(?:-|\u2010|\u2011|\u2012|–|—|to|until|through|bis|à|hasta|a)\s*", re.IGNORECASE
)
_AND = re.compile(r"\s*(?:and|und|et|y)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:between|zwischen|entre)\s*[€$£¥]?\s*$", re.IGNORECASE)


def bound_of(text: str, start: int, end: int) -> Bound:
    """Return how the value at `[start, end)` is limited by the words around it."""
    before = text[max(0, start - 40) : start]
    for bound, pattern in _BEFORE_RE:
        if pattern.search(before):
            return bound
    for bound, pattern in _AFTER_RE:
        if pattern.match(text, end):
            return bound
    return Bound.EXACT


def joins(text: str, left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Say whether two neighbouring values are the ends of one range."""
    between = text[left[1] : right[0]]
    if _TO.fullmatch(between):
        return True
    return bool(_AND.fullmatch(between) and _BETWEEN.search(text[max(0, left[0] - 20) : left[0]]))


def without_signs(found: Sequence[Numeral], text: str) -> list[Numeral]:
    """Read "5-10" as two numbers, not as five and minus ten."""
    fixed: list[Numeral] = []
    for one in found:
        sign = text[one.start : one.start + 1]
        glued = one.start > 0 and (text[one.start - 1].isalnum() or text[one.start - 1] in "%€$£")
        if sign in "-\u2212+" and glued:
            value = -one.value if sign != "+" else one.value
            fixed.append(Numeral(one.start + 1, one.end, value, one.written))
        else:
            fixed.append(one)
    return fixed
