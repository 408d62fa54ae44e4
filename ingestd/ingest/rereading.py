"""Rereading: files that are read now and then although nothing says that they have changed.

A file's times can be put back, and file systems err: what no event and no `stat` tells is found so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zlib import crc32


def in_turn(
    every: timedelta, last_scan_at: Mapping[str, datetime | None], now: datetime
) -> Callable[[str], Callable[[bytes], bool]]:
    """Return what says of a source's files, by path, if their turns came since its last scan.

    The turns of a source's files are spread over the time between two of one file, so that each
    scan reads a few. Nothing of zero time is reread.
    """
    span = every.total_seconds()

    def of_source(name: str) -> Callable[[bytes], bool]:
        last_scan = last_scan_at.get(name)
        if not span or last_scan is None:
            return lambda _: False
        last = last_scan.timestamp()
        passed, rest = last % span, span - (now.timestamp() - last)
        # Of its span so much had passed at the last scan: has the end of it come since?
        return lambda path: (crc32(path) + passed) % span >= rest

    return of_source
