"""How two values differ, in words; nothing where they are equal within a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ingestd.values import measures, versions
from ingestd.values.kinds import Amount, Answered, Bound, Day, Duration, Length, Release, Value
from ingestd.values.tolerance import Tolerance

_MONTH = Decimal("30.436875")


def comparable(wanted: Value, value: Value) -> bool:
    """Say whether two values measure the same thing."""
    match wanted, value:
        case Amount(), Amount():
            if not wanted.units or not value.units:
                return not wanted.units and not value.units
            return any(
                measures.converted(value.low, theirs, ours) is not None
                for ours in wanted.units
                for theirs in value.units
            ) or bool(wanted.units & value.units)
        case Duration(), Duration():
            return _basis(wanted.low) == _basis(value.low)
        case Day(), Day():
            return all(
                getattr(wanted, part) is None or getattr(value, part) is not None
                for part in ("month", "day", "minutes", "quarter")
            )
        case _:
            return True


def _basis(length: Length) -> tuple[bool, bool, bool]:
    return bool(length.months), bool(length.seconds), bool(length.working_days)


def differs(wanted: Value, said: Value, allowed: Tolerance | None = None) -> str:
    """Say how two values differ; nothing where they are equal within a tolerance."""
    tolerance = allowed or Tolerance()
    match wanted, said:
        case Amount(), Amount():
            return _amounts(wanted, said, tolerance)
        case Duration(), Duration():
            return _durations(wanted, said, tolerance)
        case Day(), Day():
            return _days(wanted, said, tolerance)
        case Answered(), Answered():
            return "" if wanted.yes == said.yes else "yes is not no"
        case Release(), Release():
            if not versions.same(wanted.number, said.number):
                return f"{said.number} is not {wanted.number}"
            return _bounds(wanted.bound, said.bound)
        case _:
            return "they are values of two types"


def _amounts(wanted: Amount, said: Amount, tolerance: Tolerance) -> str:
    if wanted.units and not said.units:
        return "the answer says no unit"
    low, high = said.low, said.high
    if wanted.units and not wanted.units & said.units:
        made = None
        for ours in sorted(wanted.units):
            for theirs in sorted(said.units):
                ends = [measures.converted(v, theirs, ours) for v in (said.low, said.high)]
                if None not in ends and (made is None or _near(wanted, ends, tolerance)):
                    made = ends
        if made is None or made[0] is None or made[1] is None:
            return f"{_unit(said.units)} is not {_unit(wanted.units)}"
        low, high = made[0], made[1]
    if not _near(wanted, [low, high], tolerance):
        if (wanted.low == wanted.high) != (said.low == said.high):
            return "one is a range, the other is not"
        return (
            f"{_number(low)} is not {_number(wanted.low)}"
            if low != wanted.low
            else (f"{_number(high)} is not {_number(wanted.high)}")
        )
    return _bounds(wanted.bound, said.bound)


def _near(wanted: Amount, ends: Sequence[Decimal | None], tolerance: Tolerance) -> bool:
    for ours, theirs in zip((wanted.low, wanted.high), ends, strict=True):
        if theirs is None:
            return False
        room = max(tolerance.absolute, abs(ours) * tolerance.share, abs(ours) * Decimal("1e-9"))
        if abs(ours - theirs) > room:
            return False
    return True


def _durations(wanted: Duration, said: Duration, tolerance: Tolerance) -> str:
    for ours, theirs in ((wanted.low, said.low), (wanted.high, said.high)):
        if ours == theirs:
            continue
        if tolerance.length is None and not tolerance.absolute and not tolerance.share:
            if _basis(ours) != _basis(theirs):
                return f"{_length(theirs)} is not exactly {_length(ours)}"
            return f"{_length(theirs)} is not {_length(ours)}"
        if ours.working_days or theirs.working_days:
            room = tolerance.absolute or ours.working_days * tolerance.share
            if (
                _basis(ours) != _basis(theirs)
                or abs(ours.working_days - theirs.working_days) > room
            ):
                return f"{_length(theirs)} is not {_length(ours)}"
            continue
        room = _days_of(tolerance.length) if tolerance.length else tolerance.absolute
        room = max(room, _days_of(ours) * tolerance.share)
        if abs(_days_of(ours) - _days_of(theirs)) > room:
            return (
                f"{_length(theirs)} is not {_length(ours)}, nor within {_number(room)} days of it"
            )
    return _bounds(wanted.bound, said.bound)


def _days_of(length: Length) -> Decimal:
    return length.months * _MONTH + length.seconds / 86400 + length.working_days


def _days(wanted: Day, said: Day, tolerance: Tolerance) -> str:
    room = _days_of(tolerance.length) if tolerance.length else tolerance.absolute
    if room and None not in (
        wanted.year,
        wanted.month,
        wanted.day,
        said.year,
        said.month,
        said.day,
    ):
        apart = abs(
            (
                date(wanted.year or 1, wanted.month or 1, wanted.day or 1)
                - date(said.year or 1, said.month or 1, said.day or 1)
            ).days
        )
        return "" if apart <= room else f"they are {apart} days apart"
    for part in ("year", "quarter", "month", "day", "minutes"):
        ours, theirs = getattr(wanted, part), getattr(said, part)
        if ours is None or ours == theirs:
            continue
        name = "time" if part == "minutes" else part
        return f"the answer says no {name}" if theirs is None else f"the {name}s differ"
    strict = {wanted.bound.strict, said.bound.strict}
    return (
        "" if len(strict) == 1 or Bound.EXACT in (wanted.bound, said.bound) else "one is before it"
    )


def _bounds(wanted: Bound, said: Bound) -> str:
    loose = (Bound.EXACT, Bound.AT_MOST, Bound.AT_LEAST)
    if wanted is said or (Bound.EXACT in (wanted, said) and wanted in loose and said in loose):
        return ""
    return f"{said.value} is not {wanted.value}"


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _unit(units: frozenset[str]) -> str:
    return " or ".join(sorted(u.lstrip("#") for u in units)) or "a bare number"


def _length(length: Length) -> str:
    parts = []
    if length.months:
        parts.append(f"{_number(length.months)} months")
    if length.seconds:
        days, rest = divmod(length.seconds, 86400)
        parts.append(f"{_number(days)} days" if not rest else f"{_number(length.seconds)} s")
    if length.working_days:
        parts.append(f"{_number(length.working_days)} working days")
    return " and ".join(parts) or "no time"
