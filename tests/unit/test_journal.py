"""What the journal is told: one entry a record, the same id for ever, fields, no contents."""

from __future__ import annotations

import ast
import logging
import os
import socket
from pathlib import Path

from ingestd.backends.systemd.events import EVENTS
from ingestd.backends.systemd.journal import JournalHandler, is_reading_us, message_id

PACKAGE = Path(__file__).parents[2] / "ingestd"


def test_every_message_of_the_code_is_an_event() -> None:
    """Worded anew, a message needs its line in the table; and no line is left over."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "_log"
                and node.func.attr in ("debug", "info", "warning", "error", "exception")
            ):
                found.add(ast.literal_eval(node.args[0]))
    assert found == EVENTS.keys()


def test_each_event_has_a_name_and_an_id_of_its_own() -> None:
    """The ids are what operators filter by: these must never change."""
    names = [name for name, _ in EVENTS.values()]
    assert sorted(set(names)) == sorted(names)
    assert message_id("pass.done") == "339ec7b5bb4a58a795bac007612b9db4"


def test_a_record_is_one_entry_with_its_fields(tmp_path: Path) -> None:
    """A message of two lines too; over a real datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "journal"))
        listener.settimeout(5)
        log = logging.getLogger("test-journal")
        log.propagate = False
        log.addHandler(JournalHandler(str(tmp_path / "journal")))
        log.warning("%s:%s: %s", "docs", "a.pdf", "protected by\na password")
        received = listener.recv(65536)
    message = b"docs:a.pdf: protected by\na password"
    assert b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n" in received
    lines = received.split(b"\n")
    assert b"PRIORITY=4" in lines
    assert b"INGESTD_EVENT=document.quarantined" in lines
    assert b"INGESTD_PATH=a.pdf" in lines
    assert f"MESSAGE_ID={message_id('document.quarantined')}".encode() in lines


def test_only_a_stream_that_is_the_journal_s_counts() -> None:
    """The variable is inherited by whoever writes to a file of their own."""
    found = os.fstat(2)
    before = os.environ.get("JOURNAL_STREAM")
    try:
        os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
        assert is_reading_us()
        os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino + 1}"
        assert not is_reading_us()
    finally:
        os.environ.pop("JOURNAL_STREAM")
        if before is not None:
            os.environ["JOURNAL_STREAM"] = before
