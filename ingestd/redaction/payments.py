"""Payment cards, bank accounts and wallets: told by their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from stdnum import bitcoin, iban, luhn
from stdnum.us import rtn

from ingestd.model.finding import Finding
from ingestd.redaction.patterns import PatternRecognizer, digit_windows, digits_of, spaced, words

_BRANDS = (
    # First digits and lengths of ISO/IEC 7812 issuers, from the networks' own publications.
    (re.compile("4"), (13, 16, 19)),  # Visa
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile("3[47]"), (15,)),  # American Express
    (re.compile("30[0-59]|3[689]"), tuple(range(14, 20))),  # Diners Club
    (re.compile("6011|64[4-9]|65|62|81|82|508|60"), tuple(range(16, 20))),  # Discover, UnionPay
    (re.compile("35"), tuple(range(16, 20))),  # JCB
    (re.compile("2131|1800"), (15,)),  # JCB of old
    (re.compile("220[0-4]|9792|506|650"), tuple(range(16, 20))),  # Mir, Troy, Verve
    (re.compile("50|5[6-9]|6[0-9]"), tuple(range(13, 20))),  # Maestro
    (re.compile("5018|5020|5038|58|6304|6759|676[1-3]"), (12,)),  # Maestro's shortest
)
_GROUPINGS = frozenset(
    ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 5), (6, 13), (4, 4, 4, 1))
)
_RUN = re.compile(r"\d(?:[ \t\n.,\-/_·•|:]{0,4}\d){11,}")
_GROUP = re.compile(r"\d+")
_PLAIN = frozenset(" -/_\t")
_MOST_GROUPS = 8


def card(number: str) -> bool:
    """Say whether digits are a card's: an issuer's first digits and length, and Luhn's check."""
    digits = digits_of(number)
    if not 12 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    return luhn.is_valid(digits) and any(
        len(digits) in lengths and first.match(digits) for first, lengths in _BRANDS
    )


class CardRecognizer:
    """Card numbers, whatever their digits are grouped by."""

    entity_type = "CREDIT_CARD"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every card number; one beside other numbers is told from them by its grouping."""
        for low, high in digit_windows(text):
            for run in _RUN.finditer(text, low, high):
                yield from self._in_run(text, run.start(), run.end())

    def _in_run(self, text: str, start: int, end: int) -> Iterator[Finding]:
        groups = [m.span() for m in _GROUP.finditer(text, start, end)]
        gaps = [text[a[1] : b[0]] for a, b in pairwise(groups)]
        # Beside other numbers two readings may overlap: then both are masked.
        for first in range(len(groups)):
            last = self._longest(text, groups, gaps, first)
            if last is not None:
                yield Finding(groups[first][0], groups[last][1], self.entity_type)

    def _longest(
        self, text: str, groups: list[tuple[int, int]], gaps: list[str], first: int
    ) -> int | None:
        """Return the last group of the longest card that begins with a group."""
        found = None
        total = 0
        for last in range(first, len(groups)):
            total += groups[last][1] - groups[last][0]
            if total > 19:
                break
            if (
                total >= 12
                and card(text[groups[first][0] : groups[last][1]])
                and _is_grouped(groups, gaps, first, last)
            ):
                found = last
        return found


def _is_grouped(groups: list[tuple[int, int]], gaps: list[str], first: int, last: int) -> bool:
    """Say whether some neighbouring groups of digits are likely to be one number."""
    inner = gaps[first:last]
    sizes = tuple(end - start for start, end in groups[first : last + 1])
    if len(sizes) == 1 or sizes in _GROUPINGS or set(sizes) == {1}:
        return True
    if len(set(inner)) == 1 and all(
        gap != inner[0] for gap in (*gaps[first - 1 : first], *gaps[last : last + 1])
    ):
        # Its groups hold together otherwise than with what stands beside them.
        return len(sizes) <= _MOST_GROUPS and (inner[0] not in (".", ",") or min(sizes[:-1]) > 2)
    if len(sizes) == 2:
        return min(sizes) >= 4
    alone = first == 0 and last == len(groups) - 1
    return alone and len(sizes) <= _MOST_GROUPS and all(_PLAIN.issuperset(gap) for gap in inner)


@dataclass(frozen=True, slots=True)
class IbanRecognizer:
    """IBANs by country, length and check digits (ISO 13616), however they are grouped."""

    entity_type: str = "IBAN_CODE"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every IBAN; what follows it on the same line is not taken for a part of it."""
        for low, high in digit_windows(text):
            for start in _IBAN_START.finditer(text, low, high):
                pattern = _IBANS.get(re.sub(r"\W", "", start.group())[:2].upper())
                match = pattern.match(text, start.start()) if pattern else None
                if match and _iban_holds(match.group()):
                    yield Finding(match.start(), match.end(), self.entity_type)


def _iban_holds(number: str) -> bool:
    """Check the digits, and the form that the country gives to accounts."""
    compact = "".join(c for c in number if c.isascii() and c.isalnum())
    return bool(iban.is_valid(compact, check_country=False))


_BETWEEN = r"[\s\-.|/]{0,3}"
_IBAN_START = re.compile(rf"(?<![^\W_])[A-Z]{_BETWEEN}[A-Z]{_BETWEEN}\d{_BETWEEN}\d", re.IGNORECASE)
_IBANS = {
    country: re.compile(
        rf"(?:[A-Z0-9]{_BETWEEN}){{{length - 1}}}[A-Z0-9](?![^\W_])", re.IGNORECASE
    )
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM TL SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO EG GT HN HU LB NI PL SV",
        29: "BR PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""By country, of the SWIFT registry of IBAN formats."""

ROUTING = PatternRecognizer(
    "ABA_ROUTING_NUMBER",
    re.compile(rf"(?<!\w){spaced(9)}(?!\w)"),
    lambda found: rtn.is_valid(digits_of(found)),
    words("routing", "aba", "rtn", r"transit (?:no|number)"),
)
CRYPTO = (
    PatternRecognizer(
        "CRYPTO",
        re.compile(
            r"[13b](?<!\w.)(?:[1-9A-HJ-NP-Za-km-z]{25,39}|(?<=b)c1[02-9ac-hj-np-z]{11,71})(?!\w)"
        ),
        bitcoin.is_valid,
    ),
    PatternRecognizer("CRYPTO", re.compile(r"0x(?<!\w..)[0-9a-fA-F]{40}(?!\w)"), needs=("0x",)),
)
