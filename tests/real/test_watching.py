"""Watching that misses nothing: every way in which events stop coming, for real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestd.backends.watchdog import WatchdogWatcher
from ingestd.model.source import Source, WatchMode

from . import command
from .daemons import running, told, until

pytestmark = pytest.mark.real
_IN_OPEN, _IN_CLOSE_NOWRITE = 0x20, 0x10  # inotify(7)
_LIMITED = 'echo 20 > /proc/sys/user/max_inotify_watches && exec "$@"'


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """A document, and a config whose scans come too late for any test."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/first.md").write_text("# First\n\nThe first document is here.\n")
    command.config(
        tmp_path, models_dir, tmp_path / "docs",
        'exclude = ["*.bin"]\n[daemon]\nscan_minutes = 600\npoll_seconds = 1\n',
    )  # fmt: skip
    assert command.run("sync", cwd=tmp_path).returncode == 0
    return tmp_path


def test_a_root_that_was_made_anew_is_watched_anew(home: Path) -> None:
    """Gone is noticed and shown; what is in the new one is found, and what is written later."""
    with running(home):
        (home / "docs").rename(home / "away")
        until(told(home, "its root is gone"), home)
        (status,) = command.run_json("status", cwd=home)["sources"]
        assert (status["fault"], status["documents"]) == ("its root is gone", 1)
        (home / "docs").mkdir()
        (home / "docs/second.md").write_text("# Second\n\nThe second document is here.\n")
        until(told(home, "second.md: added"), home)
        (home / "docs/third.md").write_text("# Third\n\nThe third document is here.\n")
        until(told(home, "third.md: added"), home)
        (status,) = command.run_json("status", cwd=home)["sources"]
        assert (status["fault"], status["watching"]) == (None, "inotify")


def test_a_daemon_starts_while_a_root_is_away(home: Path) -> None:
    """A mount that is late: its documents go on answering, and it is watched once it is there."""
    (home / "docs").rename(home / "away")
    with running(home):
        until(told(home, "its root is gone"), home)
        assert command.run_json("search", "first document", "-k", "1", cwd=home)["hits"]
        (home / "away").rename(home / "docs")
        until(told(home, "watched again"), home)
        (home / "docs/later.md").write_text("# Later\n\nWritten after it came back.\n")
        until(told(home, "later.md: added"), home)
    report = command.run_json("sync", cwd=home)
    assert report["unchanged"] == 2
    (home / "ingestd.toml").write_text(
        (home / "ingestd.toml").read_text().replace('"docs"', '"other"').replace("/docs", "/none")
    )
    refused = command.run("sync", cwd=home)
    assert (refused.returncode, "none: no such folder" in refused.stderr) == (2, True)


def test_what_an_overflow_swallowed_is_scanned(home: Path) -> None:
    """The kernel's queue is filled for real while the daemon stands still."""
    size = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    with running(home) as daemon:
        daemon.send_signal(signal.SIGSTOP)
        try:
            for number in range(size):  # Two events each; two names, or they are merged.
                (home / "docs" / f"noise-{number % 2}.bin").write_bytes(b"x")
            (home / "docs/quiet.md").write_text("# Quiet\n\nNobody was told of this document.\n")
        finally:
            daemon.send_signal(signal.SIGCONT)
        until(told(home, "quiet.md: added"), home)
        assert "events were lost" in (home / "log").read_text()


def test_folders_beyond_the_limit_of_watches_are_polled(home: Path) -> None:
    """A real limit, of a user namespace; it shows, and changes in every folder are found."""
    for number in range(60):
        (home / f"docs/folder-{number}").mkdir()
    with running(home, *with_few_watches()):
        until(told(home, "it is polled"), home)
        assert_polled(home)
        for number in (0, 59):
            path = home / f"docs/folder-{number}/late.md"
            path.write_text(f"# Late {number}\n\nWritten beyond the limit.\n")
            until(told(home, f"folder-{number}/late.md: added"), home)
        assert command.run_json("status", cwd=home)["documents"] == 3


def test_a_folder_made_later_beyond_the_limit_is_noticed(home: Path) -> None:
    """Not only those that are there at the start."""
    with running(home, *with_few_watches()):
        for number in range(60):
            (home / f"docs/folder-{number}").mkdir()
        until(told(home, "it is polled"), home)
        assert_polled(home)
        (home / "docs/folder-59/late.md").write_text("# Late\n\nWritten beyond the limit.\n")
        until(told(home, "folder-59/late.md: added"), home)
        (hit,) = command.run_json("search", "written beyond the limit", "-k", "1", cwd=home)["hits"]
        assert hit["path"] == "folder-59/late.md"


