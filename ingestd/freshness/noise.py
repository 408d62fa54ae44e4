"""Noise control: what counts as failed after how many failures, and what flaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from ingestd.model.check import QuestionState, Status

_RECENT = 20
_FLAPS = 6
"""Changes within the last twenty results from which a question flaps."""


@dataclass(frozen=True, slots=True)
class NoisePolicy:
    """How many in a row change a status, and how many of several samples must pass."""

    fail_after: int = 1
    recover_after: int = 1
    samples: int = 1
    needed: int = 1


def settled(
    state: QuestionState, observed: Status, now: datetime, policy: NoisePolicy
) -> QuestionState:
    """Return a question's state after one more result; an unknown one is only noted."""
    recent = (state.recent + observed.value[0])[-_RECENT:]
    if observed is Status.UNKNOWN:
        return replace(state, recent=recent)
    if observed is state.status:
        return replace(state, streak=0, recent=recent)
    streak = state.streak + 1
    fresh = state.status is Status.UNKNOWN
    wanted = policy.fail_after if observed is Status.FAIL else policy.recover_after
    if streak >= wanted or (fresh and observed is Status.PASS):
        return replace(state, status=observed, streak=0, since=now, recent=recent)
    return replace(state, streak=streak, recent=recent)


def is_flapping(state: QuestionState) -> bool:
    """Say whether a question goes to and fro between pass and fail."""
    known = [c for c in state.recent if c in "pf"]
    return sum(a != b for a, b in pairwise(known)) >= _FLAPS


def of_samples(observed: list[Status], needed: int) -> Status:
    """Return what several samples of one question come to: a pass where enough of them pass."""
    if observed.count(Status.PASS) >= needed:
        return Status.PASS
    if observed.count(Status.PASS) + observed.count(Status.UNKNOWN) >= needed:
        return Status.UNKNOWN
    return Status.FAIL
