"""File system events through watchdog, and a look at whether they still come."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from ingestd.backends.watchdog.coverage import is_read, uncovered
from ingestd.model.source import Source, WatchMode, WatchNews
from ingestd.ports.watcher import Changed

_log = logging.getLogger("ingestd")
_TOLD: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileModifiedEvent, FileAttribEvent, FileClosedEvent, FileDeletedEvent,
    FileMovedEvent, DirCreatedEvent, DirAttribEvent, DirDeletedEvent, DirMovedEvent,
]  # fmt: skip
"""The kernel is asked for these alone: else whoever reads a file or lists a folder wakes us."""
_WITHOUT_EVENTS = {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "glusterfs", "lustre"}
_SHOWN_FOR = 60.0
"""Seconds that a loss of events shows in the status after it was healed by a scan."""
_NOWHERE = (0, 0)
_GONE = "its root is gone"
_LOST = "events were lost, and all of it was looked at again"


@dataclass(slots=True)
class _Watched:
    """A source and how it is watched."""

    source: Source
    changed: Changed
    mode: WatchMode
    identity: tuple[int, int] | None = None
    """Device and inode of the root that is watched."""
    watch: ObservedWatch | None = None
    fault: str = ""
    lost_at: float = 0.0
    fresh: set[bytes] = field(default_factory=set)
    """Folders that may not be watched yet."""
    suspects: set[bytes] = field(default_factory=set)
    """Those that were not when they were last looked at."""


class WatchdogWatcher:
    """Watches with inotify where the file system tells of every change, else asks to be polled."""

    def __init__(self) -> None:
        self._observer: BaseObserver | None = None
        self._watched: dict[str, _Watched] = {}
        self._overflows = _Overflows()
        logging.getLogger("watchdog").addHandler(self._overflows)

    def watch(self, source: Source, changed: Changed) -> WatchMode:
        """Watch a source."""
        one = _Watched(source, changed, source.watch)
        if source.watch is WatchMode.AUTO:
            one.mode = WatchMode.POLL if is_remote(source.root) else WatchMode.INOTIFY
        self._watched[source.name] = one
        one.identity = _identity(source.root)
        if one.identity is None:
            one.identity = _NOWHERE  # The next look tells of it, and goes on asking.
        elif one.mode is WatchMode.INOTIFY:
            self._schedule(one)
        return one.mode

    def look(self) -> list[WatchNews]:
        """Find what keeps events from coming; what may have been missed is to be scanned."""
        lost = self._overflows.taken()
        news = []
        for one in self._watched.values():
            before = (one.mode, one.fault)
            rescan = one.mode is not WatchMode.NONE and self._examined(one, lost=lost)
            if rescan or before != (one.mode, one.fault):
                news.append(WatchNews(one.source.name, one.mode, one.fault, rescan))
        return news

    def stop(self) -> None:
        """Stop watching."""
        logging.getLogger("watchdog").removeHandler(self._overflows)
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(timeout=5)
            self._observer = None

    def _examined(self, one: _Watched, *, lost: bool) -> bool:
        """Look at one source; say whether it is to be scanned."""
        identity = _identity(one.source.root)
        if identity != one.identity:
            one.identity = identity
            one.fault = "" if identity is not None else _GONE
            if identity is not None and one.mode is WatchMode.INOTIFY:
                self._schedule(one)
            return True
        if one.mode is not WatchMode.INOTIFY or identity is None:
            return False
        if not self._is_alive(one):
            one.mode, one.fault = WatchMode.POLL, "watching ended by itself; it is polled"
            return True
        if lost:
            one.fault, one.lost_at = _LOST, time.monotonic()
            return True
        if one.fault == _LOST and time.monotonic() - one.lost_at > _SHOWN_FOR:
            one.fault = ""
        return self._uncovered(one)

    def _uncovered(self, one: _Watched) -> bool:
        asked, one.fresh = one.fresh | one.suspects, set()
        if not asked:
            return False
        found = uncovered(asked, {os.fsencode(hole) for hole in one.source.holes})
        missing = found & one.suspects
        # Watches are added by another thread: only what is missing twice is.
        one.suspects = found
        if not missing:
            return False
        one.mode = WatchMode.POLL
        one.fault = (
            f"{len(found)} folders are not watched, the limit of watches is reached; it is polled. "
            "More: sysctl fs.inotify.max_user_watches=524288"
        )
        return True

    def _schedule(self, one: _Watched) -> None:
        if self._observer is None:
            self._observer = Observer()
            self._observer.start()
        if one.watch is not None:
            self._observer.unschedule(one.watch)
            one.watch = None
        try:
            one.watch = self._observer.schedule(
                _Handler(one), str(one.source.root), recursive=True, event_filter=_TOLD
            )
            one.fresh = {os.fsencode(one.source.root)}
        except OSError as error:
            # Too few inotify watches, most often; looking again and again needs none.
            one.mode = WatchMode.POLL
            one.fault = (
                f"it cannot be watched ({error.strerror}); it is polled. More watches: sysctl "
                "fs.inotify.max_user_watches=524288"
            )
            _log.warning("%s: %s", one.source.name, one.fault)

    def _is_alive(self, one: _Watched) -> bool:
        """Say whether a source's events can come; another's emitter ends with its root."""
        observer = self._observer
        return (
            observer is not None
            and observer.is_alive()
            and all(e.is_alive() for e in observer.emitters if e.watch == one.watch)
            and is_read()
        )


class _Overflows(logging.Handler):
    """Hears from watchdog's log, which alone tells of it, that the kernel dropped events."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower() or record.levelno >= logging.ERROR:
            self._seen.set()

    def taken(self) -> bool:
        """Say whether any were dropped since the last time."""
        seen = self._seen.is_set()
        self._seen.clear()
        return seen


class _Handler(FileSystemEventHandler):
    """Turns events into paths; it must not raise, or watchdog ends dispatching."""

    def __init__(self, one: _Watched) -> None:
        self._one = one
        self._root = os.fsencode(one.source.root)
        self._holes = tuple(os.fsencode(hole) for hole in one.source.holes)

    def on_any_event(self, event: FileSystemEvent) -> None:
        for name in (event.src_path, event.dest_path):
            path = os.fsencode(name)
            if path and not any(path == h or path.startswith(h + b"/") for h in self._holes):
                relative = path[len(self._root) :].lstrip(b"/")
                if path.startswith(self._root):
                    self._one.changed(self._one.source.name, relative)
                if isinstance(event, DirCreatedEvent | DirMovedEvent):
                    self._one.fresh.add(path)


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(root)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_remote(folder: Path) -> bool:
    """Say whether a folder lies on a file system that others change without telling this kernel."""
    path = os.path.realpath(folder)
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    for line in mounts.splitlines():
        fields = line.split()
        point = fields[1].replace("\\040", " ")
        below = path == point or path.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind in _WITHOUT_EVENTS or kind.startswith("fuse.")
