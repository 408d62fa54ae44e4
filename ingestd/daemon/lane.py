"""A lane: a thread that must never end, and is begun again where it does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger("ingestd")
_PAUSES = (1.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds after a fault until it is begun again."""
_WELL = 600.0
"""Seconds of work after which earlier faults do not count any more."""


class Lane:
    """Work in a thread of its own."""

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what runs until it is told to end: a return is the end, an error is a fault."""
        self.name = name
        self._work = work
        self._monotonic = monotonic
        self._thread: threading.Thread | None = None
        self._faults = 0
        self._began = self._again_at = 0.0
        self.fault = ""
        """What it has ended by, until it is at work again."""

    def start(self) -> None:
        """Begin."""
        self._began = self._monotonic()
        self.fault = ""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for its end, but no longer."""
        if self._thread is not None:
            self._thread.join(timeout=max(seconds, 0))

    def tend(self) -> None:
        """Begin it again where a fault has ended it, and the time for that has come."""
        if self.fault and self._monotonic() >= self._again_at:
            self.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001
            # Told by its kind alone: its words may quote a document.
            now = self._monotonic()
            self._faults = 1 if now - self._began > _WELL else self._faults + 1
            pause = _PAUSES[min(self._faults, len(_PAUSES)) - 1]
            self._again_at = now + pause
            self.fault = f"it ended by a bug: {type(error).__name__}; begun again by itself"
            _log.error(
                "%s ended by a bug: %s; begun again in %g s", self.name, type(error).__name__, pause
            )
