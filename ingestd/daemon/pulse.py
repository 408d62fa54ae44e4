"""The pulse of the daemon: whether each lane that has something to do also moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta


class Pulse:
    """Lanes beat while they work; one at work that has not for long is stuck."""

    def __init__(self, patience: timedelta, monotonic: Callable[[], float]) -> None:
        """Take how long one step of a lane may last."""
        self._patience = patience.total_seconds()
        self._monotonic = monotonic
        self._last: dict[str, float] = {}

    def beat(self, lane: str) -> None:
        """Note that a lane has begun a step."""
        self._last[lane] = self._monotonic()

    def expect(self, lane: str) -> None:
        """Note that a lane has something to do from now on, unless it is at it."""
        self._last.setdefault(lane, self._monotonic())

    def rest(self, lane: str) -> None:
        """Note that a lane has nothing to do."""
        self._last.pop(lane, None)

    def stuck(self) -> list[str]:
        """Return the lanes that have been at one step for too long."""
        now = self._monotonic()
        # A copy: the lanes write from threads of their own.
        return [lane for lane, at in list(self._last.items()) if now - at > self._patience]
