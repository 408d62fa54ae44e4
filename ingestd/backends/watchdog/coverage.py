"""Coverage: which folders the kernel really watches for this process."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Collection, Iterable

_WATCH = re.compile(r"^inotify wd:\S+ ino:([0-9a-f]+) ", re.MULTILINE)
_READER = "InotifyFD"
"""The thread of watchdog's that reads what the kernel says; one for the whole process."""


def watched_inodes() -> frozenset[int] | None:
    """Return the inodes under watch; `None` where the kernel does not tell (proc(5), fdinfo)."""
    found: set[int] = set()
    told = False
    for name in os.listdir("/proc/self/fdinfo"):
        try:
            with open(f"/proc/self/fdinfo/{name}", encoding="ascii") as stream:
                text = stream.read()
        except OSError:
            continue  # Closed meanwhile.
        numbers = _WATCH.findall(text)
        told |= bool(numbers)
        found.update(int(number, 16) for number in numbers)
    return frozenset(found) if told else None


def uncovered(folders: Iterable[bytes], holes: Collection[bytes]) -> set[bytes]:
    """Return the folders at and below some paths that nobody watches, readable ones only."""
    inodes = watched_inodes()
    if inodes is None:
        return set()
    found: set[bytes] = set()
    for top in folders:
        for folder, below, _ in os.walk(top):
            below[:] = [name for name in below if os.path.join(folder, name) not in holes]
            try:
                inode = os.stat(folder).st_ino
            except OSError:
                continue
            if inode not in inodes and os.access(folder, os.R_OK | os.X_OK):
                found.add(folder)
    return found


def is_read() -> bool:
    """Say whether the thread that reads the kernel's events is alive."""
    return any(type(thread).__name__ == _READER for thread in threading.enumerate())
