"""Changes that wait until they have settled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ingestd.ingest.planning import Scope

PATIENCE = 60.0
"""Seconds after which a task no longer waits for writers to pause."""


@dataclass(frozen=True, slots=True)
class _Task:
    run: Callable[[], None]
    rest: float
    asked: float

    def due(self, changed: float) -> float:
        return min(changed + self.rest, self.asked + PATIENCE) if self.rest else self.asked


class Changes:
    """What may have changed, by source; filled from watchers' threads, emptied by the service."""

    def __init__(self, settle_seconds: float, monotonic: Callable[[], float]) -> None:
        self._settle = settle_seconds
        self._monotonic = monotonic
        self._wake = threading.Condition()
        self._last: dict[tuple[str, bytes], float] = {}
        self._scan_at: float | None = None
        self._tasks: dict[str, _Task] = {}
        self._changed = monotonic()
        self._stopped = False

    def add(self, source: str, path: bytes) -> None:
        """Note that a path may have changed just now."""
        with self._wake:
            self._changed = self._last[source, path] = self._monotonic()
            self._wake.notify()

    def ask_for_scan(self, after: float = 0) -> None:
        """Ask for a pass over everything, after some seconds at the latest."""
        with self._wake:
            at = self._monotonic() + after
            self._scan_at = at if self._scan_at is None else min(at, self._scan_at)
            self._wake.notify()

    def ask_for(self, name: str, task: Callable[[], None], rest: float = 0) -> None:
        """Ask for something to be done between two passes; asked twice, it is done once.

        `rest`: what takes long waits until nothing was changed for so many seconds, but not for
        ever.
        """
        with self._wake:
            before = self._tasks.get(name)
            asked = before.asked if before else self._monotonic()
            self._tasks[name] = _Task(task, rest, asked)
            self._wake.notify()

    def stop(self) -> None:
        """Let `wait` return for good."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    @property
    def stopped(self) -> bool:
        """Say whether it is time to end."""
        return self._stopped

    def wait(self) -> bool:
        """Wait until something can be taken; `False`: it is time to end."""
        with self._wake:
            while not self._stopped:
                due = self._due()
                if due is not None and due <= 0:
                    break
                self._wake.wait(due)
            return not self._stopped

    def _due(self) -> float | None:
        ripe = [min(self._last.values()) + self._settle] if self._last else []
        ripe += [self._scan_at] if self._scan_at is not None else []
        ripe += [task.due(self._changed) for task in self._tasks.values()]
        return min(ripe) - self._monotonic() if ripe else None

    def take(self) -> tuple[Scope, bool, list[Callable[[], None]]]:
        """Take what has settled, whether everything is to be scanned, and what else is asked for.

        A path that was written again since is left to settle; a scan takes all of them along.
        """
        with self._wake:
            scan = self._scan_at is not None and self._scan_at <= self._monotonic()
            if scan:
                self._scan_at = None
            now = self._monotonic()
            due = [name for name, task in self._tasks.items() if task.due(self._changed) <= now]
            tasks = [self._tasks.pop(name).run for name in due]
            ripe = now - self._settle
            taken = [key for key, at in self._last.items() if at <= ripe]
            scope: dict[str, set[bytes]] = {}
            for key in taken:
                del self._last[key]
                scope.setdefault(key[0], set()).add(key[1])
            return scope, scan, tasks
