"""The shadow of a text: the same without its disguises, and a map back to where each piece stood.

Recognizers look at the text as it is and at its shadow. In the shadow compatibility forms are
folded (Unicode NFKC), digits of any script are ASCII, all dashes and all spaces are one, format
characters (zero-width, soft hyphens, bidirectional marks) are gone, letters that look Latin are
Latin, and a word that is hyphenated at a line's end is whole.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ingestd.model.finding import Finding

_LOOKALIKES = str.maketrans(
    # Cyrillic and Greek letters that are drawn like Latin ones (Unicode TS 39, confusables).
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν",
    "ABESIJKMHOPCTYXaesijopcyxdqwhABEZHIKMNOPTYXoav",
)
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-[ ]*\r?\n[ ]*(?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Shadow:
    """A text without its disguises."""

    text: str
    _starts: tuple[int, ...]
    """For each character of the shadow, the offset of the one that it comes from."""
    _length: int

    def project(self, finding: Finding) -> Finding:
        """Say where a finding of the shadow stands in the text itself, disguise included."""
        start = self._starts[finding.start]
        last = self._starts[finding.end - 1]
        end = self._starts[finding.end] if finding.end < len(self._starts) else self._length
        # One character may have become several: an end among them takes the whole.
        return Finding(start, max(end, last + 1), finding.entity_type, finding.score)


def shadow(text: str) -> Shadow | None:
    """Cast a text's shadow; `None`: it would be the text itself."""
    plain = text.isascii() and "\t" not in text
    if plain and _HYPHENATED.search(text) is None:
        return None
    pieces: list[str] = []
    starts: list[int] = []
    for offset, character in enumerate(text):
        folded = character if plain else _folded(character)
        pieces.append(folded)
        starts += [offset] * len(folded)
    cast = "".join(pieces)
    joined = _HYPHENATED.search(cast)
    if joined is not None:
        kept: list[str] = []
        kept_starts: list[int] = []
        position = 0
        for match in _HYPHENATED.finditer(cast):
            kept.append(cast[position : match.start()])
            kept_starts += starts[position : match.start()]
            position = match.end()
        kept.append(cast[position:])
        kept_starts += starts[position:]
        cast, starts = "".join(kept), kept_starts
    return None if cast == text else Shadow(cast, tuple(starts), len(text))


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """Return what one character is without its disguise; nothing for what is not seen."""
    if character in "\n\r":
        return character
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character == "\u034f":
        return ""
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Zs" or character == "\t":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return unicodedata.normalize("NFKC", character).translate(_LOOKALIKES)
