"""What systemd is told: ready, alive, stopping; over a real datagram socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import command

pytestmark = pytest.mark.real


def test_the_daemon_tells_when_it_is_ready_alive_and_stopping(
    tmp_path: Path, models_dir: Path
) -> None:
    """READY once the first pass is planned; a ping every third of the time that systemd waits."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A\n\nA document.\n")
    command.config(tmp_path, models_dir, tmp_path / "docs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        log = (tmp_path / "log").open("wb")
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ingestd", "run"], cwd=tmp_path, stdout=log, stderr=log,
            env={
                **command.environment(), "NOTIFY_SOCKET": str(tmp_path / "notify"),
                "WATCHDOG_USEC": "3000000",
            },
        )  # fmt: skip
        try:
            told = [listener.recv(4096).decode()]
            while told.count("WATCHDOG=1") < 3 or not told[-1].startswith("STATUS=index"):
                told.append(listener.recv(4096).decode())
            began = time.monotonic()
            assert listener.recv(4096).decode() == "WATCHDOG=1"
            assert time.monotonic() - began < 20
        finally:
            daemon.send_signal(signal.SIGTERM)
            while (last := listener.recv(4096).decode()) == "WATCHDOG=1":
                pass
            daemon.wait(timeout=30)
            log.close()
    ready = next(n for n, word in enumerate(told) if word.startswith("READY=1\nSTATUS="))
    passed = next(n for n, word in enumerate(told) if word.startswith("STATUS=index version"))
    assert ready < passed
    assert last == "STOPPING=1"
