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
            while told.count("WATCHDOG=1") < 3 or not any(
                word.startswith("STATUS=index version") for word in told
            ):
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


def test_units_are_made_for_a_config(tmp_path: Path) -> None:
    """Its path, its secrets as credentials, its state folder; for one user, nothing of root's."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "hook.secret").write_text("whsec_x")
    (tmp_path / "my config.toml").write_text(
        '[[sources]]\npath = "docs"\n[[alerts.receivers]]\nname = "ops"\nkind = "webhook"\n'
        'url = "http://127.0.0.1:9/"\nsecret_file = "docs/../hook.secret"\n'
    )
    done = command.run("install-service", "--dry-run", "-c", "my config.toml", cwd=tmp_path)
    assert done.returncode == 0
    config = f'"{tmp_path}/my config.toml"'
    assert f"bin/ingestd run --config {config}" in done.stdout
    name = f"{tmp_path}/hook.secret".strip("/").replace("/", "-")
    assert f"LoadCredential={name}:{tmp_path}/hook.secret" in done.stdout
    assert f"ReadWritePaths={tmp_path}/.ingestd" in done.stdout
    assert "MemoryMax=8000M" in done.stdout
    mine = command.run(
        "install-service", "--user", "--dry-run", "-c", "my config.toml", cwd=tmp_path
    )
    assert f"run --config {config}" in mine.stdout
    assert "User=" not in mine.stdout
    none = command.run("install-service", "--dry-run", "docs", cwd=tmp_path)
    assert none.returncode == 2
    bare = tmp_path / "bare"
    bare.mkdir()
    refused = command.run("install-service", "--dry-run", cwd=bare)
    assert (refused.returncode, "name a config" in refused.stderr) == (2, True)


def test_a_secret_is_read_from_its_credential(tmp_path: Path, models_dir: Path) -> None:
    """By the name in the config, or by the file's path as install-service names it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "credentials").mkdir()
    name = f"{tmp_path}/key".strip("/").replace("/", "-")
    (tmp_path / "credentials" / name).write_text("0" * 64)
    command.config(
        tmp_path, models_dir, tmp_path / "docs",
        '[redaction]\nkey_file = "key"\n[redaction.actions]\nEMAIL_ADDRESS = "pseudonym"\n',
    )  # fmt: skip
    refused = command.run("doctor", "--offline", cwd=tmp_path)
    assert "key: cannot be read" in refused.stderr
    done = subprocess.run(
        [sys.executable, "-m", "ingestd", "doctor", "--offline"], cwd=tmp_path, check=False,
        env={**command.environment(), "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
