"""What goes over a child's socket: JSON documents behind their length, nothing executable.

An open file may go along: a child reads what it is handed, and can open nothing by itself.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any

from ingestd.model.document import Element, ElementKind, RedactedDocument
from ingestd.model.golden import GoldenQuestion, Static, ValueType
from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import DocState
from ingestd.model.parsing import ParsedMember, ParseOutcome, ParseRequest, Rejection
from ingestd.model.source import FileStat, Fingerprint

HEAD = struct.Struct(">Q")


def send(line: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    """Send one message, and an open file with it."""
    body = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    head = HEAD.pack(len(body))
    if descriptor is None:
        line.sendall(head)
    else:
        socket.send_fds(line, [head], [descriptor])
    line.sendall(body)


def receive(line: socket.socket) -> tuple[dict[str, Any], int | None] | None:
    """Receive one message and what came along; `None` where nobody is there any more."""
    head, descriptors, _, _ = socket.recv_fds(line, HEAD.size, 1)
    while head and len(head) < HEAD.size:
        head += line.recv(HEAD.size - len(head))
    if not head:
        return None
    (length,) = HEAD.unpack(head)
    body = bytearray()
    while len(body) < length:
        block = line.recv(min(length - len(body), 1 << 20))
        if not block:
            return None
        body += block
    return json.loads(body), descriptors[0] if descriptors else None


def request_out(request: ParseRequest) -> dict[str, Any]:
    """Write a request; names of files may hold any bytes."""
    return {
        "source": request.source,
        "path": request.path,
        "file": os.fsdecode(request.file),
        "root": os.fsdecode(request.root),
        "max_bytes": request.max_bytes,
        "probe": _probe_out(request.probe),
    }


def request_in(message: dict[str, Any]) -> ParseRequest:
    """Read a request."""
    return ParseRequest(
        message["source"],
        DocPath(message["path"]),
        os.fsencode(message["file"]),
        message["max_bytes"],
        os.fsencode(message["root"]),
        _probe_in(message["probe"]),
    )


def outcome_out(outcome: ParseOutcome) -> dict[str, Any]:
    """Write an outcome."""
    read = outcome.fingerprint
    return {
        "outcome": _one_out(outcome.outcome),
        "fingerprint": None
        if read is None
        else [
            read.content_hash,
            read.stat.size,
            read.stat.mtime_ns,
            read.stat.ctime_ns,
            read.stat.inode,
        ],
        "members": [[member.name, _one_out(member.outcome)] for member in outcome.members],
        "probed": outcome.probed,
    }


def outcome_in(request: ParseRequest, message: dict[str, Any]) -> ParseOutcome:
    """Read an outcome."""
    read = message["fingerprint"]
    return ParseOutcome(
        request=request,
        outcome=_one_in(message["outcome"]),
        fingerprint=Fingerprint(ContentHash(read[0]), FileStat(*read[1:])) if read else None,
        members=tuple(ParsedMember(name, _one_in(one)) for name, one in message["members"]),
        probed=message["probed"],
    )


def _probe_out(probe: GoldenQuestion | None) -> dict[str, Any] | None:
    if probe is None or not isinstance(probe.truth, Static):
        return None
    return {
        "values": probe.truth.values,
        "question": probe.question,
        "type": probe.type.value,
        "locale": probe.locale,
    }


def _probe_in(probe: dict[str, Any] | None) -> GoldenQuestion | None:
    if probe is None:
        return None
    truth = Static(tuple(probe["values"]))
    return GoldenQuestion(
        "", probe["question"], truth, ValueType(probe["type"]), locale=probe["locale"]
    )


def _one_out(one: RedactedDocument | Rejection) -> dict[str, Any]:
    if isinstance(one, Rejection):
        return {
            "state": one.state.value,
            "reason": one.reason,
            "transient": one.transient,
            "vanished": one.vanished,
        }
    return {
        "text": one.text,
        "elements": [
            [e.kind.value, e.start, e.end, e.level, e.page, e.table] for e in one.elements
        ],
        "mime": one.mime,
        "title": one.title,
        "lang": one.lang,
        "meta": dict(one.meta),
        "findings": dict(one.findings),
    }


def _one_in(one: dict[str, Any]) -> RedactedDocument | Rejection:
    if "state" in one:
        return Rejection(DocState(one["state"]), one["reason"], one["transient"], one["vanished"])
    return RedactedDocument(
        text=one["text"],
        elements=tuple(Element(ElementKind(e[0]), *e[1:]) for e in one["elements"]),
        mime=one["mime"],
        title=one["title"],
        lang=one["lang"],
        meta=one["meta"],
        findings=one["findings"],
    )
