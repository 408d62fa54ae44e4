"""A hundred thousand file operations with the kernel's queue overflowing and few watches.

OPERATIONS=100000 sets how many. The daemon runs in a user namespace with twenty watches.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ingestd.app.build import System
from ingestd.config import loading

from . import harness
from .harness import Figure, at_least, at_most, shown
from .kills import Tally, compare

_FEW = 'echo 20 > /proc/sys/user/max_inotify_watches && exec "$@"'
_QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


def run() -> Iterator[Figure]:
    """Write while the daemon stands still and while it runs; then compare with the disk."""
    count = int(os.environ.get("OPERATIONS", "100000"))
    chance = random.Random(5)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "docs").mkdir()
        config = home / "ingestd.toml"
        config.write_text(
            f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\nname = "docs"\n'
            f'path = "{home / "docs"}"\nexclude = ["*.bin"]\n[index]\nhold_documents = 1000000\n'
            "[daemon]\nscan_minutes = 600\npoll_seconds = 2\n",
            encoding="utf-8",
        )
        log = home / "log"
        with log.open("wb") as stream:
            daemon = subprocess.Popen(
                ["unshare", "--user", "--map-root-user", "sh", "-c", _FEW, "sh",
                 sys.executable, "-m", "ingestd", "run"],
                cwd=home, stdout=stream, stderr=stream,
            )  # fmt: skip
            try:
                yield from _storm(home, daemon, count, chance)
                tally = Tally()
                system = System(loading.load(config))
                _settled(log)
                compare(home / ".ingestd", system, tally)
                system.close()
            finally:
                daemon.terminate()
                daemon.wait(60)
    yield at_most("chunks lost or stale after it", tally.lost, 0)
    yield at_most("chunks that should not be there", tally.foreign + tally.twice, 0)


def _storm(
    home: Path, daemon: subprocess.Popen[bytes], count: int, chance: random.Random
) -> Iterator[Figure]:
    log = home / "log"
    _until(log, "pass done")
    # First its queue overflows for real: it stands still, and hears of too much.
    daemon.send_signal(signal.SIGSTOP)
    size = int(_QUEUE.read_text()) // 2
    for number in range(size):
        (home / "docs" / f"noise-{number % 2}.bin").write_bytes(b"x")
    daemon.send_signal(signal.SIGCONT)
    began = time.monotonic()
    _until(log, "events were lost")
    yield at_most("seconds until the overflow is told", time.monotonic() - began, 5)
    for number in range(60):
        (home / f"docs/folder-{number}").mkdir()
    began = time.monotonic()
    _until(log, "it is polled")
    yield at_most("seconds until too few watches are told", time.monotonic() - began, 5)
    done = size
    while done < count:
        _operate(home / "docs", chance)
        done += 1
    yield at_least("file operations", done, count)
    yield shown("  of them while nobody listened", size)


def _operate(docs: Path, chance: random.Random) -> None:
    path = docs / f"folder-{chance.randrange(60)}/page-{chance.randrange(8)}.md"
    what = chance.random()
    if what < 0.6 or not path.exists():
        path.write_text(f"# Page\n\nValve {chance.randrange(10**6)} holds.\n")
    elif what < 0.8:
        path.rename(docs / f"folder-{chance.randrange(60)}/page-{chance.randrange(8)}.md")
    elif what < 0.9:
        path.unlink()
    else:
        path.touch()


def _settled(log: Path) -> None:
    """Wait until a poll has begun and ended after the last operation, and nothing is going on."""
    still = time.monotonic()
    size = -1
    while time.monotonic() - still < 12:
        now = log.stat().st_size
        if now != size:
            size, still = now, time.monotonic()
        time.sleep(0.2)


def _until(log: Path, text: str) -> None:
    deadline = time.monotonic() + 120
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
