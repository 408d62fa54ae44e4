"""Deletions held back: an emptied folder empties no index until somebody says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from . import command

pytestmark = pytest.mark.real


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """Sixty documents in two folders."""
    for number in range(60):
        path = tmp_path / "docs" / ("old" if number < 30 else "new") / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Page {number}\n\nThe code of page {number} is {number * 7}.\n")
    command.config(tmp_path, models_dir, tmp_path / "docs")
    assert command.run_json("sync", cwd=tmp_path)["added"] == 60
    return tmp_path


def test_many_deletions_wait_until_they_are_approved(home: Path) -> None:
    """All of them go on answering; a plan says so, and so does every pass."""
    shutil.rmtree(home / "docs/old")
    planned = command.run_json("plan", cwd=home)
    assert (planned["deleted"], planned["held"]) == (0, {"docs": 30})
    for _ in range(2):
        report = command.run_json("sync", cwd=home, code=3)
        assert (report["deleted"], report["held"]) == (0, {"docs": 30})
    assert "ingestd approve docs" in command.run("status", cwd=home).stdout
    assert command.run_json("search", "code of page 7", "-k", "1", cwd=home)["hits"]
    refused = command.run("reindex", cwd=home)
    assert refused.returncode == 2
    assert "30 of the 60 documents of docs are not there" in refused.stderr
    assert command.run_json("approve", "docs", cwd=home) == {"source": "docs", "approved": 30}
    report = command.run_json("sync", cwd=home)
    assert (report["deleted"], report["held"]) == (30, {})
    again = command.run("approve", "docs", cwd=home)
    assert (again.returncode, "nothing is held back" in again.stderr) == (2, True)


def test_files_that_return_need_no_approval(home: Path) -> None:
    """As after a mount: what was held is forgotten, and nothing is embedded."""
    (home / "docs/old").rename(home / "away")
    command.run_json("sync", cwd=home, code=3)
    (home / "away").rename(home / "docs/old")
    report = command.run_json("sync", cwd=home)
    assert (report["unchanged"], report["held"], report["chunks"]["embedded"]) == (60, {}, 0)


def test_a_moved_folder_and_few_deletions_are_not_held(home: Path) -> None:
    """Moves are paired off first."""
    (home / "docs/old").rename(home / "docs/older")
    assert command.run_json("sync", cwd=home)["renamed"] == 30
    for number in range(12):
        (home / f"docs/older/{number}.md").unlink()
    assert command.run_json("sync", cwd=home)["deleted"] == 12


def test_deletions_in_small_steps_count_together(home: Path) -> None:
    """One `rm -r` reaches a daemon in several passes."""
    numbers = iter(range(30))
    held = 0
    for _ in range(3):
        for number in [next(numbers) for _ in range(10)]:
            (home / f"docs/old/{number}.md").unlink()
        done = command.run("sync", "--json", cwd=home)
        held += done.returncode == 3
    assert held == 1
