"""What the benchmarks share: the data, systems in scratch folders, and a table of results."""

from __future__ import annotations

import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from ingestd.app.build import System
from ingestd.app.opening import writing
from ingestd.config import loading
from ingestd.config.schema import ConfigFile

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("INGESTD_DATA", ROOT.parent / "shared" / "data"))
MODELS = Path(tempfile.gettempdir()) / f"ingestd-bench-models-{os.getuid()}"

_FIRST = 900.0
"""Seconds that a daemon's first reconcile may take here."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    bar: str = ""
    good: bool | None = None


def at_most(what: str, value: float, bar: float, unit: str = "") -> Figure:
    """A figure that must not be over its bar."""
    return Figure(what, value, unit, f"<= {bar:g}", value <= bar)


def at_least(what: str, value: float, bar: float, unit: str = "") -> Figure:
    """A figure that must not be under its bar."""
    return Figure(what, value, unit, f">= {bar:g}", value >= bar)


def shown(what: str, value: float, unit: str = "") -> Figure:
    """A figure without a bar."""
    return Figure(what, value, unit)


def handbook(folder: Path) -> Path:
    """Unpack the handbook's 216 files."""
    with tarfile.open(DATA / "handbook-start.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def commits() -> Iterator[list[dict[str, Any]]]:
    """Yield the operations of each of the 300 commits that follow."""
    with lzma.open(DATA / "handbook-replay.jsonl.xz", "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)["ops"]


def apply(root: Path, operations: list[dict[str, Any]]) -> None:
    """Carry a commit out on disk."""
    for operation in operations:
        path = root / operation["path"]
        if operation["op"] == "delete":
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(operation["text"], encoding="utf-8")


@contextmanager
def system(docs: Path, state: Path, **sections: Any) -> Iterator[System]:
    """Open a writing system over a folder, state elsewhere, models shared between runs."""
    state.mkdir(parents=True, exist_ok=True)
    config = loading.for_folders([str(docs)], state)
    embedding = config.file.embedding.model_copy(update={"models_dir": str(MODELS)})
    file: ConfigFile = config.file.model_copy(update={"embedding": embedding, **sections})
    with writing(replaced(config, file=file)) as opened:
        yield opened


@contextmanager
def running(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon in a folder with a config, from its first reconcile until the block ends."""
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ingestd", "run"], cwd=home, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + _FIRST
            while "pass done" not in (home / "log").read_text(errors="replace"):
                assert daemon.poll() is None, (home / "log").read_text()
                assert time.monotonic() < deadline, (home / "log").read_text()
                time.sleep(0.2)
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait(60)


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def resident(pid: int) -> float:
    """Return a process's resident memory, in MB: all of it, whoever else has it as well."""
    return _memory(pid, "Rss")


def pss(pid: int) -> float:
    """Return a process's proportional share of memory, in MB."""
    return _memory(pid, "Pss")


def _memory(pid: int, what: str) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(rf"^{what}:\s+(\d+)", rollup, re.MULTILINE).group(1)) / 1000  # type: ignore[union-attr]


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and of all that come from it."""
    ticks = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
