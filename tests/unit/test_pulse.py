"""The pulse: what is at work must move, what has nothing to do may rest."""

from __future__ import annotations

from datetime import timedelta

from ingestd.daemon.pulse import Pulse


def test_only_a_lane_at_work_that_does_not_move_is_stuck() -> None:
    """One that rests may rest for ever."""
    now = [0.0]
    pulse = Pulse(timedelta(seconds=10), lambda: now[0])
    pulse.beat("ingest")
    pulse.beat("checks")
    pulse.rest("checks")
    now[0] = 9
    assert pulse.stuck() == []
    now[0] = 11
    assert pulse.stuck() == ["ingest"]
    pulse.beat("ingest")
    assert pulse.stuck() == []
