"""A reconcile of 100,000 unchanged files against `find -printf` over the same tree, and its daemon.

FILES=100000 sets how many. Their texts repeat, so that making the index takes minutes, not hours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ingestd.app import passes
from ingestd.app.opening import writing
from ingestd.config import loading

from . import harness
from .harness import Figure, at_most, shown

_TEXTS = 500
_FOLDER = 100
_TIMES = 9
_REST = 100.0
"""Seconds after which children have ended and caches are dropped."""
_IDLE = 610.0
"""Seconds; a daemon scans all of it each ten minutes."""


def run() -> Iterator[Figure]:
    """Make the tree, index it, and look again."""
    count = int(os.environ.get("FILES", "100000"))
    with tempfile.TemporaryDirectory() as scratch:
        docs = Path(scratch) / "docs"
        for number in range(count):
            folder = docs / f"{number // _FOLDER:05}"
            if number % _FOLDER == 0:
                folder.mkdir(parents=True)
            (folder / f"page-{number}.md").write_text(
                f"# Pump {number % _TEXTS}\n\nIt holds {number % _TEXTS} bar.\n"
            )
        config = Path(scratch) / "ingestd.toml"
        config.write_text(
            f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\npath = "docs"\n'
        )
        with writing(loading.load(config)) as system:
            began = time.monotonic()
            report = passes.sync(system)
            yield shown("files", report.added)
            yield shown("first index", time.monotonic() - began, "s")

            def reconcile() -> None:
                again = passes.sync(system, orphans=False, light=True)
                assert (again.unchanged, again.modified) == (count, 0)

            listed = ["find", str(docs), "-printf", "%p %s %T@ %C@ %i\n"]
            ours, theirs = _medians(
                reconcile, lambda: subprocess.run(listed, check=True, stdout=subprocess.DEVNULL)
            )
        yield shown("find -printf", theirs, "s")
        yield shown("a reconcile with nothing to do", ours, "s")
        yield at_most("times as long as find", ours / theirs, 4)
        with harness.running(Path(scratch)) as daemon:
            time.sleep(_REST)
            before, began = harness.cpu_seconds(daemon.pid), time.monotonic()
            time.sleep(_IDLE)
            spent = harness.cpu_seconds(daemon.pid) - before
            share = spent / (time.monotonic() - began) * 100
            yield at_most("idle with its daemon, a scan within, of one core", share, 0.5, "%")
            yield shown("its main process, resident", harness.resident(daemon.pid), "MB")


def _medians(*works: Callable[[], object]) -> list[float]:
    """Time them in turn: a machine may be half as fast a second later, then for both."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(_TIMES):
        for work, times in zip(works, took, strict=True):
            began = time.monotonic()
            work()
            times.append(time.monotonic() - began)
    return [statistics.median(times) for times in took]
