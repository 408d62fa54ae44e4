"""Rereading: files that are read now and then although nothing says that they have changed.

A file's times can be put back, and file systems err: what no event and no `stat` tells is found so.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from ingestd.model.ledger import LedgerEntry


def in_turn(
    every: timedelta, last_scan_at: Mapping[str, datetime | None], now: datetime
) -> Callable[[LedgerEntry], bool]:
    """Return whether a file's turn has come since the last scan of its source.

    The turns of a source's files are spread over the time between two of one file, so that each
    scan reads a few. Nothing of zero time is reread.
    """
    span = every.total_seconds()
    today = now.timestamp()
    lasts = {name: last.timestamp() for name, last in last_scan_at.items() if last is not None}

    def is_due(entry: LedgerEntry) -> bool:
        last = lasts.get(entry.source)
        if not span or last is None:
            return False
        phase = zlib.crc32(entry.real_path) % span
        return (last + phase) // span < (today + phase) // span

    return is_due
