"""The daemon as its user runs it: edits are found, renames cost nothing, a stop is clean."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestd.app.build import System
from ingestd.config import loading

from . import command
from .daemons import running, until

pytestmark = pytest.mark.real


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """A folder with two documents and a config."""
    docs = tmp_path / "docs"
    (docs / "hr").mkdir(parents=True)
    (docs / "hr/leave.md").write_text("# Leave\n\nA new employee gets 25 days.\n")
    (docs / "price.csv").write_text("Article,Price\nHP-100,189.00\n")
    command.config(tmp_path, models_dir, docs)
    return tmp_path


@pytest.fixture
def watched() -> str:
    """How the source is watched; a test may say otherwise."""
    return "auto"


@pytest.fixture
def daemon(home: Path, watched: str) -> Iterator[subprocess.Popen[bytes]]:
    """`ingestd run`, after its first pass."""
    path = home / "ingestd.toml"
    path.write_text(f'{path.read_text()}watch = "{watched}"\n[daemon]\npoll_seconds = 0.5\n')
    with running(home) as process:
        yield process


def paths(home: Path, words: str) -> list[str]:
    """The documents with a passage that holds one of the words, as a foreign reader sees them."""
    system = System(loading.load(home / "ingestd.toml"))
    found = [scored.chunk_id for scored in system.store.matching(words, 10)]
    return sorted({row.path for row in system.store.passages(found).values()})


def test_it_follows_edits_moves_and_deletions(home: Path, daemon: subprocess.Popen[bytes]) -> None:
    """Each is searchable within seconds, by another process."""
    docs = home / "docs"
    assert paths(home, "employee") == ["hr/leave.md"]

    (docs / "hr/leave.md").write_text("# Leave\n\nA new employee gets 27 walrus days.\n")
    until(lambda: paths(home, "walrus") == ["hr/leave.md"], home)

    fresh = docs / "new.md.part"
    fresh.write_text("# New\n\nAn ocelot arrives.\n")
    fresh.replace(docs / "new.md")
    until(lambda: paths(home, "ocelot") == ["new.md"], home)

    (docs / "hr").rename(docs / "people")
    until(lambda: paths(home, "walrus") == ["people/leave.md"], home)
    assert "people/leave.md: renamed, 1 chunks, 0 embedded" in (home / "log").read_text()

    (docs / "deep/er/and").mkdir(parents=True)
    (docs / "deep/er/and/er.md").write_text("# Deep\n\nThe quokka sits deep.\n")
    until(lambda: paths(home, "quokka") == ["deep/er/and/er.md"], home)

    (docs / "new.md").unlink()
    until(lambda: paths(home, "ocelot") == [], home)

    status = command.run_json("status", cwd=home)
    assert status["documents"] == 3
    assert status["daemon_pid"] == daemon.pid
    assert [s["watching"] for s in status["sources"]] == ["inotify"]
    assert command.run("sync", cwd=home).returncode == 5


@pytest.mark.parametrize("watched", ["poll"])
def test_a_file_system_without_events_is_polled(
    home: Path, daemon: subprocess.Popen[bytes]
) -> None:
    """Looking again and again finds the same."""
    (home / "docs/price.csv").write_text("Article,Price\nHP-100,narwhal\n")
    until(lambda: paths(home, "narwhal") == ["price.csv"], home)
    assert command.run_json("status", cwd=home)["sources"][0]["watching"] == "poll"


def test_a_half_written_file_waits_until_it_has_settled(
    home: Path, daemon: subprocess.Popen[bytes]
) -> None:
    """Appends in quick succession are one change, indexed when they have ended."""
    path = home / "docs/slow.txt"
    with path.open("w") as stream:
        for number in range(12):
            stream.write(f"Line {number} of the meerkat.\n\n")
            stream.flush()
            time.sleep(0.1)
    until(lambda: paths(home, "meerkat") == ["slow.txt"], home)

    def told() -> int:
        return len(re.findall(r"slow\.txt: (?:added|modified)", (home / "log").read_text()))

    until(lambda: told() > 0, home)  # A commit is seen a moment before it is logged.
    assert told() == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_stop_is_clean(
    home: Path, daemon: subprocess.Popen[bytes], number: signal.Signals, code: int
) -> None:
    """It ends at once with its children, and the next start finds nothing to do."""
    tasks = Path(f"/proc/{daemon.pid}/task").iterdir()
    children = [int(c) for t in tasks for c in (t / "children").read_text().split()]
    assert children
    daemon.send_signal(number)
    assert daemon.wait(timeout=10) == code
    until(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in children), home, 5)
    report = command.run_json("sync", cwd=home)
    assert (report["unchanged"], report["chunks"]["embedded"]) == (2, 0)


def test_a_kill_ends_the_children_too(home: Path, daemon: subprocess.Popen[bytes]) -> None:
    """No parser outlives its parent, and the state folder is free again."""
    tasks = Path(f"/proc/{daemon.pid}/task").iterdir()
    children = [int(c) for t in tasks for c in (t / "children").read_text().split()]
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    until(lambda: not any(Path(f"/proc/{child}/cmdline").exists() for child in children), home, 5)
    assert command.run_json("sync", cwd=home)["unchanged"] == 2


def test_a_changed_config_is_taken_whole_or_not_at_all(
    home: Path, daemon: subprocess.Popen[bytes]
) -> None:
    """On SIGHUP: a fault is told and the old one goes on; else the same process starts anew."""
    path, log = home / "ingestd.toml", home / "log"
    before = path.read_text()
    path.write_text(before + "\n[retrieval]\nvector_wait = 1\n")
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded" in log.read_text(), home)
    assert "did you mean 'vector_weight'" in log.read_text()
    path.write_text(before)
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "nothing has changed" in log.read_text(), home)
    (home / "more").mkdir()
    (home / "more/new.md").write_text("# New\n\nA document of another source.\n")
    path.write_text(f'{before}\n[[sources]]\nname = "more"\npath = "{home / "more"}"\n')
    daemon.send_signal(signal.SIGHUP)
    until(lambda: "reloading the config: sources" in log.read_text(), home)
    until(lambda: "more:new.md: added" in log.read_text(), home, 60)
    assert daemon.poll() is None
    assert command.run_json("status", cwd=home)["daemon_pid"] == daemon.pid
