"""Named points at which a process ends itself with SIGKILL once it is told to."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from lancedb.merge import LanceMergeInsertBuilder
from lancedb.table import LanceTable

from ingestd.backends.lancedb import generations, store
from ingestd.backends.lancedb.digests import Digests
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.backends.subprocess.pool import ChildPool
from ingestd.ingest.committing import Committer

POINTS: dict[str, list[tuple[Any, str]]] = {
    "parse": [(ChildPool, "_one")],
    "embed": [(Committer, "_vectors")],
    "versions": [(LanceTable, "add"), (LanceTable, "update")],
    "commit": [(LanceMergeInsertBuilder, "execute")],
    "digests": [(Digests, "add")],
    "sync": [(store, "syncfs")],
    "sqlite": [(SqliteLedger, "record")],
    "outbox": [(SqliteOutbox, "transact")],
    "compaction": [(LanceTable, "delete"), (LanceTable, "optimize")],
    "switch": [(generations, "switch")],
}
"""By name, what is ended before or after a call of it."""


class Fuse:
    """Counts the passes by an armed point, before and after each call, and ends at the last."""

    def __init__(self) -> None:
        self.name, self.left = "", 0

    def passed(self, name: str) -> None:
        """Go by a point."""
        if name == self.name:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def lay(fuse: Fuse) -> None:
    """Lay the fuse through every point."""
    for name, places in POINTS.items():
        for holder, attribute in places:
            setattr(holder, attribute, _wrapped(fuse, name, getattr(holder, attribute)))


def _wrapped(fuse: Fuse, name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        fuse.passed(name)
        done = inner(*args, **more)
        fuse.passed(name)
        return done

    return call


def listen(fuse: Fuse) -> None:
    """Arm what lines such as "commit 3" on stdin say."""

    def read() -> None:
        for line in sys.stdin:
            name, count = line.split()
            fuse.left, fuse.name = int(count), name

    threading.Thread(target=read, daemon=True).start()
