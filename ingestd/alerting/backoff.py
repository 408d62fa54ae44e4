"""Backoff: what becomes of a delivery after an attempt, and of its receiver after several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingestd.model.alert import Fate, Outcome, Standing

DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 15, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Between two attempts; together a little over three days."""
_JITTER = 0.2
_FAILURES = 5
"""In a row, from which on a receiver is left alone for a while."""
_CLOSED = timedelta(minutes=1)
_LONGEST_WISH = timedelta(hours=24)
_TRIED_AGAIN = frozenset({408, 425, 429})
_GONE = 410


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done after an attempt, and why."""

    fate: Fate
    again_in: timedelta
    reason: str


def verdict(outcome: Outcome, attempts: int, chance: float) -> Verdict:
    """Judge an attempt, the `attempts`th; `chance` from 0 to 1 spreads those that fail together."""
    status = outcome.status
    if outcome.accepted:
        return Verdict(Fate.DELIVERED, timedelta(0), outcome.told)
    if status == _GONE:
        return Verdict(Fate.GONE, timedelta(0), f"{outcome.told}: the receiver wants no more")
    refused = status is not None and 400 <= status < 500 and status not in _TRIED_AGAIN
    if refused or outcome.hopeless:
        return Verdict(Fate.DEAD, timedelta(0), outcome.told)
    if attempts > len(DELAYS):
        return Verdict(Fate.DEAD, timedelta(0), f"{outcome.told}, after {attempts} attempts")
    delay = DELAYS[attempts - 1] * (1 + _JITTER * (2 * chance - 1))
    if outcome.retry_after is not None:
        delay = max(delay, min(outcome.retry_after, _LONGEST_WISH))
    return Verdict(Fate.AGAIN, delay, outcome.told)


def standing_after(
    before: Standing, outcome: Outcome, fate: Fate, now: datetime, chance: float
) -> Standing:
    """Open or close the breaker of a receiver: it spares one that is down, and those behind it."""
    if fate is Fate.GONE:
        return replace(before, gone=outcome.told, closed_until=None)
    if fate is not Fate.AGAIN:
        return replace(before, failures=0, closed_until=None)
    failures = before.failures + 1
    pause = timedelta(0)
    if failures >= _FAILURES:
        pause = _CLOSED * (1 + _JITTER * (2 * chance - 1))
    if outcome.retry_after is not None:
        pause = max(pause, min(outcome.retry_after, _LONGEST_WISH))
    return replace(before, failures=failures, closed_until=now + pause if pause else None)
