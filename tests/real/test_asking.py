"""Who asks while the daemon runs is answered by it, as the command would answer by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingestd.app import asking
from ingestd.app.answering import Desk
from ingestd.app.build import System
from ingestd.backends import unix
from ingestd.config import loading
from ingestd.daemon.pulse import Pulse

from . import command
from .daemons import running, until

pytestmark = pytest.mark.real
QUESTION = "How many days of leave?"


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """A folder with two documents and a config, deep enough for no socket's path."""
    home = tmp_path / ("a" * 100)
    docs = home / "docs"
    docs.mkdir(parents=True)
    (docs / "leave.md").write_text("# Leave\n\nA new employee gets 25 days. Ask Osric.\n")
    (docs / "price.csv").write_text("Article,Price\nHP-100,189.00\n")
    command.config(home, models_dir, docs)
    return home


@pytest.fixture
def daemon(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`ingestd run`, after its first pass."""
    with running(home) as process:
        yield process


def told(home: Path) -> dict[str, object] | None:
    """Ask the daemon itself."""
    config = loading.load(home / "ingestd.toml")
    asked = {"ask": "search", "question": QUESTION, "k": 3, "rules": config.rules}
    return unix.ask(config.state_dir / asking.SOCKET, asked, 30)


def test_the_daemon_says_what_the_command_says(home: Path, daemon: subprocess.Popen[bytes]) -> None:
    """Hits and answers are alike, the command loads no index, and a daemon that is gone is none."""
    answer = told(home)
    assert answer is not None
    by_daemon = command.run_json("search", QUESTION, "-k", "3", cwd=home)
    asked = command.run_json("ask", QUESTION, cwd=home)
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ingestd", "search", QUESTION],
        cwd=home, env=command.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "1. docs:leave.md" in loaded.stdout
    assert [name for name in ("lancedb", "openvino", "numpy") if name in loaded.stderr] == []

    daemon.kill()
    daemon.wait()
    assert (home / ".ingestd" / asking.SOCKET).exists()
    alone = command.run_json("search", QUESTION, "-k", "3", cwd=home)

    assert asked == command.run_json("ask", QUESTION, cwd=home)
    assert asked["answer"] == "25 days"
    for one in (by_daemon, alone, answer["answer"]):
        del one["seconds"]
    assert by_daemon == alone == answer["answer"]
    assert os.stat(home / ".ingestd" / asking.SOCKET).st_mode & 0o777 == 0o600


def test_before_the_first_index_it_leaves_the_answer_to_the_command(home: Path) -> None:
    """And is at rest again: a question that failed is no lane that hangs."""
    config = loading.load(home / "ingestd.toml")
    now = [0.0]
    pulse = Pulse(timedelta(minutes=1), lambda: now[0])
    asked = {"ask": "search", "question": QUESTION, "k": 3, "rules": config.rules}

    assert Desk(System(config), pulse).answer(asked) == {}

    now[0] = 3600.0
    assert pulse.stuck() == []


def test_a_tightened_policy_masks_at_once(home: Path, daemon: subprocess.Popen[bytes]) -> None:
    """A daemon that has not read the config yet is not asked."""
    assert "Osric" in str(command.run_json("search", QUESTION, cwd=home)["hits"])

    with (home / "ingestd.toml").open("a") as config:
        config.write('[redaction]\ndeny = ["osric"]\n')

    assert told(home) == {}
    assert "Osric" not in str(command.run_json("search", QUESTION, cwd=home)["hits"])


def test_it_answers_by_the_index_as_it_is(home: Path, daemon: subprocess.Popen[bytes]) -> None:
    """An edit is in the next answer; a bad question harms nobody; a stop takes the socket along."""
    (home / "docs/leave.md").write_text("# Leave\n\nA new employee gets 31 days.\n")
    until(lambda: "31 days" in str(told(home)), home)

    path = home / ".ingestd" / asking.SOCKET
    assert unix.ask(path, {"rules": None}, 5) == {}
    config = loading.load(home / "ingestd.toml")
    assert unix.ask(path, {"ask": "search", "rules": config.rules}, 5) is None
    assert "a question was not answered: KeyError" in (home / "log").read_text()
    assert "31 days" in str(told(home))

    daemon.terminate()
    assert daemon.wait(30) == 0
    assert not path.exists()
