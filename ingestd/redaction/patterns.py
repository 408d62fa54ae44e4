"""Recognizers made of a pattern: with a check of the match, and with words that must be near."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingestd.model.finding import Finding

SEPARATORS = r"[ .\-/]"
_DIGITS = re.compile(r"\d(?:\D{0,6}\d){4,}")
_AROUND = 60
"""How far before its value a telling word may stand, in characters."""
_BEHIND = 20


@dataclass(frozen=True, slots=True)
class PatternRecognizer:
    """A regular expression, and what else must hold for a match to be what it looks like."""

    entity_type: str
    pattern: re.Pattern[str]
    """The whole match is the finding, or its group `value` where it has one."""
    holds: Callable[[str], bool] = lambda _: True
    context: re.Pattern[str] | None = None
    """What must stand within a line's length before it, or right behind it."""
    needs: tuple[str, ...] = ()
    """Lower-case pieces of which a text must have one; cheaper than the pattern."""

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every match that holds."""
        if self.needs:
            lowered = lower(text)
            if not any(piece in lowered for piece in self.needs):
                return
        yield from self.find_in(text, 0, len(text))

    def find_in(self, text: str, low: int, high: int) -> Iterator[Finding]:
        """Yield what is found in a part of the text."""
        group = "value" if "value" in self.pattern.groupindex else 0
        match = self.pattern.search(text, low, high)
        while match is not None:
            start, end = match.span(group)
            if start < end and self._is_told(text, start, end) and self.holds(match[group]):
                yield Finding(start, end, self.entity_type)
                low = max(match.end(), match.start() + 1)
            else:  # What is no value may be the beginning of one.
                low = match.start() + 1
            match = self.pattern.search(text, low, high)

    def _is_told(self, text: str, start: int, end: int) -> bool:
        if self.context is None:
            return True
        before = self.context.search(text, max(0, start - _AROUND), start)
        return (before or self.context.search(text, end, end + _BEHIND)) is not None


class NearDigits:
    """Recognizers of numbers, looked for only where five digits stand close to each other."""

    def __init__(self, members: Sequence[PatternRecognizer]) -> None:
        self._members = tuple(members)

    def find(self, text: str) -> Iterator[Finding]:
        """Yield what the members find around digits."""
        for low, high in digit_windows(text):
            for member in self._members:
                yield from member.find_in(text, low, high)


@lru_cache(maxsize=4)
def lower(text: str) -> str:
    """Return a text in small letters, made once for all that ask."""
    return text.lower()


@lru_cache(maxsize=8)
def digit_windows(text: str, around: int = 12) -> tuple[tuple[int, int], ...]:
    """Return the stretches in which numbers can stand, none beginning or ending inside a word."""
    windows: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        low, high = max(0, match.start() - around), min(len(text), match.end() + around)
        while low > 0 and not text[low - 1].isspace() and match.start() - low < _AROUND:
            low -= 1
        while high < len(text) and not text[high].isspace() and high - match.end() < _AROUND:
            high += 1
        if windows and low <= windows[-1][1]:
            windows[-1] = (windows[-1][0], high)
        else:
            windows.append((low, high))
    return tuple(windows)


def spaced(count: int, separators: str = SEPARATORS) -> str:
    """Return the pattern of so many digits, grouped in any way."""
    return rf"\d(?:{separators}?\d){{{count - 1}}}"


def words(*alternatives: str) -> re.Pattern[str]:
    """Return the pattern of telling words, each as a whole word."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


def digits_of(text: str) -> str:
    """Return a text's digits alone."""
    return "".join(c for c in text if c.isdigit())
