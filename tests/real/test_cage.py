"""The cage of the parser children, tried from inside and by three hundred hostile files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ingestd.app.build import System
from ingestd.backends.filesystem.beneath import open_beneath
from ingestd.config import loading
from ingestd.model.ids import DocPath
from ingestd.model.parsing import ParseRequest

from . import command, hostile

pytestmark = pytest.mark.real
_SECONDS = 6.0
_MEMORY_MB = 1000

_INMATE = """
import json, os, signal, socket, subprocess, sys
scratch, secret, parent = sys.argv[1:]
from ingestd.backends.linux import cage
held = cage.close(cage.Cage(2_000_000_000, scratch))
def tried(what):
    try:
        what()
    except OSError as error:
        return error.strerror
    return "done"
found = {
    "scratch": tried(lambda: open(scratch + "/a", "w").write("x")),
    "read": tried(lambda: open(secret).read()),
    "list": tried(lambda: os.listdir(os.path.dirname(secret))),
    "write": tried(lambda: open(secret, "a").write("x")),
    "write beside": tried(lambda: open(secret + "2", "w")),
    "remove": tried(lambda: os.unlink(secret)),
    "shadow": tried(lambda: open("/etc/shadow").read()),
    "memory of the parent": tried(lambda: open(f"/proc/{parent}/mem", "rb").read(1)),
    "kill the parent": tried(lambda: os.kill(int(parent), signal.SIGUSR1)),
    "tcp": tried(lambda: socket.socket()),
    "udp": tried(lambda: socket.socket(type=socket.SOCK_DGRAM)),
    "unix": tried(lambda: socket.socket(socket.AF_UNIX)),
}
found["cat"] = subprocess.run(["cat", secret], capture_output=True, text=True).stderr[-18:]
print(json.dumps([held, found]))
"""


def test_what_an_inmate_can_do(tmp_path: Path) -> None:
    """Write to its scratch, and nothing else; neither itself nor a program that it starts."""
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _INMATE, str(scratch), str(secret), str(os.getpid())],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGUSR1, before)
    held, found = json.loads(done.stdout) if done.stdout else pytest.fail(done.stderr)
    refused = "Permission denied"
    expected = {
        "scratch": "done", "read": refused, "list": refused, "write": refused,
        "write beside": refused, "remove": refused, "shadow": refused,
        "memory of the parent": refused, "kill the parent": "Operation not permitted",
        "tcp": "Operation not permitted", "udp": "Operation not permitted",
        "unix": "Operation not permitted", "cat": "Permission denied\n",
    }  # fmt: skip
    assert (3, "seccomp") == (len(held), held[1])
    assert expected == found
    assert secret.read_text() == "a secret"


def test_nothing_is_opened_that_leads_out_of_a_source(tmp_path: Path) -> None:
    """Links may stay inside; pipes, devices and folders are no documents."""
    root, outside = tmp_path / "root", tmp_path / "outside.md"
    (root / "below").mkdir(parents=True)
    (root / "below/a.md").write_text("inside")
    outside.write_text("outside")
    (root / "relative.md").symlink_to("below/a.md")
    (root / "absolute.md").symlink_to(root / "below/a.md")
    (root / "out.md").symlink_to(outside)
    (root / "up.md").symlink_to("../outside.md")
    (root / "way").symlink_to(tmp_path)
    (root / "device.md").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe.md")
    for name in ("below/a.md", "relative.md", "absolute.md"):
        descriptor = open_beneath(os.fsencode(root), name.encode())
        assert os.pread(descriptor, 10, 0) == b"inside"
        os.close(descriptor)
    for name in ("out.md", "up.md", "way/outside.md", "../outside.md", "device.md"):
        with pytest.raises(OSError, match="it leads out of the source"):
            open_beneath(os.fsencode(root), name.encode())
    for name in ("pipe.md", "below"):
        with pytest.raises(OSError, match="no regular file"):
            open_beneath(os.fsencode(root), name.encode())


@pytest.fixture
def caged(tmp_path: Path, models_dir: Path) -> System:
    """A system whose parsers have little time and memory."""
    (tmp_path / "docs").mkdir()
    more = f"[parsing]\ntimeout_seconds = {_SECONDS}\nmemory_mb = {_MEMORY_MB}\nworkers = 2\n"
    command.config(tmp_path, models_dir, tmp_path / "docs", more)
    return System(loading.load(tmp_path / "ingestd.toml"))


def test_a_parser_that_never_ends_is_ended(caged: System, tmp_path: Path) -> None:
    """Within two seconds of its limit, with what it has written; the next document is read."""
    path = tmp_path / "docs/slow.html"
    path.write_bytes(b"<p>It takes for ever.</p>")
    good = tmp_path / "docs/good.md"
    good.write_text("# Good\n\nA good document.\n")
    try:
        list(caged.parser.parse([request(good)]))
        for child in children():  # However fast the machine: it takes the file, and never answers.
            child.suspend()
        began = time.monotonic()
        (slow,) = caged.parser.parse([request(path)])
        took = time.monotonic() - began
        (read,) = caged.parser.parse([request(good)])
        left = [e.name for e in os.scandir(caged.folder.scratch()) if str(os.getpid()) in e.name]
    finally:
        caged.close()
    assert slow.outcome.reason == f"took longer than {_SECONDS:g} seconds (parsing.timeout_seconds)"
    assert took < _SECONDS + 2
    assert "A good document." in read.outcome.text
    assert len(left) == 1


def test_three_hundred_hostile_files(tmp_path: Path, models_dir: Path) -> None:
    """One daemon goes through them all; each ends in a state, and what is good is found."""
    canary = tmp_path / "canary.txt"
    canary.write_text("The canary sings at midnight.\n")
    docs = tmp_path / "docs"
    docs.mkdir()
    more = f"[parsing]\ntimeout_seconds = {_SECONDS}\nmemory_mb = {_MEMORY_MB}\n"
    command.config(tmp_path, models_dir, docs, more)
    count = hostile.write_all(docs, canary)
    (docs / "good.md").write_text("# Good\n\nThe lighthouse keeper paints the door green.\n")
    before = {path: path.stat().st_mtime_ns for path in docs.iterdir()}
    assert count >= 300
    most = Most()
    log = tmp_path / "log"
    with log.open("wb") as stream:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "ingestd", "run"], cwd=tmp_path, stdout=stream, stderr=stream,
            env=command.environment(),
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 280
            while "pass done" not in log.read_text():
                assert daemon.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                most.look(daemon.pid)
                time.sleep(0.1)
            found = command.run_json("search", "lighthouse keeper door", "-k", "1", cwd=tmp_path)
            sung = command.run_json("search", "canary sings at midnight", "-k", "8", cwd=tmp_path)
            status = command.run_json("status", cwd=tmp_path)
            left = command.run_json("quarantine", "ls", cwd=tmp_path)["documents"]
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=30) == 0
    assert found["hits"][0]["path"] == "good.md"
    assert not any("canary sings" in hit["text"] for hit in sung["hits"])
    files = {one["path"].partition("!/")[0] for one in left}
    assert len(files) + status["documents"] >= count + 1
    assert before == {path: path.stat().st_mtime_ns for path in docs.iterdir()}
    assert canary.read_text() == "The canary sings at midnight.\n"
    assert 0 < most.data < _MEMORY_MB * 1_000_000
    assert "Traceback" not in log.read_text()


class Most:
    """The most memory that a parser had for its data."""

    data = 0

    def look(self, pid: int) -> None:
        """Look at the children of a process."""
        for child in children(pid):
            try:
                # Before it is what it is to be, a child is a copy of the daemon.
                if "ingestd.app.child" in child.cmdline():
                    self.data = max(self.data, child.memory_info().data)
            except psutil.Error:
                continue


def children(pid: int | None = None) -> list[psutil.Process]:
    """Return the parser children of a process."""
    return psutil.Process(pid).children()


def request(path: Path) -> ParseRequest:
    """A request for one file."""
    return ParseRequest(
        "docs", DocPath(path.name), os.fsencode(path), 100_000_000, os.fsencode(path.parent)
    )
