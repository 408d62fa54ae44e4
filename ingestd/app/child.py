"""The parser child: reads the files it is handed, parses and redacts them, and answers.

Raw text lives in this process alone. It can open no other file, reaches no network, and ends when
its parent does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
import time
from typing import Any

from ingestd.backends.linux import cage
from ingestd.backends.subprocess import wire
from ingestd.errors import RuleTooSlow
from ingestd.model.document import SOFT_BREAK, RawDocument, RedactedDocument
from ingestd.model.golden import GoldenQuestion, Static
from ingestd.model.ids import ContentHash
from ingestd.model.ledger import DocState
from ingestd.model.parsing import ParsedMember, ParseOutcome, ParseRequest, Rejection
from ingestd.model.source import FileStat, Fingerprint
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.redactor import joined

_TRIES = 3
_BLOCK = 1 << 20


def command() -> list[str]:
    """Return the command line that starts a child."""
    return [sys.executable, "-m", "ingestd.app.child"]


def hello(policy: RedactionPolicy) -> dict[str, Any]:
    """Return the first message to a child; the policy's phrases and key show in no `ps`."""
    return {"policy": policy.to_wire()}


def main() -> None:
    """Serve requests until nobody asks any more."""
    line = socket.socket(fileno=os.dup(0))
    # What a converter takes for its input is not the line to the parent.
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    first = wire.receive(line)
    if first is None:
        return
    settings = first[0]
    policy = RedactionPolicy.from_wire(settings["policy"])
    held = _confine(settings, policy)
    _serve(line, policy, settings["seconds"], held)


def _serve(line: socket.socket, policy: RedactionPolicy, seconds: float, held: list[str]) -> None:
    from ingestd.backends.unstructured import offline

    offline.settle()
    from ingestd.app.redactors import in_child
    from ingestd.backends.unstructured.partition import Partitioned, load, partition

    load()

    redactor = in_child(policy)

    def redacted(one: Partitioned) -> RedactedDocument | Rejection:
        if not isinstance(one.outcome, RawDocument):
            return one.outcome
        try:
            return redactor.redact_document(one.outcome)
        except RuleTooSlow as error:
            return Rejection(DocState.QUARANTINED, f"{error}; nothing of it was indexed")

    wire.send(line, {"cage": held})
    while (message := wire.receive(line)) is not None:
        request = wire.request_in(message[0])
        cage.allow_seconds(2 * seconds)  # The parent ends it sooner, by the clock on the wall.
        content, fingerprint = _read(request, message[1])
        if isinstance(content, Rejection):
            outcome = ParseOutcome(request, content, fingerprint)
        else:
            found = partition(request.path, content)
            if request.probe is not None:
                gone = Rejection(DocState.SKIPPED, "probed")
                seen = _probed(request.probe, found.outcome)
                outcome = ParseOutcome(request, gone, fingerprint, probed=seen)
                wire.send(line, wire.outcome_out(outcome))
                continue
            members = tuple(ParsedMember(name, redacted(one)) for name, one in found.members)
            outcome = ParseOutcome(request, redacted(found), fingerprint, members)
        wire.send(line, wire.outcome_out(outcome))


def _probed(probe: GoldenQuestion, found: RawDocument | Rejection) -> bool:
    """Say whether a document as parsed holds a truth; nothing else of it leaves this process."""
    if not isinstance(found, RawDocument) or not isinstance(probe.truth, Static):
        return False
    from ingestd.freshness.presence import holds

    text = joined(found)[0].replace(SOFT_BREAK, " ")
    return holds(text, probe.truth.values, probe)


def _read(
    request: ParseRequest, descriptor: int | None
) -> tuple[bytes | Rejection, Fingerprint | None]:
    """Read a file whole, and again where it was written meanwhile."""
    if descriptor is None:
        raise AssertionError("a request without its file")
    try:
        for attempt in range(_TRIES):
            before = _stat(os.fstat(descriptor))
            content = _content(descriptor, request.max_bytes + 1)
            after = _stat(os.fstat(descriptor))
            if before == after and len(content) == before.size:
                digest = ContentHash(hashlib.sha256(content).hexdigest())
                return content, Fingerprint(digest, before)
            if len(content) > request.max_bytes:
                return Rejection(DocState.SKIPPED, "grew over its source's max_bytes"), None
            time.sleep(0.2 * (attempt + 1))
    except OSError as error:
        reason = f"cannot be read: {error.strerror or type(error).__name__}"
        return Rejection(DocState.QUARANTINED, reason), None
    finally:
        os.close(descriptor)
    reason = f"was written while it was read, {_TRIES} times in a row; tried again in the next pass"
    return Rejection(DocState.QUARANTINED, reason, transient=True), None


def _content(descriptor: int, most: int) -> bytes:
    """Read from the start, never more than so many bytes, however the file grows meanwhile."""
    blocks: list[bytes] = []
    at = 0
    while at < most:
        block = os.pread(descriptor, min(_BLOCK, most - at), at)
        if not block:
            break
        blocks.append(block)
        at += len(block)
    return b"".join(blocks)


def _stat(found: os.stat_result) -> FileStat:
    return FileStat(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & (2**63 - 1))


def _confine(settings: dict[str, Any], policy: RedactionPolicy) -> list[str]:
    """Close the cage, and refuse the network in Python too, where the message is clearer."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    readable = [policy.ner.path] if policy.ner is not None else []
    if soffice is not None:
        readable.append(os.path.dirname(os.path.dirname(os.path.realpath(soffice))))
    sys.addaudithook(_refuse_network)
    return cage.close(
        cage.Cage(
            settings["memory_bytes"], settings["scratch"], tuple(readable),
            unix_sockets=soffice is not None,
        )
    )  # fmt: skip


def _refuse_network(event: str, _: tuple[Any, ...]) -> None:
    """Stop every attempt at a connection or a name before it leaves Python."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"):
        raise PermissionError("the parser child has no network")


if __name__ == "__main__":
    main()
