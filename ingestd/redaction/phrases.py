"""Phrases of the user's own: denied, listed in a gazetteer file, or allowed.

They are compared without case and without what stands between letters and digits, so that a phrase
is found however it is spaced, hyphenated or broken, in any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import ahocorasick

from ingestd.model.finding import Finding
from ingestd.redaction.shadow import folded

DENIED = "DENIED_PHRASE"
_SHORT = 5
_KEPT = re.compile(r"[^\s_\-\u2010-\u2015\u2212.|*#>`~'’\"]+")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def squeezed(text: str) -> str:
    """Return what of a text counts when phrases are compared."""
    return _squeezed(folded(text))


def _squeezed(text: str) -> str:
    return "".join(_KEPT.findall(text)).casefold()


class PhraseRecognizer:
    """Phrases, each of an entity type; whole words only where that matters."""

    def __init__(self, phrases: Mapping[str, Iterable[str]], *, inflected: str = DENIED) -> None:
        self._inflected = inflected
        self._found = ahocorasick.Automaton()
        known: dict[str, tuple[int, str, bool]] = {}
        for entity_type, several in phrases.items():
            for phrase in several:
                # As written, and without its disguises: letters that look Latin are folded by case.
                for key in filter(None, {_squeezed(phrase), squeezed(phrase)}):
                    # An acronym and a name are denied as words; a longer phrase also where it is
                    # inflected; scripts that put no space between words have no words to ask for.
                    whole = entity_type != inflected or len(key) < _SHORT
                    known[key] = (len(key), entity_type, whole and not _SPACELESS.search(key))
        for key, value in known.items():
            self._found.add_word(key, value)
        self._empty = not known
        if known:
            self._found.make_automaton()

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every place where one of the phrases stands."""
        if self._empty:
            return
        pieces: list[str] = []
        offsets: list[int] = []
        for match in _KEPT.finditer(text):
            piece = match.group()
            lowered = piece.casefold()
            if len(lowered) == len(piece):
                offsets += range(match.start(), match.end())
            else:  # Some letters become two: ß, İ.
                for offset, character in enumerate(piece, match.start()):
                    offsets += [offset] * len(character.casefold())
            pieces.append(lowered)
        for last, (length, entity_type, whole) in self._found.iter("".join(pieces)):
            start, end = offsets[last - length + 1], offsets[last] + 1
            if whole and (_is_inside(text, start - 1, start) or _is_inside(text, end - 1, end)):
                continue
            yield Finding(start, end, entity_type)


def _is_inside(text: str, before: int, after: int) -> bool:
    """Say whether two neighbouring characters are of one word."""
    return before >= 0 and after < len(text) and text[before].isalnum() and text[after].isalnum()
