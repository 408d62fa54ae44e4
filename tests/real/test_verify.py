"""Verifying and repairing: damage done to real files, found and made good."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestd.backends.lancedb import lancedb

from . import command, damage

pytestmark = pytest.mark.real
_SEED = 6


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """Forty documents, indexed."""
    home = tmp_path / "home"
    damage.company(home / "docs", 40)
    command.config(home, models_dir, home / "docs")
    assert command.run_json("sync", cwd=home)["added"] == 40
    return home


def repaired(home: Path) -> dict[str, Any]:
    """Repair, and look once more."""
    done = command.run_json("verify", "--repair", cwd=home)
    assert done["sound"]
    assert command.run_json("verify", cwd=home)["sound"]
    return done["repaired"]


def test_an_index_that_is_right_is_right(home: Path) -> None:
    """Nothing is found, nothing done; a sample looks at less."""
    whole = command.run_json("verify", cwd=home)
    assert (whole["sound"], whole["rows"]["bad"], whole["disk"]["changed"]) == (True, 0, 0)
    assert whole["rows"]["checked"] == len(damage.rows(home / ".ingestd"))
    assert command.run_json("verify", "--sample", "0", cwd=home)["rows"]["checked"] == 0
    assert repaired(home)["rows_kept"] == 0


def test_single_bits_are_found_and_put_right(home: Path) -> None:
    """In data and index files; nothing is embedded again. A thousand: make bench PART=bits."""
    chance = random.Random(_SEED)
    state = home / ".ingestd"
    before = damage.rows(state)
    for _ in range(2):
        bad = chance.sample(damage.files(state, "data", "_indices", "_deletions"), 12)
        for path in bad:
            damage.flip(path, chance)
        found = command.run_json("verify", cwd=home, code=3)
        current = (state / "index").resolve()
        assert {str(path.relative_to(current)) for path in bad} == {
            one["path"] for one in found["files"]["bad"]
        }
        done = repaired(home)
        assert (done["bits"], done["chunks_embedded"], done["rows_lost"]) == (12, 0, 0)
    damage.assert_same(damage.rows(state), before)


@pytest.mark.parametrize("how", ["a block of zeros", "cut", "gone", "two bits of a block"])
def test_worse_damage_costs_what_is_damaged(home: Path, how: str, tmp_path: Path) -> None:
    """A data file of rows: what can be read is kept, the rest is made anew from the documents."""
    state = home / ".ingestd"
    before = damage.rows(state)
    path = max(damage.files(state, "data"), key=lambda p: ("chunks" in str(p), p.stat().st_size))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if how == "a block of zeros":
        content[middle : middle + 4096] = bytes(4096)
    elif how == "cut":
        del content[middle:]
    elif how == "two bits of a block":
        content[middle] ^= 3
    path.write_bytes(content)
    if how == "gone":
        path.unlink()
    found = command.run_json("verify", cwd=home, code=3)
    assert not found["sound"]
    done = repaired(home)
    if how in ("a block of zeros", "two bits of a block"):
        assert 0 < done["rows_lost"] + done["rows_kept"]
        assert done["chunks_embedded"] < len(before)
    damage.assert_same(damage.rows(state), before)
    command.run_json("search", "pump 7", cwd=home)


def test_a_damaged_manifest_is_refused_and_rebuilt_from(home: Path) -> None:
    """Nobody guesses; what was there is kept aside, and the index comes back from disk."""
    state = home / ".ingestd"
    before = damage.rows(state)
    for path in damage.files(state, "_versions"):
        if "chunks" in str(path):
            path.write_bytes(b"no manifest" * 50)
    refused = command.run("sync", cwd=home)
    assert (refused.returncode, "ingestd rebuild" in refused.stderr) == (1, True)
    done = command.run_json("rebuild", cwd=home)
    assert done["sound"]
    assert list(Path(done["repaired"]["aside"]).glob("*/chunks.lance"))
    damage.assert_same(damage.rows(state), before)


def test_a_lost_commit_is_refused(home: Path) -> None:
    """Without its newest manifest LanceDB opens an older table: the ledger knows better."""
    state = home / ".ingestd"
    (home / "docs/new.md").write_text("# New\n\nA new document.\n")
    command.run_json("sync", cwd=home)
    kept = shutil.copytree(home / "docs", home / "kept")
    for path in sorted(damage.files(state, "_versions"))[:4]:
        if "chunks" in str(path):
            path.unlink()
    for path in (state / "index").resolve().glob("*/_versions/latest_version_hint.json"):
        path.unlink()
    refused = command.run("sync", cwd=home)
    assert refused.returncode == 1
    assert "its newest files are lost" in refused.stderr
    assert command.run_json("rebuild", cwd=home)["sound"]
    assert len({row[0] for row in damage.rows(state).values()}) == 41
    assert sorted(p.name for p in kept.rglob("*.md")) == sorted(
        p.name for p in (home / "docs").rglob("*.md")
    )


def test_a_damaged_ledger_is_rebuilt_and_the_rest_of_it_kept(home: Path) -> None:
    """Past checks and alerts are carried over as far as they can be read."""
    state = home / ".ingestd"
    with closing(sqlite3.connect(state / "ledger.db", isolation_level=None)) as database:
        database.execute("INSERT INTO silences (matches, ends_at, comment) VALUES ('{}', 9e9, 'x')")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = database.execute("PRAGMA page_size").fetchone()
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'entries'"
        ).fetchone()
    with (state / "ledger.db").open("r+b") as stream:
        stream.seek((root - 1) * page)
        stream.write(os.urandom(page))
    refused = command.run("sync", cwd=home)
    assert (refused.returncode, "ingestd rebuild" in refused.stderr) == (1, True)
    done = command.run_json("rebuild", cwd=home)
    assert (done["sound"], done["repaired"]["chunks_embedded"]) == (True, 0)
    assert (Path(done["repaired"]["aside"]) / "ledger.db").is_file()
    with closing(sqlite3.connect(state / "ledger.db")) as database:
        assert database.execute("SELECT comment FROM silences").fetchall() == [("x",)]
    assert command.run_json("sync", cwd=home)["unchanged"] == 40


def test_an_index_of_an_older_ingestd_is_made_over(home: Path) -> None:
    """Its tables take the columns of today; nothing is embedded, and versions go on growing."""
    state = home / ".ingestd"
    before = damage.rows(state)
    version = command.run_json("status", cwd=home)["index_version"]
    current = (state / "index").resolve()
    database = lancedb.connect(str(current))
    database.open_table("chunks").drop_columns(["row_hash", "vector_hash"])
    database.open_table("documents").drop_columns(["row_hash"])
    facts = current / "generation.json"
    facts.write_text(facts.read_text().replace('"schema": 2', '"schema": 1'))
    (current / "digests.jsonl").unlink()
    assert command.run_json("search", "pump 7", "-k", "1", cwd=home)["hits"]
    report = command.run_json("sync", cwd=home)
    assert (report["unchanged"], report["tokens_embedded"]) == (40, 0)
    assert report["index_version"] > version
    assert command.run_json("verify", cwd=home)["sound"]
    damage.assert_same(damage.rows(state), before)


def test_a_document_that_is_due_again_is_no_fault(home: Path) -> None:
    """It is in quarantine, and its file is as it was."""
    (home / "docs/broken.pdf").write_bytes(b"%PDF-1.4 broken")
    command.run("sync", cwd=home)
    assert command.run("quarantine", "retry", cwd=home).returncode == 0
    found = command.run_json("verify", cwd=home)
    assert (found["sound"], found["disk"]) == (True, {"changed": 0, "unnoticed": 0})


def test_a_file_that_changed_behind_its_times_is_found(home: Path) -> None:
    """Size and times as before: only reading tells."""
    path = home / "docs/unit-0/page-0.md"
    before = path.stat()
    text = path.read_text().replace("Pump 0-1", "Pump 9-9")
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    ledger = home / ".ingestd/ledger.db"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as database:
        # A ctime cannot be put back.
        database.execute(
            "UPDATE entries SET ctime_ns = ? WHERE path = ?",
            (path.stat().st_ctime_ns, "unit-0/page-0.md"),
        )
    assert command.run_json("sync", cwd=home)["unchanged"] == 40
    found = command.run_json("verify", cwd=home, code=3)
    assert (found["disk"], found["rows"]["bad"]) == ({"changed": 1, "unnoticed": 1}, 0)
    assert repaired(home)["documents"] == 1
    assert any("Pump 9-9" in row[1] for row in damage.rows(home / ".ingestd").values())
