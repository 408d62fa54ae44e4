"""Patterns of the user's own, held to a time limit and, where asked, to a check digit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex
from stdnum import luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_37_2, mod_37_36, mod_97_10

from ingestd.errors import RuleTooSlow
from ingestd.model.finding import Finding

CHECKS: dict[str, Callable[[str], bool]] = {
    "luhn": luhn.is_valid,
    "verhoeff": verhoeff.is_valid,
    "mod11_2": mod_11_2.is_valid,
    "mod11_10": mod_11_10.is_valid,
    "mod37_2": mod_37_2.is_valid,
    "mod37_36": mod_37_36.is_valid,
    "mod97_10": mod_97_10.is_valid,
}
_OF_DIGITS = frozenset({"luhn", "verhoeff", "mod11_10"})
"""Checks that letters before or in a number have no part in."""
SECONDS = 2.0
"""How long one pattern may take for one text."""
_PROBE_SECONDS = 0.5
_PIECES = ("a", "0", "a0", "ab ", "a.", "-", " ", "\n", "A", "é", "a@", "0-", "x,")
_PROBE_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class CustomPattern:
    """What the config says of one pattern."""

    name: str
    """Its entity type."""
    regex: str
    checksum: str = ""
    """A name in `CHECKS`; empty: none."""
    ignore_case: bool = False


class CustomRecognizer:
    """One such pattern at work."""

    def __init__(self, given: CustomPattern) -> None:
        self._given = given
        flags = regex.VERSION1 | (regex.IGNORECASE if given.ignore_case else 0)
        self._pattern = regex.compile(given.regex, flags)
        self._holds = CHECKS[given.checksum] if given.checksum else None

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every match whose check holds; raises RuleTooSlow."""
        try:
            for match in self._pattern.finditer(text, timeout=SECONDS):
                value = "".join(c for c in match.group() if c.isalnum())
                if self._given.checksum in _OF_DIGITS:
                    value = "".join(c for c in value if c.isdigit())
                if match.end() > match.start() and (self._holds is None or self._holds(value)):
                    yield Finding(match.start(), match.end(), self._given.name)
        except TimeoutError as error:
            raise RuleTooSlow(
                f"redaction pattern {self._given.name!r} took longer than {SECONDS:g} seconds"
            ) from error

    def probe(self) -> None:
        """Try the pattern on texts that make careless ones go through every way; RuleTooSlow."""
        own = dict.fromkeys(c for c in self._given.regex if c.isalnum())
        for piece in (*_PIECES, *own):
            for end in ("", "!", "\n#"):
                text = piece * (_PROBE_LENGTH // len(piece)) + end
                try:
                    for _ in self._pattern.finditer(text, timeout=_PROBE_SECONDS):
                        pass
                except TimeoutError as error:
                    raise RuleTooSlow(
                        f"takes longer than {_PROBE_SECONDS:g} seconds for {len(text)} characters "
                        f"of {piece!r}: it tries the same text again and again in other ways"
                    ) from error
