"""A thousand files dropped at once into a daemon's folder, against `ingestd sync` of the same.

FILES=1000 sets how many.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ingestd.app.build import System
from ingestd.config import loading

from . import harness
from .harness import Figure, at_most, shown

_SENTENCES = 12


def run() -> Iterator[Figure]:
    """Copy them in and wait for the last; then let the command index them."""
    count = int(os.environ.get("FILES", "1000"))
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch) / "files"
        _write(files, count)
        dropped = _dropped(_home(Path(scratch) / "dropped"), files, count)
        synced = _synced(_home(Path(scratch) / "synced"), files)
    yield shown("files", count)
    yield shown("ingestd sync of them, whole process", synced, "s")
    yield shown("dropped into a running daemon, to all searchable", dropped, "s")
    yield at_most("times as long", dropped / synced, 1.2)


def _write(folder: Path, count: int) -> None:
    chance = random.Random(1)
    folder.mkdir()
    for number in range(count):
        lines = [
            f"Valve {chance.randrange(1000)} of plant {number} opens at {chance.randrange(90)} bar."
            for _ in range(_SENTENCES)
        ]
        (folder / f"plant-{number}.md").write_text(f"# Plant {number}\n\n" + " ".join(lines))


def _home(home: Path) -> Path:
    (home / "docs").mkdir(parents=True)
    (home / "ingestd.toml").write_text(
        f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\npath = "docs"\n'
    )
    return home


def _dropped(home: Path, files: Path, count: int) -> float:
    with harness.running(home) as daemon:
        system = System(loading.load(home / "ingestd.toml"))
        began = time.monotonic()
        shutil.copytree(files, home / "docs" / "files")
        while system.store.count()[0] < count:
            assert daemon.poll() is None, (home / "log").read_text()
            time.sleep(0.2)
        return time.monotonic() - began


def _synced(home: Path, files: Path) -> float:
    shutil.copytree(files, home / "docs" / "files")
    began = time.monotonic()
    command = [sys.executable, "-m", "ingestd", "sync"]
    subprocess.run(command, cwd=home, check=True, capture_output=True)
    return time.monotonic() - began
