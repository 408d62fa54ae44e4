"""Hours of writing in minutes: whether the daemon's memory, files and index stay bounded.

MINUTES=10 sets how long; an hour of it is what the slope of memory is told for.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from . import harness
from .harness import Figure, at_most, shown
from .kills import Writer, at_work

_WARM = 0.3
"""The share of the time that counts as warming up."""


def run() -> Iterator[Figure]:
    """Let four writers write as long as asked, and look every two seconds."""
    minutes = float(os.environ.get("MINUTES", "10"))
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "docs").mkdir()
        (home / "ingestd.toml").write_text(
            f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\nname = "docs"\n'
            f'path = "{home / "docs"}"\n[index]\nhold_documents = 1000000\n'
            "keep_versions_days = 0.0007\n[daemon]\ntidy_minutes = 0.2\n",
            encoding="utf-8",
        )
        looks = _looks(home, minutes)
    warm = looks[int(len(looks) * _WARM) :]
    seconds = [one[0] for one in warm]
    slope = statistics.linear_regression(seconds, [one[1] for one in warm]).slope
    yield shown("minutes", minutes)
    yield shown("passes", warm[-1][4])
    yield shown("main process resident after warm-up", warm[0][1], "MB")
    yield at_most("its slope after warm-up", slope * 3600, 1, "MB/h")
    yield shown("open files at warm-up", warm[0][2])
    yield at_most("open files at the end, more than then", warm[-1][2] - warm[0][2], 5)
    yield shown("files of the index, most after warm-up", max(one[3] for one in warm))
    half = len(warm) // 2
    early, late = (max(o[3] for o in part) for part in (warm[:half], warm[half:]))
    yield at_most("the most of them, second half to first", late / early, 1.2)


def _looks(home: Path, minutes: float) -> list[tuple[float, float, int, int, int]]:
    writers = [Writer(home / "docs", number, random.Random(number)) for number in range(4)]
    looks = []
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ingestd", "run"], cwd=home, stdout=log, stderr=log
        )
        try:
            main = psutil.Process(daemon.pid)
            with at_work(writers):
                began = time.monotonic()
                while time.monotonic() - began < minutes * 60:
                    time.sleep(2)
                    files = sum(len(names) for *_, names in os.walk(home / ".ingestd/generations"))
                    resident = main.memory_info().rss / 1e6
                    passes = (home / "log").read_bytes().count(b"pass done")
                    looks.append(
                        (time.monotonic() - began, resident, main.num_fds(), files, passes)
                    )
        finally:
            daemon.terminate()
            daemon.wait(40)
    return looks