def with_few_watches() -> tuple[str, ...]:
    """What to put before a command, so that it may watch 20 folders."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare")
    prefix = (unshare, "--user", "--map-root-user", "sh", "-c", _LIMITED, "sh")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no user namespaces")
    return prefix


def assert_polled(home: Path) -> None:
    """Status shows that the source is polled, and why."""
    (status,) = command.run_json("status", cwd=home)["sources"]
    assert status["watching"] == "poll"
    assert "polled" in status["fault"]


@pytest.mark.parametrize("which", ["emitter", "reader", "handler"])
def test_a_thread_of_watchdog_that_died_is_noticed(tmp_path: Path, which: str) -> None:
    """Then the source is polled; in a process of its own, since the reader is shared."""
    done = subprocess.run(
        [sys.executable, "-c", _DIES, str(tmp_path), which], capture_output=True, text=True,
        check=False, env=os.environ,
    )  # fmt: skip
    assert done.stdout == "poll watching ended by itself; it is polled True\n", done.stderr


_DIES = """
import sys, threading, time
from pathlib import Path
from ingestd.backends.watchdog import WatchdogWatcher
from ingestd.model.source import Source
watcher = WatchdogWatcher()
def changed(*_):
    if sys.argv[2] == "handler":
        raise RuntimeError("a fault of ours")
threading.excepthook = lambda *_: None
watcher.watch(Source("docs", Path(sys.argv[1])), changed)
assert watcher.look() == []
names = {"emitter": "InotifyEmitter", "reader": "InotifyFD", "handler": ""}
for thread in threading.enumerate():
    if type(thread).__name__ == names[sys.argv[2]]:
        thread.stop()
        thread.join(5)
(Path(sys.argv[1]) / "new.md").write_text("new")
time.sleep(1)
(news,) = watcher.look()
print(news.mode, news.fault, news.rescan)
"""


def test_nothing_is_said_of_a_source_that_is_well(tmp_path: Path) -> None:
    """However often it is looked at, with folders that come and go."""
    watcher = WatchdogWatcher()
    try:
        mode = watcher.watch(Source("docs", tmp_path), lambda *_: None)
        assert mode is WatchMode.INOTIFY
        for number in range(5):
            (tmp_path / f"a{number}/b/c").mkdir(parents=True)
            time.sleep(0.3)
            assert watcher.look() == []
        shutil.rmtree(tmp_path / "a0")
        time.sleep(0.3)
        assert watcher.look() == []
    finally:
        watcher.stop()


def test_who_only_reads_wakes_nobody(tmp_path: Path) -> None:
    """Backups, searches and our own scans open every folder; the kernel is not asked for that."""
    file = tmp_path / "a.md"
    file.write_text("text")
    changed: list[bytes] = []
    watcher = WatchdogWatcher()
    try:
        watcher.watch(Source("docs", tmp_path), lambda _, path: changed.append(path))
        time.sleep(0.3)
        masks = [
            int(mask, 16)
            for one in list(Path("/proc/self/fdinfo").iterdir())
            if one.exists()
            for mask in re.findall(r"^inotify wd:\S+ .*?mask:(\w+)", one.read_text(), re.MULTILINE)
        ]
        assert masks
        assert not any(mask & (_IN_OPEN | _IN_CLOSE_NOWRITE) for mask in masks)
        file.read_text()
        os.listdir(tmp_path)
        time.sleep(0.3)
        assert changed == []
        file.chmod(0o600)
        time.sleep(0.3)
        assert changed == [b"a.md"]
    finally:
        watcher.stop()


def test_a_source_that_goes_leaves_the_others_watched(tmp_path: Path) -> None:
    """Its emitter ends with its root; that is no fault of theirs."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    watcher = WatchdogWatcher()
    try:
        for name in ("one", "two"):
            watcher.watch(Source(name, tmp_path / name), lambda *_: None)
        time.sleep(0.3)
        (tmp_path / "two").rmdir()
        time.sleep(1)
        (news,) = watcher.look()
    finally:
        watcher.stop()
    assert (news.source, news.fault) == ("two", "its root is gone")
