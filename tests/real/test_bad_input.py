"""Bad files and bad commands: each ends in a clear reason, and nothing else is lost."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from . import command

pytestmark = pytest.mark.real


@pytest.fixture
def docs(tmp_path: Path, models_dir: Path) -> Path:
    """A folder with one good document, and a config for it."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "good.md").write_text("# Leave\n\nA new employee gets 25 days.\n")
    command.config(tmp_path, models_dir, folder, "max_bytes = 1000000\n")
    return folder


def reasons(cwd: Path) -> dict[str, tuple[str, str]]:
    """State and reason of everything that is not indexed."""
    found = command.run_json("quarantine", "ls", cwd=cwd)
    return {one["path"]: (one["state"], one["reason"]) for one in found["documents"]}


def test_odd_files_each_have_a_reason_and_the_rest_is_indexed(docs: Path, tmp_path: Path) -> None:
    """Empty, unreadable, huge, binary, linked in a loop, a pipe, oddly named: one pass."""
    (docs / "zero.txt").touch()
    secret = docs / "secret.md"
    secret.write_text("# Secret\n\nNot for everybody.\n")
    secret.chmod(0)
    with (docs / "huge.txt").open("wb") as stream:
        stream.truncate(1_000_000_000)
    (docs / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (docs / "loop").symlink_to(docs)
    (docs / "out.md").symlink_to("/etc/hostname")
    (docs / "nowhere.md").symlink_to("missing.md")
    os.mkfifo(docs / "pipe.md")
    mixed = "Grüße aus Köln. ".encode() + b"\n\nSch\xf6ne Gr\xfc\xdfe aus Bonn.\n"
    (docs / "mixed.txt").write_bytes(mixed)
    odd = [b"a name with spaces.md", b'quote\'s "name".md', b"new\nline.md", b"caf\xe9 100%.md"]
    for number, name in enumerate(odd):
        path = os.path.join(os.fsencode(docs), name)
        with open(path, "w") as stream:
            stream.write(f"# Odd {number}\n\nThe odd document number {number} speaks.\n")
    (docs / "broken.docx").write_bytes(b"PK\x03\x04 no document at all")

    # Root reads everything: take that away, as from a service's user.
    report = command.run_json(
        "sync", cwd=tmp_path, code=3,
        prefix=("setpriv", "--bounding-set", "-dac_override,-dac_read_search"),
    )  # fmt: skip

    assert report["added"] == 6
    assert report["failed"] == 0
    found = reasons(tmp_path)
    for path, state, reason in (
        ("zero.txt", "skipped", "empty"),
        ("secret.md", "quarantined", "Permission denied"),
        ("huge.txt", "skipped", "1,000,000,000 bytes; the limit of its source is 1,000,000"),
        ("binary.txt", "quarantined", "binary content under a name that says Plain text"),
        ("loop", "skipped", "symbolic link"),
        ("out.md", "skipped", "symbolic link out of the source"),
        ("nowhere.md", "skipped", "symbolic link to nothing"),
        ("pipe.md", "skipped", "no regular file"),
        ("broken.docx", "quarantined", "cannot be read as Word"),
    ):
        assert (state, True) == (found[path][0], reason in found[path][1]), found[path]
    assert len(found) == 9

    hits = command.run_json("search", "odd document speaks", "-k", "10", cwd=tmp_path)["hits"]
    paths = {hit["path"] for hit in hits}
    assert {"a name with spaces.md", 'quote\'s "name".md', "new\nline.md"} <= paths
    assert "caf%E9 100%25.md" in paths
    assert "new\\x0aline.md" in command.run("search", "odd number 2", cwd=tmp_path).stdout
    mixed_hit = command.run_json("search", "Grüße aus Bonn", "-k", "1", cwd=tmp_path)["hits"][0]
    assert "Grüße aus Köln" in mixed_hit["text"]
    assert "Schöne Grüße aus Bonn" in mixed_hit["text"]


def test_a_file_that_breaks_keeps_its_last_good_version(docs: Path, tmp_path: Path) -> None:
    """What was indexed of it goes on answering, until it can be read again."""
    import docx

    document = docx.Document()
    document.add_paragraph("The gate opens at seven.")
    document.save(str(docs / "gate.docx"))
    command.run_json("sync", cwd=tmp_path)
    good = (docs / "gate.docx").read_bytes()
    (docs / "gate.docx").write_bytes(good[: len(good) // 2])

    report = command.run_json("sync", cwd=tmp_path, code=3)
    assert (report["quarantined"], report["chunks"]["removed"]) == (1, 0)
    hit = command.run_json("search", "When does the gate open?", "-k", "1", cwd=tmp_path)["hits"][0]
    assert hit["text"] == "The gate opens at seven."

    (docs / "gate.docx").write_bytes(good)
    report = command.run_json("sync", cwd=tmp_path)
    assert (report["quarantined"], report["chunks"]["embedded"]) == (0, 0)


def test_retry_and_drop(docs: Path, tmp_path: Path) -> None:
    """A quarantined file is tried again when asked, and left out for good when told."""
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 no")
    command.run_json("sync", cwd=tmp_path, code=3)
    assert command.run_json("quarantine", "retry", cwd=tmp_path) == {"retried": 1}
    assert command.run_json("sync", cwd=tmp_path, code=3)["quarantined"] == 1
    assert command.run_json("quarantine", "drop", "broken.pdf", cwd=tmp_path) == {"dropped": 1}
    assert command.run_json("sync", cwd=tmp_path)["skipped"] == 1
    unknown = command.run("quarantine", "drop", "good.md", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "good.md: not in quarantine" in unknown.stderr


def test_a_file_that_is_written_while_it_is_read_is_not_half_indexed(
    docs: Path, tmp_path: Path
) -> None:
    """Either a whole version of it is indexed, or it is tried again; never a mixture."""
    path = docs / "busy.txt"
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with path.open("w") as stream:
                for _ in range(200):
                    stream.write(f"version {number} of the line.\n\n")
                    stream.flush()
            time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = command.run("sync", "--json", cwd=tmp_path)
    finally:
        stop.set()
        writer.join()
    assert done.returncode in (0, 3)
    command.run_json("sync", cwd=tmp_path)
    hits = command.run_json("search", "version of the line", "-k", "50", cwd=tmp_path)["hits"]
    final = path.read_text().split()[1]
    assert {word for hit in hits if hit["path"] == "busy.txt"
            for word in hit["text"].split() if word.isdigit()} == {final}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sync", "missing"), "missing: no such folder"),
        (("sync", "docs/good.md"), "docs/good.md: not a folder"),
        (("sync", "--config", "none.toml"), "none.toml: no such file"),
        (("search", "-k", "none", "question"), "'-k'"),
        (("serch", "question"), "No such command 'serch'"),
        (("explain", "missing.md"), "nothing was ever indexed here"),
        (("status",), "nothing was ever indexed here"),
    ],
)
def test_wrong_commands_exit_2_with_one_message(
    arguments: tuple[str, ...], message: str, docs: Path, tmp_path: Path
) -> None:
    """The message names what is wrong; nothing is made."""
    done = command.run(*arguments, cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / ".ingestd").exists()


def test_a_second_writer_exits_5(docs: Path, tmp_path: Path) -> None:
    """While one ingestd holds the state folder, another names it and leaves."""
    from ingestd.app.state import StateFolder, StateLock

    folder = StateFolder(tmp_path / ".ingestd")
    folder.create()
    with StateLock(folder):
        done = command.run("sync", cwd=tmp_path)
    assert done.returncode == 5
    assert f"pid {os.getpid()}" in done.stderr


def test_a_corrupt_ledger_is_refused_and_can_be_rebuilt(docs: Path, tmp_path: Path) -> None:
    """It is left as it is; moved aside, the next pass finds everything and embeds nothing."""
    command.run_json("sync", cwd=tmp_path)
    ledger = tmp_path / ".ingestd" / "ledger.db"
    ledger.write_bytes(b"this is no database, only some text that is long enough" * 100)
    done = command.run("sync", cwd=tmp_path)
    assert done.returncode == 1
    assert "Run: ingestd rebuild" in done.stderr
    for path in ledger.parent.glob("ledger.db*"):
        path.rename(tmp_path / path.name)
    report = command.run_json("sync", cwd=tmp_path)
    assert (report["unchanged"], report["chunks"]["embedded"]) == (1, 0)


def test_init_writes_a_config_that_works_and_never_over_another(tmp_path: Path) -> None:
    """Every key is in it; a second time it refuses, unless told."""
    done = command.run("init", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "ingestd.toml").is_file()
    again = command.run("init", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already; write over it with --force" in again.stderr
    assert command.run("init", "--force", cwd=tmp_path).returncode == 0
    assert command.run_json("doctor", "--offline", cwd=tmp_path)["ok"]
