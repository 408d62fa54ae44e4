"""Claims: whether two statements, their values left out, say something of the same thing."""

from __future__ import annotations

import difflib
import re

from ingestd.values.texts import normalised, tokens

_STEM = 5
_SHORTEST = 3
_ALIKE = 0.6
_COVERED = 0.6
_CAPITAL = re.compile(r"(?<=\w )[A-Z][\w-]*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_FORM = frozenset(
    "is are was were be do does did has have had how many much what which who when where why can"
    " may must shall should will would could might the a an of in on at to for by with and or not"
    " no any it its i you we they my your our get gets long".split()
)


def same(question: str, one: str, other: str, *, one_heading: bool) -> bool:
    """Say whether two statements answer a question about the very same thing.

    In the same words they do where one heading stands above both, or where they name what the
    question asks about. In others only where the second names all that the first does of it, and
    both have the same names and the same other numbers.
    """
    ours, theirs = normalised(one).split(), normalised(other).split()
    if len(ours) < _SHORTEST:
        return False
    if ours == theirs:
        return one_heading or takes_up(question, one)
    if set(_NUMBER.findall(one)) != set(_NUMBER.findall(other)):
        return False
    if set(_CAPITAL.findall(one)) != set(_CAPITAL.findall(other)):
        return False
    asked = _content(question)
    covered = asked & _content(one)
    if len(covered) < max(2, _COVERED * len(asked)) or not covered <= _content(other):
        return False
    return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio() >= _ALIKE


def is_near(one: str, other: str) -> bool:
    """Say cheaply whether two statements share enough words to be compared at all."""
    ours = set(one.casefold().split())
    return 2 * len(ours & set(other.casefold().split())) >= len(ours)


def takes_up(question: str, text: str) -> bool:
    """Say whether a text speaks of what a question asks about."""
    asked = _content(question)
    return len(asked & _content(text)) >= _COVERED * max(len(asked), 1)


def _content(text: str) -> set[str]:
    return {word[:_STEM] for word in tokens(text) if word not in _FORM and len(word) > 1}
