"""The daemon over the handbook: from an edit to searchable, and what it takes when idle."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ingestd.app.build import System
from ingestd.config import loading

from . import harness
from .harness import Figure, at_most, shown

EDITS = 200
IDLE_SECONDS = 60


def run() -> Iterator[Figure]:
    """Start `ingestd run`, edit one sentence at a time, then let it rest."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        docs = harness.handbook(home / "docs")
        (home / "ingestd.toml").write_text(
            f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\npath = "docs"\n'
        )
        with harness.running(home) as daemon:
            # In a process of its own: what it loads would be shared with the daemon's memory.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
                times = beside.submit(_edits, docs, home).result()
            yield shown("edits", len(times))
            yield at_most("edit to searchable, p50", statistics.median(times), 0.5, "s")
            for share, bar in ((0.95, 1.0), (0.99, 2.0)):
                figure = sorted(times)[int(len(times) * share)]
                yield at_most(f"edit to searchable, p{share * 100:.0f}", figure, bar, "s")
            yield at_most("ingestd search with the daemon, whole process", _asked(home), 0.5, "s")
            time.sleep(100)  # children but one end, caches are dropped
            before, began = harness.cpu_seconds(daemon.pid), time.monotonic()
            time.sleep(IDLE_SECONDS)
            share = (harness.cpu_seconds(daemon.pid) - before) / (time.monotonic() - began) * 100
            yield at_most("idle, of one core", share, 0.5, "%")
            main = harness.resident(daemon.pid)
            family = sum(map(harness.pss, harness.family(daemon.pid)))
            yield at_most("idle, main process, resident", main, 400, "MB")
            yield at_most("idle, with its children (PSS)", family, 900, "MB")
            began = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=60)
            yield shown("stop after SIGTERM", time.monotonic() - began, "s")
        yield at_most("ingestd search without one, whole process", _asked(home), 3, "s")


def _edits(docs: Path, home: Path) -> list[float]:
    """Return the seconds of each edit, from the file's change until a search finds it."""
    times = []
    chance = random.Random(1)
    files = sorted(path for path in docs.rglob("*.md") if path.stat().st_size > 1500)
    system = System(loading.load(home / "ingestd.toml"))
    written = next(home.rglob("chunks.lance")) / "_versions"
    for number in range(EDITS):
        path = chance.choice(files)
        text = path.read_text(encoding="utf-8")
        places = [match.end() for match in re.finditer(r"\.\n\n", text)] or [len(text)]
        word = f"zebra{number}fish"
        at = chance.choice(places)
        before = os.listdir(written)
        began = time.monotonic()
        path.write_text(
            f"{text[:at]}The {word} rule holds from now on.\n\n{text[at:]}", encoding="utf-8"
        )
        while True:
            # Searching on and on would take a core from the daemon: where nothing was written
            # since the last search, there is nothing to find.
            now = os.listdir(written)
            if now != before and _is_there(system, word):
                break
            before = now
            time.sleep(0.01)
            if time.monotonic() - began > 30:
                raise AssertionError(f"{word} is not found after 30 s")
        times.append(time.monotonic() - began)
        time.sleep(chance.uniform(0.2, 0.8))
    return times


def _asked(home: Path) -> float:
    """Return the seconds of `ingestd search`, the median of seven."""
    took = []
    for number in range(7):
        command = [sys.executable, "-m", "ingestd", "search", f"who holds rule {number}?"]
        began = time.monotonic()
        subprocess.run(command, cwd=home, check=True, capture_output=True)
        took.append(time.monotonic() - began)
    return statistics.median(took)


def _is_there(system: System, word: str) -> bool:
    found = [scored.chunk_id for scored in system.store.matching(word, 3)]
    return any(word in row.text for row in system.store.passages(found).values())
