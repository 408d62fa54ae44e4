"""Recognizers without any model or framework: identifiers with a form or a checksum, and phrases.

They are light enough for the main process, which masks names of files and what it shows with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingestd.model.finding import Finding
from ingestd.ports.recognizer import Recognizer
from ingestd.redaction.phones import PhoneRecognizer
from ingestd.redaction.shadow import shadow


@dataclass(frozen=True, slots=True)
class PatternRecognizer:
    """A regular expression, and a check that the match is what it looks like."""

    entity_type: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = lambda _: True

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every match that holds."""
        for match in self.pattern.finditer(text):
            if self.holds(match.group()):
                yield Finding(match.start(), match.end(), self.entity_type)


_LONG = 5


@dataclass(frozen=True, slots=True)
class PhraseRecognizer:
    """The user's own phrases, whatever their case and the white space between their words."""

    phrases: tuple[str, ...]
    entity_type: str = "DENIED_PHRASE"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every place where one of the phrases stands, as written or as it is folded."""
        folded = (shadow(phrase) for phrase in self.phrases)
        for phrase in (*self.phrases, *(cast.text for cast in folded if cast is not None)):
            words = [re.escape(word) for word in phrase.split()]
            pattern = r"[\s_\-.]*".join(words)
            if phrase.isascii() and len(phrase) < _LONG:
                # An acronym is denied as a word; anything longer also where it is inflected, and
                # in scripts that put no space between words.
                pattern = rf"(?<!\w){pattern}(?!\w)"
            for match in re.finditer(pattern, text, re.IGNORECASE):
                yield Finding(match.start(), match.end(), self.entity_type)


def luhn(number: str) -> bool:
    """Check a card number's last digit (ISO/IEC 7812-1, annex B); only Maestro's have 12."""
    digits = [int(c) for c in number if c.isdigit()]
    if not 12 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    if len(digits) == 12 and not re.match(
        "5018|5020|5038|58|6304|6759|676[1-3]", "".join(map(str, digits))
    ):
        return False
    doubled = (d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0


@dataclass(frozen=True, slots=True)
class IbanRecognizer:
    """IBANs by country, length and check digits (ISO 13616), however they are grouped."""

    entity_type: str = "IBAN_CODE"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every IBAN; what follows it on the same line is not taken for a part of it."""
        for start in _IBAN_START.finditer(text):
            length = _IBAN_LENGTHS.get(start.group()[:2].upper(), 0)
            match = re.compile(
                rf"(?:[A-Z0-9][\s-]{{0,2}}){{{length - 1}}}[A-Z0-9](?!\w)", re.IGNORECASE
            ).match(text, start.start())
            if length and match and _iban_holds(match.group()):
                yield Finding(match.start(), match.end(), self.entity_type)


def _iban_holds(number: str) -> bool:
    """Check the digits: rearranged, the whole modulo 97 is 1."""
    compact = re.sub(r"[\s-]", "", number).upper()
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def ssn(number: str) -> bool:
    """Check that a US social security number is one that can have been issued (SSA, 2011)."""
    digits = re.sub(r"\D", "", number)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


_IBAN_START = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?=[\s\-A-Z0-9])", re.IGNORECASE)
_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO EG GT HN HU LB NI PL SV",
        29: "BR PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Of the SWIFT registry of IBAN formats."""

EMAIL = PatternRecognizer(
    "EMAIL_ADDRESS",
    re.compile(
        r"(?<![\w.+-])[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
        r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,24}(?![\w-])"
    ),
)
CREDIT_CARD = PatternRecognizer(
    "CREDIT_CARD", re.compile(r"(?<![\d.])(?:\d[\s-]{0,2}){11,18}\d(?!\d)"), luhn
)
IBAN = IbanRecognizer()
US_SSN = PatternRecognizer("US_SSN", re.compile(r"(?<![\d-])\d{3}([- ])\d{2}\1\d{4}(?![\d-])"), ssn)

_PATTERNS = (EMAIL, CREDIT_CARD, IBAN, US_SSN, PhoneRecognizer())


def structured(entities: Sequence[str], deny: Sequence[str] = ()) -> tuple[Recognizer, ...]:
    """Return those of this module's recognizers that a policy asks for, and the user's phrases."""
    patterns: tuple[Recognizer, ...] = tuple(p for p in _PATTERNS if p.entity_type in entities)
    phrases = tuple(phrase for phrase in deny if phrase.strip())
    return (*patterns, PhraseRecognizer(phrases)) if phrases else patterns
