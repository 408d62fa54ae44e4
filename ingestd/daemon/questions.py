"""The lane of questions: who asks while the daemon runs is answered by it, warm."""

from __future__ import annotations

from collections.abc import Callable

from ingestd.daemon.lane import Lane


class Questions:
    """Answers until it is told to end."""

    def __init__(self, serve: Callable[[], None], end: Callable[[], None]) -> None:
        """Take what answers in a thread of its own, and what ends that."""
        self._end = end
        self.lane = Lane("questions", serve)

    def start(self) -> None:
        """Begin."""
        self.lane.start()

    def stop(self) -> None:
        """End after the answer at hand."""
        self._end()
        self.lane.join(5)
