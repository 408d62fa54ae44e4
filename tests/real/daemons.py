"""Daemons as tests run them: started, waited for, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import command

FIRST = "pass done"


@contextmanager
def running(home: Path, *prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `ingestd run` in a folder with a config, from its first pass until the block ends."""
    log = home / "log"
    with log.open("ab") as stream:
        before = stream.tell()
        daemon = subprocess.Popen(
            [*prefix, sys.executable, "-m", "ingestd", "run"], cwd=home, stdout=stream,
            stderr=stream, env=command.environment(),
        )  # fmt: skip
        try:
            until(lambda: FIRST.encode() in log.read_bytes()[before:], home, 120)
            yield daemon
        finally:
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(timeout=40)
            finally:
                daemon.kill()


def until(holds: Callable[[], bool], home: Path, seconds: float = 60) -> None:
    """Wait for something; say what the daemon logged where it does not come."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.05)


def told(home: Path, text: str) -> Callable[[], bool]:
    """Whether the daemon's log says something."""
    return lambda: text in (home / "log").read_text()
