"""Numbers, percentages, money and quantities in a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from ingestd.values import currencies, measures, ranges
from ingestd.values.kinds import Amount, Found
from ingestd.values.numerals import Numeral, numerals

PERCENT = frozenset({"percent"})
POINTS = frozenset({"percentage point"})
_PERCENT = re.compile(
    r"\s?(?:(?P<points>percentage points?|pp\b|%[- ]?points?|Prozentpunkte?)"
    r"|(?P<basis>bps?\b|basis points?)"
    r"|(?P<percent>%|percent\b|per cent\b|pct\b|Prozent\b|v\.\s?H\.|pour cent|por ciento|per cento)"
    r"|(?P<mille>‰|per mille))",
    re.IGNORECASE,
)
_EMPTY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """A numeral with its unit; `[start, end)` spans both."""

    start: int
    end: int
    value: Decimal
    units: frozenset[str]
    factor: Decimal = Decimal(1)


_Reader = Callable[[str, Numeral], _Said | None]


def numbers(text: str, locale: str) -> list[Found]:
    """Return plain numbers, whatever stands behind them."""
    return _found(text, locale, lambda _, n: _Said(n.start, n.end, n.value, _EMPTY), letters=True)


def percents(text: str, locale: str) -> list[Found]:
    """Return percentages; basis points are hundredths of one, percentage points are their own."""
    return _found(text, locale, _percent, letters=True)


def money(text: str, locale: str, column: str = "") -> list[Found]:
    """Return amounts of money; `column`: a table's heading, which may name the currency."""
    named = currencies.named_in(column) if column else _EMPTY

    def read(text: str, numeral: Numeral) -> _Said | None:
        return _money(text, numeral) or (
            _Said(numeral.start, numeral.end, numeral.value, named) if named else None
        )

    return _found(text, locale, read, letters=True)


def quantities(text: str, locale: str) -> list[Found]:
    """Return numbers with a unit of measure or a noun that is counted."""
    return _found(text, locale, _quantity)


def _percent(text: str, numeral: Numeral) -> _Said | None:
    match = _PERCENT.match(text, numeral.end)
    if match is None:
        return None
    factor = {"basis": Decimal("0.01"), "mille": Decimal("0.1")}.get(
        match.lastgroup or "", Decimal(1)
    )
    units = POINTS if match["points"] else PERCENT
    return _Said(numeral.start, match.end(), numeral.value * factor, units, factor)


def _money(text: str, numeral: Numeral) -> _Said | None:
    behind = currencies.after(text, numeral.end)
    ahead = currencies.before(text, numeral.start)
    if ahead is not None and (
        behind is None or not text[numeral.end : behind[0]].strip().isupper()
    ):
        start, codes, factor = ahead
        return _Said(start, numeral.end, numeral.value * factor, codes, factor)
    if behind is not None:
        end, codes, factor = behind
        start = ahead[0] if ahead is not None else numeral.start  # "$5 CAD" is of Canada
        return _Said(start, end, numeral.value * factor, codes, factor)
    return None


def _quantity(text: str, numeral: Numeral) -> _Said | None:
    if _PERCENT.match(text, numeral.end):
        return None
    unit = measures.after(text, numeral.end)
    if unit is None:
        return None
    return _Said(numeral.start, unit[0], numeral.value, unit[1])


def _found(text: str, locale: str, read: _Reader, *, letters: bool = False) -> list[Found]:
    """Read each numeral with its unit; two ends of a range share the unit that one of them has."""
    spoken = ranges.without_signs(numerals(text, locale, letters=letters), text)
    said = [(numeral, read(text, numeral)) for numeral in spoken]
    found: list[Found] = []
    index = 0
    while index < len(said):
        numeral, one = said[index]
        if index + 1 < len(said):
            after, other = said[index + 1]
            left = (one.start, one.end) if one else (numeral.start, numeral.end)
            right = (other.start, other.end) if other else (after.start, after.end)
            leads = one is not None and one.start < numeral.start  # "$5-10", but not "10% to 50"
            if (other or leads) and ranges.joins(text, left, right):
                units = (other or one).units if other or one else _EMPTY  # type: ignore[union-attr]
                low = one.value if one else numeral.value * (other.factor if other else 1)
                high = other.value if other else after.value * (one.factor if one else 1)
                if low <= high:
                    found.append(Found(left[0], right[1], Amount(low, high, units)))
                    index += 2
                    continue
        if one is not None:
            bound = ranges.bound_of(text, one.start, one.end)
            found.append(Found(one.start, one.end, Amount(one.value, one.value, one.units, bound)))
        index += 1
    return found
