"""Phone numbers: written with a country code, in a region's own form, or told by their context.

A group of digits without a code is a phone number when phonenumbers knows it as one of a region's,
when a word before it says so, or when it stands on a line of its own in a shape that amounts and
dates do not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ingestd.model.finding import Finding
from ingestd.redaction.patterns import digit_windows

ENTITY_TYPE = "PHONE_NUMBER"
CERTAIN, LIKELY = 0.9, 0.5

_EXTENSION = r"(?:[ ]?(?:x|ext\.?|extension|#|;ext=|durchwahl|poste)[ ]?\d{1,6})?"
_GAP = r"[ .\-/]{0,2}"
_CODED = re.compile(
    rf"(?<![\w+/=&#])(?:(?:\+ ?|(?<![.,-])00)[1-9]\d{{0,2}}{_GAP}(?:\(0?\d{{1,4}}\){_GAP})?"
    rf"\d{{1,5}}(?:{_GAP}\d{{1,5}}){{1,6}}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}([ .-])\d{3}\1\d{4}"
    rf"|\(0\d{{1,4}}\) ?\d{{2,4}}(?:[ -]?\d{{2,4}}){{1,3}}){_EXTENSION}(?!\w)"
)
_GROUPED = r"(?:\(\d{2,5}\)[ ]?)?\d{2,4}(?:[ .\-/]\d{2,6}){1,5}|\d{7,11}"
_TOLD = re.compile(
    r"\b(?:tele)?(?:phones?|mobile|cell|tel|fax|call(?: me| us| him| her)?|sms|text me|reach(?:ed)?"
    r"|answering|dial|desk|office|hotline|messages?|registered|whatsapp|telefon|handy|téléphone"
    r"|teléfono|móvil)\b(?!-)"
    rf"[^\d\n]{{0,20}}\n{{0,2}}[^\d\n]{{0,12}}(?P<number>{_GROUPED}){_EXTENSION}(?![\w.,-]?\d)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^[ \t]*(?P<number>\(\d{2,3}\) ?\d{3}[ -]\d{3,4}|\d{2}(?:-\d{2}){3,4}|\d{3} \d{2} \d{3}"
    r"|\d{3} \d{3} \d{3}|\d{3} \d{4})(?=[ \t]*(?:$|-?[ ]?(?:office|home|work|mobile|desk|fax)\b))",
    re.MULTILINE | re.IGNORECASE,
)
_LEAST, _MOST = 7, 15
"""Digits of a number, ITU-T E.164."""
_CANDIDATE = re.compile(r"(?<![\w+])[+(]{0,2}\d(?:[ ().\-/]{0,3}\d){6,19}(?!\w)")
_DECIMAL = re.compile(r"[-+]?\d+[.,]\d+")
_DATE = re.compile(
    r"\d{1,2}([-./ ])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([-./ ])\d{1,2}\2\d{1,2}(?: \d{1,2})?"
)
_RANGE = re.compile(r"(\d{3,4})-(\d{3,4})")
_NARROW = 100
_LINKS = tuple("/=_#&?%")


class PhoneRecognizer:
    """Finds phone numbers by their form, their region's rules and their context."""

    entity_type = ENTITY_TYPE

    def __init__(self, regions: Sequence[str] = ()) -> None:
        self._regions = tuple(regions)

    def find(self, text: str) -> Iterator[Finding]:
        """Yield numbers; a context word itself is not part of one."""
        for low, high in digit_windows(text, around=40):
            for match in _CODED.finditer(text, low, high):
                if _LEAST <= sum(c.isdigit() for c in match.group()) <= _MOST + 6:
                    yield Finding(match.start(), match.end(), ENTITY_TYPE, CERTAIN)
            for pattern, score in ((_TOLD, CERTAIN), (_ALONE, LIKELY)):
                for match in pattern.finditer(text, low, high):
                    if _LEAST <= sum(c.isdigit() for c in match["number"]) <= _MOST:
                        yield Finding(match.start("number"), match.end(), ENTITY_TYPE, score)
            for match in _CANDIDATE.finditer(text, low, high):
                if not _is_something_else(text, match.start(), match.end()):
                    for start, end in _regional(match.group(), self._regions):
                        at = match.start() + start, match.start() + end
                        if not _is_something_else(text, *at):
                            yield Finding(*at, ENTITY_TYPE, LIKELY)


@lru_cache(maxsize=4096)
def _regional(candidate: str, regions: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return where a run of digits holds a valid number of one of the regions."""
    from phonenumbers import Leniency, PhoneNumberMatcher

    return tuple(
        {
            (match.start, match.end)
            for region in regions
            for match in PhoneNumberMatcher(candidate, region, Leniency.VALID)
        }
    )


def _is_something_else(text: str, start: int, end: int) -> bool:
    """Say whether a run of digits is part of a link or number, a date, or a range of numbers."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    found = text[start:end]
    word = text[max(text.rfind(" ", 0, start), text.rfind("\n", 0, start)) + 1 : start]
    if (
        (found.isdigit() and before[-1:] in _LINKS)
        or "://" in word
        or _DECIMAL.fullmatch(found)
        or _DATE.fullmatch(found)
    ):
        return True
    if (before[-1:] in (".", ",") and before[:1].isdigit()) or (
        after[:1] in (".", ",") and after[1:].isdigit()
    ):
        return True
    limits = _RANGE.fullmatch(found)
    return limits is not None and 0 < int(limits[2]) - int(limits[1]) < _NARROW


def canonical(value: str, regions: Sequence[str]) -> str:
    """Return a number in its one international form (E.164), or nothing where none is known."""
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""
