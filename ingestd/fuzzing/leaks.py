"""Looking for what was planted: pieces of four characters, whatever they are written with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ingestd.fuzzing.values import Value
from ingestd.redaction.shadow import folded

SHORTEST = 4
"""Characters in a row that count as a leak."""
_LONG = 8
_DIGITS = re.compile(r"\d(?:[^\w]{0,3}\d){3,}")
_BETWEEN = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")
_PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]+(?::[^<>\s]*)?>")


def grams_of_value(value: Value) -> frozenset[str]:
    """Return the pieces of a value's secret parts."""
    return frozenset(gram for part in value.secret for gram in _grams(_plain(part)))


def grams_of_text(text: str) -> set[str]:
    """Return the pieces of all words of a text, and of its numbers however they are grouped."""
    plain = folded(_PLACEHOLDER.sub("  \n\n  ", text)).casefold()
    found: set[str] = set()
    for word in set(plain.split()):
        found.update(_grams(_plain(word)))
    for match in _DIGITS.finditer(plain):
        found.update(_grams("".join(c for c in match.group() if c.isdigit())))
    return found


def _plain(text: str) -> str:
    return _BETWEEN.sub("", text.casefold())


def _grams(text: str) -> Iterable[str]:
    return (text[n : n + SHORTEST] for n in range(len(text) - SHORTEST + 1))


def words_of(text: str) -> Counter[str]:
    """Count a text's words, placeholders aside."""
    return Counter(_WORD.findall(_PLACEHOLDER.sub(" ", text).casefold()))


def kept(before: Counter[str], after: Counter[str]) -> int:
    """Count how many of the words that there were are there still."""
    return sum(min(count, after[word]) for word, count in before.items())


def squeezed(text: str) -> str:
    """Fold a text and leave only its letters and digits."""
    return _plain(folded(text))


def is_whole_in(value: Value, plain: str) -> bool:
    """Say whether one of a value's longer secret parts stands whole in a squeezed text.

    For texts of many documents, where four characters may be another's.
    """
    return any(len(part) >= _LONG and part in plain for part in map(_plain, value.secret))
