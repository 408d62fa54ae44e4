"""What a typed value is: one dataclass a family, and what makes two of them equal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Bound(StrEnum):
    """How a value is limited where it is said."""

    EXACT = "exact"
    AT_MOST = "at most"
    AT_LEAST = "at least"
    BELOW = "below"
    ABOVE = "above"

    @property
    def strict(self) -> bool:
        """Say whether the value itself is left out."""
        return self in (Bound.BELOW, Bound.ABOVE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, or a range of them, of a unit.

    `units` holds every unit that the text can mean ("kr" is the crown of four countries); none
    where it says no unit.
    """

    low: Decimal
    high: Decimal
    units: frozenset[str] = frozenset()
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time; months, seconds and working days do not convert into each other."""

    months: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)
    working_days: Decimal = Decimal(0)

    def __add__(self, other: Length) -> Length:
        """Add up."""
        return Length(
            self.months + other.months,
            self.seconds + other.seconds,
            self.working_days + other.working_days,
        )


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, or a range of them."""

    low: Length
    high: Length
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said, and a time of day where it is."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    minutes: int | None = None
    """Of a time of day, since midnight."""
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class Answered:
    """Yes or no."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Release:
    """A version of something."""

    number: str
    bound: Bound = Bound.EXACT


Value = Amount | Duration | Day | Answered | Release


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end]` says a value."""

    start: int
    end: int
    value: Value


class Unreadable(ValueError):
    """A text is not a value of the type; `str(error)` says why."""
