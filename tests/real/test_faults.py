"""Faults of the machine, each injected for real: a full disk, a lost mount, a clock that is set."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ingestd.model.ledger import MOST_ATTEMPTS

from . import command, hostile
from .daemons import told, until

pytestmark = pytest.mark.real
_ALONE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """A folder of three documents."""
    (tmp_path / "docs").mkdir()
    for number in range(3):
        (tmp_path / f"docs/page-{number}.md").write_text(f"# Page {number}\n\nIts number.\n")
    command.config(tmp_path, models_dir, tmp_path / "docs")
    return tmp_path


def alone(script: str, home: Path) -> str:
    """Run a script as root of a namespace whose mounts are its own; return what it prints."""
    if subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no user namespaces")
    ingestd = f"'{sys.executable}' -m ingestd"
    done = subprocess.run(
        [*_ALONE, script.replace("INGESTD", ingestd)],
        cwd=home, env=command.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_mount_that_is_not_there_deletes_nothing(home: Path) -> None:
    """An empty folder where the source was; it comes back, and nothing was lost."""
    (home / "docs").rename(home / "real")
    (home / "docs").mkdir()
    said = alone(
        "mount --bind real docs && INGESTD sync && umount docs && INGESTD sync; INGESTD reindex; "
        "INGESTD search number -k 1; mount --bind real docs && INGESTD sync",
        home,
    )
    assert "3 added" in said
    assert "3 deletions" in said
    assert "reindex: 3 of the 3 documents of docs are not there" in said
    assert "1. docs:page-" in said
    assert "3 unchanged" in said.rpartition("1. docs:page-")[2]


def test_another_device_in_its_place_deletes_nothing(home: Path) -> None:
    """What lies below a mount point that is not mounted: other files, of another file system."""
    (home / "docs/README.md").write_text("# Here\n\nNothing is mounted here.\n")
    said = alone(
        "mkdir seed && mv docs/page-* seed && mount -t tmpfs tmpfs docs && cp seed/* docs && "
        "INGESTD sync && umount docs && INGESTD sync",
        home,
    )
    assert "3 added" in said
    assert "3 deletions" in said


def test_a_disk_that_is_full_is_waited_for(home: Path) -> None:
    """Too little room: nothing is begun, and said so; with room it goes on by itself."""
    text = (home / "ingestd.toml").read_text()
    (home / "ingestd.toml").write_text(f"{text}[index]\nmin_free_mb = 20\n")
    (home / ".ingestd").mkdir()
    script = 'mount -t tmpfs -o size=60m tmpfs .ingestd && exec "$0" -m ingestd run'
    with running(home, *_ALONE, script, sys.executable, prefix=True) as daemon:
        until(told(home, "pass done: 3 changed"), home)
        state = Path(f"/proc/{daemon.pid}/root{home}/.ingestd")
        free = shutil.disk_usage(state).free
        (state / "ballast").write_bytes(bytes(free - 10_000_000))
        (home / "docs/later.md").write_text("# Later\n\nWritten on a full disk.\n")
        until(told(home, "nothing is written below 20"), home)
        assert "later.md: added" not in (home / "log").read_text()
        within = ("nsenter", "--target", str(daemon.pid), "--user", "--mount")
        said = command.run("status", cwd=home, prefix=(*within, "--wd=" + str(home))).stdout
        assert "Paused: " in said
        (state / "ballast").unlink()
        until(told(home, "later.md: added"), home)


def test_a_clock_set_back_stops_nothing(home: Path) -> None:
    """An hour: sources are polled as before, and what is planned goes along."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        pytest.skip("no libfaketime")
    text = (home / "ingestd.toml").read_text()
    (home / "ingestd.toml").write_text(
        text + 'watch = "poll"\n[daemon]\nscan_minutes = 600\npoll_seconds = 1\n'
    )
    clock = home / "clock"
    clock.write_text("+0")
    more = {
        "LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    with running(home, sys.executable, "-m", "ingestd", "run", more=more):
        until(told(home, "pass done"), home)
        clock.write_text("-1h")
        until(told(home, "the clock was set by -3600 s"), home)
        (home / "docs/later.md").write_text("# Later\n\nWritten an hour ago.\n")
        until(told(home, "later.md: added"), home, 20)
        clock.write_text("+2d")
        until(told(home, "the clock was set by +17"), home)
        (home / "docs/sooner.md").write_text("# Sooner\n\nWritten in two days.\n")
        until(told(home, "sooner.md: added"), home, 20)
        assert command.run_json("status", cwd=home)["documents"] == 5


def test_each_file_is_read_again_in_its_turn(home: Path) -> None:
    """One that changed behind its times is found by a pass like any other."""
    text = (home / "ingestd.toml").read_text()
    (home / "ingestd.toml").write_text(f"{text}[index]\nreread_days = {3 / 86400}\n")
    command.run_json("sync", cwd=home)
    path = home / "docs/page-1.md"
    before = path.stat()
    path.write_text(path.read_text().replace("number", "letter"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with closing(sqlite3.connect(home / ".ingestd/ledger.db", isolation_level=None)) as database:
        # A ctime cannot be put back.
        database.execute(
            "UPDATE entries SET ctime_ns = ? WHERE path = 'page-1.md'", (path.stat().st_ctime_ns,)
        )
    time.sleep(3)
    report = command.run_json("sync", cwd=home)
    assert (report["modified"], report["unchanged"]) == (1, 2)


def test_a_document_that_breaks_goes_on_answering_and_says_so(home: Path) -> None:
    """With its last good version, marked stale; retried a few times, then when it changes."""
    path = home / "docs/pumps.pdf"
    path.write_bytes(hostile.well_formed()["pdf"])
    command.run_json("sync", cwd=home)
    (hit,) = command.run_json("search", "pump bar spring", "-k", "1", cwd=home)["hits"]
    assert (hit["path"], hit["stale"]) == ("pumps.pdf", False)
    path.write_bytes(b"%PDF-1.4 broken")
    assert command.run_json("sync", cwd=home, code=3)["quarantined"] == 1
    (hit,) = command.run_json("search", "pump bar spring", "-k", "1", cwd=home)["hits"]
    assert (hit["path"], hit["stale"]) == ("pumps.pdf", True)
    said = command.run("ask", "At how many bar does the pump run?", cwd=home).stdout
    assert "(stale: its newest version cannot be read)" in said
    ledger = home / ".ingestd/ledger.db"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as database:
        # As if all attempts but one had been made, and the time of the last had come.
        database.execute(
            "UPDATE entries SET next_attempt_at = '2020-01-01T00:00:00+00:00', attempts = ? "
            "WHERE state = 'quarantined'",
            (MOST_ATTEMPTS - 1,),
        )
    command.run("sync", cwd=home)
    (left,) = command.run_json("quarantine", "ls", cwd=home)["documents"]
    assert left["attempts"] == MOST_ATTEMPTS
    assert left["next_attempt_at"] is None
    command.run("sync", cwd=home)
    (left,) = command.run_json("quarantine", "ls", cwd=home)["documents"]
    assert left["attempts"] == MOST_ATTEMPTS
    assert "tried again when it changes" in command.run("quarantine", "ls", cwd=home).stdout
    path.write_bytes(hostile.well_formed()["pdf"] + b"\n")
    assert command.run_json("sync", cwd=home)["quarantined"] == 0


@contextmanager
def running(
    home: Path, *line: str, more: dict[str, str] | None = None, prefix: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon until the block ends."""
    if prefix and subprocess.run([*_ALONE, "true"], check=False).returncode != 0:
        pytest.skip("no user namespaces")
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(
            line, cwd=home, stdout=log, stderr=log, env={**command.environment(), **(more or {})}
        )
        try:
            yield daemon
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=40) == 0, (home / "log").read_text()
