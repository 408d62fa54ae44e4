"""File system events through watchdog."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from watchdog.events import (
    DirModifiedEvent,
    FileClosedNoWriteEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from ingestd.model.source import Source, WatchMode
from ingestd.ports.watcher import Changed

_log = logging.getLogger("ingestd")
_UNTOLD = (DirModifiedEvent, FileOpenedEvent, FileClosedNoWriteEvent)
_WITHOUT_EVENTS = {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "glusterfs", "lustre"}


class WatchdogWatcher:
    """Watches with inotify where the file system tells of every change, else asks to be polled."""

    def __init__(self) -> None:
        self._observer: BaseObserver | None = None

    def watch(self, source: Source, changed: Changed) -> WatchMode:
        """Watch a source."""
        if source.watch in (WatchMode.NONE, WatchMode.POLL):
            return source.watch
        if source.watch is WatchMode.AUTO and is_remote(source.root):
            return WatchMode.POLL
        if self._observer is None:
            self._observer = Observer()
            self._observer.start()
        try:
            self._observer.schedule(_Handler(source, changed), str(source.root), recursive=True)
        except OSError as error:
            # Too few inotify watches, most often; looking again and again needs none.
            _log.warning(
                "%s cannot be watched (%s); it is polled. More watches: sysctl "
                "fs.inotify.max_user_watches",
                source.name,
                error.strerror,
            )
            return WatchMode.POLL
        return WatchMode.INOTIFY

    def stop(self) -> None:
        """Stop watching."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(timeout=5)
            self._observer = None


class _Handler(FileSystemEventHandler):
    """Turns events into paths; it must not raise, or watchdog ends dispatching."""

    def __init__(self, source: Source, changed: Changed) -> None:
        self._source = source
        self._changed = changed
        self._root = os.fsencode(source.root)
        self._holes = tuple(os.fsencode(hole) for hole in source.holes)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, _UNTOLD):
            return
        for name in (event.src_path, event.dest_path):
            path = os.fsencode(name)
            if path and not any(path == h or path.startswith(h + b"/") for h in self._holes):
                relative = path[len(self._root) :].lstrip(b"/")
                if path.startswith(self._root):
                    self._changed(self._source.name, relative)


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
