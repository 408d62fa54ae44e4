"""Noticing changes below the roots of sources, and doing things on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from ingestd.model.source import Source, WatchMode, WatchNews

Changed = Callable[[str, bytes], None]
"""Called with a source's name and the real path, relative to its root, of what may have changed."""


class Watcher(Protocol):
    """Tells of changes; may miss some, which the scans then find."""

    def watch(self, source: Source, changed: Changed) -> WatchMode:
        """Watch a source from now on; return how, `POLL` where only looking again helps."""
        ...

    def look(self) -> Sequence[WatchNews]:
        """Find what keeps events from coming: asked every few seconds."""
        ...

    def stop(self) -> None:
        """Stop watching."""
        ...


class Schedule(Protocol):
    """Does things again and again; a job only asks for work, and returns at once."""

    def every(self, name: str, interval: timedelta, job: Callable[[], None]) -> None:
        """Call a job each interval from now on."""
        ...

    def at(self, name: str, when: str, jitter: timedelta, job: Callable[[], None]) -> None:
        """Call a job at the times of a cron expression in UTC, or "every 15m".

        Raises ValueError for another text.
        """
        ...

    def stop(self) -> None:
        """Call nothing any more."""
        ...
