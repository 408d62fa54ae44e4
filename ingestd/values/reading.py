"""Reading a text as a value of a type: every value in it, or the one that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingestd.model.golden import ValueType
from ingestd.values import amounts, dates, durations, polarity, versions
from ingestd.values.kinds import Answered, Found, Unreadable, Value

_FINDERS: dict[ValueType, Callable[[str, str], list[Found]]] = {
    ValueType.NUMBER: amounts.numbers,
    ValueType.QUANTITY: amounts.quantities,
    ValueType.CURRENCY: amounts.money,
    ValueType.PERCENT: amounts.percents,
    ValueType.DATE: dates.dates,
    ValueType.DURATION: durations.durations,
    ValueType.VERSION: lambda text, _: versions.releases(text),
}
SPANNED = frozenset(_FINDERS)
"""Types whose values are spans of a text; the others are read from a whole sentence."""

_EXAMPLES = {
    ValueType.NUMBER: "a number, such as 1200",
    ValueType.QUANTITY: "a number with its unit, such as 250 W",
    ValueType.CURRENCY: "an amount of money, such as 274.00 EUR",
    ValueType.PERCENT: "a percentage, such as 4.5 %",
    ValueType.DATE: "a date, such as 2027-03-01",
    ValueType.DURATION: "a duration, such as 25 days",
    ValueType.VERSION: "a version, such as 3.11",
    ValueType.BOOLEAN: "yes or no",
}
_BARE_OK = frozenset({ValueType.CURRENCY, ValueType.QUANTITY, ValueType.PERCENT})


def found(text: str, kind: ValueType, locale: str, column: str = "") -> list[Found]:
    """Return every value of a type in a text; `column`: the heading of the cell it stands in."""
    if kind is ValueType.CURRENCY and column:
        return amounts.money(text, locale, column)
    return _FINDERS[kind](text, locale) if kind in SPANNED else []


def read(text: str, kind: ValueType, locale: str) -> Value:
    """Read a text that is one value, as a truth is; raises Unreadable where it is not."""
    plain = text.strip().strip("\"'").strip().removesuffix(".")
    if kind is ValueType.BOOLEAN:
        said = polarity.outright(plain)
        if said is None:
            raise Unreadable(f"{text!r} is not {_EXAMPLES[kind]}")
        return Answered(said)
    whole = whole_value(found(plain, kind, locale), plain)
    if whole is None and kind in _BARE_OK:
        # The unit can be the question's: "What does it cost in euros?"
        whole = whole_value(amounts.numbers(plain, locale), plain)
    if whole is None and kind is ValueType.VERSION:
        whole = whole_value(versions.releases(f"v{plain}"), f"v{plain}")
    if whole is None:
        raise Unreadable(f"{text!r} is not {_EXAMPLES[kind]}")
    return whole


def whole_value(several: Sequence[Found], text: str) -> Value | None:
    """Return the value that a text is, but for words that limit it ("up to 5 days")."""
    if len(several) != 1:
        return None
    one = several[0]
    around = text[: one.start] + " " + text[one.end :]
    return one.value if len(around.split()) <= 4 and not any(c.isdigit() for c in around) else None


def is_typed(text: str, kind: ValueType, locale: str) -> bool:
    """Say whether a text is a value of a type."""
    try:
        read(text, kind, locale)
    except Unreadable:
        return False
    return True
