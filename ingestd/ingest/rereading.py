"""Rereading: files that are read now and then although nothing says that they have changed.

A file's times can be put back, and file systems err: what no event and no `stat` tells is found so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from zlib import crc32

from ingestd.model.ids import DocPath

Reread = Callable[[str, Iterable[DocPath]], Collection[DocPath]]
"""Which of a source's documents are read although their files seem to be as they were?"""


def nothing(_: str, __: Iterable[DocPath]) -> Collection[DocPath]:
    """Reread none."""
    return ()


def everything(_: str, paths: Iterable[DocPath]) -> Collection[DocPath]:
    """Reread all."""
    return set(paths)


def in_turn(every: timedelta, last_scan_at: Mapping[str, datetime | None], now: datetime) -> Reread:
    """Reread the documents whose turns came since the last scan of their source.

    The turns of a source's files are spread over the time between two of one file, so that each
    scan reads a few. Nothing of zero time is reread.
    """
    span = every.total_seconds()

    def due(name: str, paths: Iterable[DocPath]) -> Collection[DocPath]:
        last_scan = last_scan_at.get(name)
        if not span or last_scan is None:
            return ()
        last = last_scan.timestamp()
        passed, rest = last % span, span - (now.timestamp() - last)
        # Of its span so much had passed at the last scan: has the end of it come since?
        return {path for path in paths if (crc32(path.encode()) + passed) % span >= rest}

    return due
