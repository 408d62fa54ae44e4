"""How far off an answer may be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ingestd.model.golden import ValueType
from ingestd.values import reading
from ingestd.values.kinds import Duration, Length, Unreadable


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far off an answer may be: absolute, a share of the truth, or a length of time."""

    absolute: Decimal = Decimal(0)
    share: Decimal = Decimal(0)
    length: Length | None = None

    @classmethod
    def parse(cls, written: str, kind: ValueType, locale: str = "en") -> Tolerance:
        """Read "0.5", "5%" or "2 days"; raises Unreadable."""
        plain = written.strip()
        if not plain or plain == "0":
            return cls()
        try:
            if plain.endswith("%") and kind is not ValueType.PERCENT:
                return cls(share=_positive(plain[:-1]) / 100)
            if plain.endswith("% relative"):
                return cls(share=_positive(plain.removesuffix("% relative")) / 100)
            if plain.endswith("%"):
                return cls(absolute=_positive(plain[:-1]))
            if plain.replace(".", "", 1).isdigit():
                return cls(absolute=_positive(plain))
        except InvalidOperation as error:
            raise Unreadable(f"{written!r} is no tolerance, such as 0.5 or 5%") from error
        if kind in (ValueType.DURATION, ValueType.DATE):
            value = reading.read(plain, ValueType.DURATION, locale)
            if isinstance(value, Duration):
                return cls(length=value.low)
        raise Unreadable(f"{written!r} is no tolerance, such as 0.5, 5% or (for times) 2 days")


def _positive(written: str) -> Decimal:
    value = Decimal(written.strip())
    if value < 0:
        raise InvalidOperation
    return value
