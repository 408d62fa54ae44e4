"""Version numbers in a text."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from ingestd.values import ranges
from ingestd.values.kinds import Found, Release

_NUMBER = re.compile(
    r"(?<![\w.])(?:(?P<marked>(?:version|ver\.?|v|release|rev(?:ision|\.)?|edition)\s*)(?P<one>\d+(?:\.\d+)*(?:[-+._]?[a-z]+[\w.+-]*)?)"
    r"|(?P<two>\d+(?:\.\d+)+(?:[-+._]?(?:a|b|rc|alpha|beta|dev|post|pre|final|build|sp|p)[\w.+-]*|[-+][\w.+-]+)?))(?!\w)",
    re.IGNORECASE,
)


def releases(text: str) -> list[Found]:
    """Return version numbers: dotted ones anywhere, plain ones after "version" or "v"."""
    found: list[Found] = []
    for match in _NUMBER.finditer(text):
        number = (match["one"] or match["two"]).rstrip(".-_+")
        end = match.end() - (len(match["one"] or match["two"]) - len(number))
        bound = ranges.bound_of(text, match.start(), end)
        found.append(Found(match.start(), end, Release(number, bound)))
    return found


def same(one: str, other: str) -> bool:
    """Compare as PEP 440 does, so that 3.11 is 3.11.0; what it does not know, letter by letter."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one.casefold() == other.casefold()
