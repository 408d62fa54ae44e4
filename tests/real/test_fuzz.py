"""`ingestd fuzz`: nothing leaks, and where masking is off everything does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestd.app import sample_company

from . import command

pytestmark = pytest.mark.real


@pytest.fixture
def company(tmp_path: Path, models_dir: Path) -> Path:
    """The sample company's documents and a config beside them."""
    sample_company.write(tmp_path / "docs")
    (tmp_path / "ingestd.toml").write_text(
        '[[sources]]\npath = "docs"\n[redaction]\ndeny = ["circulation pump"]\n'
        f'[embedding]\nmodels_dir = "{models_dir}"\n'
    )
    return tmp_path


def test_nothing_leaks_from_the_sample_company(company: Path) -> None:
    """Every entity, in seven formats; the page says so, and the documents are left as they are."""
    before = {p: p.read_bytes() for p in (company / "docs").rglob("*") if p.is_file()}

    found = command.run_json("fuzz", "--trials", "150", "--report", "f.html", cwd=company)

    assert (found["leaked"], found["leaks"], found["trials"] >= 150) == (0, [], True)
    assert found["words_kept"] >= 0.995
    assert found["by_entity"]["EMAIL_ADDRESS"]["planted"] > 0
    assert set(found["by_boundary"]) >= {"cell", "line", "element", "heading"}
    assert {"none", "zero width", "full width", "digits"} <= set(found["by_disguise"])
    assert "No leak in" in (company / "f.html").read_text()
    assert not (company / "ingestd-fuzz-leaks").exists()
    assert {p: p.read_bytes() for p in (company / "docs").rglob("*") if p.is_file()} == before
    assert not (company / ".ingestd").exists()


def test_each_way_of_leaking_has_a_file_that_reproduces_it(company: Path) -> None:
    """With a rule left out, its values are seen, and a file of a line or two shows it."""
    path = company / "ingestd.toml"
    path.write_text(path.read_text().replace("deny", "enabled = false\ndeny"))

    done = command.run(
        "fuzz", "docs/people", "--trials", "30", "--seed", "5", "--json", cwd=company
    )

    assert done.returncode == 4
    found = json.loads(done.stdout)
    assert found["leaked"] > 20
    written = [leak for leak in found["leaks"] if leak["reproducer"].endswith(".md")]
    assert written
    for leak in written:
        text = (company / leak["reproducer"]).read_bytes()
        assert len(text.splitlines()) <= 6, text
    again = command.run(
        "fuzz", "docs/people", "--trials", "30", "--seed", "5", "--json", cwd=company
    )
    tables = ("by_entity", "by_disguise", "by_boundary")
    for table in tables:
        planted = {key: row["planted"] for key, row in json.loads(again.stdout)[table].items()}
        assert planted == {key: row["planted"] for key, row in found[table].items()}


def test_a_stop_takes_the_copies_along(company: Path) -> None:
    """The documents were copied to be planted in: nothing of them is left where they lay."""
    scratch = company / "tmp"
    scratch.mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", "ingestd", "fuzz"], cwd=company, env={**os.environ, "TMPDIR": "tmp"}
    )
    deadline = time.monotonic() + 60
    while not list(scratch.glob("ingestd-fuzz-*/originals/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    running.terminate()
    assert running.wait(timeout=60) == 130
    assert list(scratch.iterdir()) == []


def test_bad_input_is_told(company: Path) -> None:
    """A path that is not there, one without anything to plant in, no config at all."""
    for arguments, message in (
        (("fuzz", "gone"), "gone: no such file or folder"),
        (("fuzz", "empty.bin"), "nothing to plant in"),
        (("fuzz", "--trials", "0"), "Invalid value for '--trials'"),
    ):
        (company / "empty.bin").write_bytes(b"\0\0")
        done = command.run(*arguments, cwd=company)
        assert done.returncode == 2
        assert message in done.stderr
