"""Lag: how long a change waits until it can be found, kept as a distribution.

Buckets grow by a tenth each, so that any quantile is right to five per cent (as DDSketch does it:
Masson, Rim and Lee, VLDB 2019).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_GROWTH = 1.1
_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class LagSummary:
    """A source's lag, in seconds."""

    count: int
    p50: float
    p95: float
    p99: float
    worst: float


def bucket(seconds: float) -> int:
    """Return the bucket of a lag."""
    return math.ceil(math.log(max(seconds, _LEAST) / _LEAST, _GROWTH))


def middle(number: int) -> float:
    """Return the lag, in seconds, that a bucket stands for."""
    return _LEAST * 2 * _GROWTH**number / (1 + _GROWTH)


def summary(counts: Mapping[int, int]) -> LagSummary | None:
    """Sum buckets up; nothing where there are none."""
    total = sum(counts.values())
    if not total:
        return None
    ordered = sorted(counts.items())
    p50, p95, p99 = (_quantile(ordered, total, share) for share in (0.5, 0.95, 0.99))
    return LagSummary(total, p50, p95, p99, worst=round(middle(ordered[-1][0]), 3))


def _quantile(ordered: Iterable[tuple[int, int]], total: int, share: float) -> float:
    seen = 0
    for number, count in ordered:
        seen += count
        if seen >= share * total:
            return round(middle(number), 3)
    return 0.0
