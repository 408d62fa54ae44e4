"""The journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): priorities, ids and fields."""

from __future__ import annotations

import logging
import os
import socket
import struct
import uuid

from ingestd.backends.systemd.events import EVENTS

_SOCKET = "/run/systemd/journal/socket"
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}
_NAMESPACE = uuid.UUID("5f1d0c2e-7a7b-4f43-9c53-0d6a0f3e9b11")
"""Ours: with an event's name it gives the message id that stays the same for ever."""
_LONGEST = 60_000


def message_id(event: str) -> str:
    """Return the MESSAGE_ID of an event, for `journalctl MESSAGE_ID=`."""
    return uuid.uuid5(_NAMESPACE, event).hex


def is_reading_us() -> bool:
    """Say whether what this process prints goes to the journal (systemd.exec(5))."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


class JournalHandler(logging.Handler):
    """Sends each record as one entry, however many lines its message has."""

    def __init__(self, address: str = _SOCKET) -> None:
        super().__init__()
        self._address = address
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record; what the journal does not take is lost, as with any log."""
        try:
            self._line.sendto(entry(record), self._address)
        except OSError:
            return


def entry(record: logging.LogRecord) -> bytes:
    """Write a record as the journal reads it."""
    event, names = EVENTS.get(str(record.msg), ("other", ()))
    values = record.args if isinstance(record.args, tuple) else ()
    fields = {
        "MESSAGE": record.getMessage(),
        "PRIORITY": str(_PRIORITIES.get(record.levelno, 5)),
        "SYSLOG_IDENTIFIER": "ingestd",
        "MESSAGE_ID": message_id(event),
        "INGESTD_EVENT": event,
    }
    for name, value in zip(names, values, strict=False):
        fields[f"INGESTD_{name.upper()}"] = str(value)
    return b"".join(_field(name, value[:_LONGEST]) for name, value in fields.items())


def _field(name: str, value: str) -> bytes:
    written = value.encode("utf-8", "replace")
    if b"\n" not in written:
        return name.encode() + b"=" + written + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(written)) + written + b"\n"
