"""The parser child: reads files, parses and redacts them, and answers over a pipe.

Raw text lives in this process alone. It ends when its parent closes the pipe.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import resource
import signal
import sys
import time
from typing import Any, BinaryIO

from ingestd.backends.subprocess import wire
from ingestd.errors import RuleTooSlow
from ingestd.freshness.presence import holds
from ingestd.model.document import SOFT_BREAK, RawDocument, RedactedDocument
from ingestd.model.golden import GoldenQuestion, Static
from ingestd.model.ids import ContentHash
from ingestd.model.ledger import DocState
from ingestd.model.parsing import ParsedMember, ParseOutcome, ParseRequest, Rejection
from ingestd.model.source import FileStat, Fingerprint
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.redactor import joined

_TRIES = 3
_PR_SET_PDEATHSIG = 1


def command() -> list[str]:
    """Return the command line that starts a child; the pool adds the limit of memory."""
    return [sys.executable, "-m", "ingestd.app.child"]


def hello(policy: RedactionPolicy) -> dict[str, Any]:
    """Return the first message to a child; the policy's phrases and key show in no `ps`."""
    return {"policy": policy.to_wire()}


def main(arguments: list[str]) -> None:
    """Serve requests until the pipe ends."""
    _confine(int(arguments[0]))
    # Libraries print to stdout: the protocol takes it over, and they get nowhere.
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    first = wire.read(sys.stdin.buffer)
    if first is not None:
        _serve(sys.stdin.buffer, answers, RedactionPolicy.from_wire(first["policy"]))


def _serve(requests: BinaryIO, answers: BinaryIO, policy: RedactionPolicy) -> None:
    from ingestd.backends.unstructured import offline

    offline.settle(torch=policy.ner is not None)
    from ingestd.app.redactors import in_child
    from ingestd.backends.unstructured.partition import Partitioned, partition

    redactor = in_child(policy)

    def redacted(one: Partitioned) -> RedactedDocument | Rejection:
        if not isinstance(one.outcome, RawDocument):
            return one.outcome
        try:
            return redactor.redact_document(one.outcome)
        except RuleTooSlow as error:
            return Rejection(DocState.QUARANTINED, f"{error}; nothing of it was indexed")

    wire.write(answers, {"ready": True})
    while (message := wire.read(requests)) is not None:
        request = wire.request_in(message)
        content, fingerprint = _read(request)
        if isinstance(content, Rejection):
            outcome = ParseOutcome(request, content, fingerprint)
        else:
            found = partition(request.path, content)
            if request.probe is not None:
                gone = Rejection(DocState.SKIPPED, "probed")
                seen = _probed(request.probe, found.outcome)
                outcome = ParseOutcome(request, gone, fingerprint, probed=seen)
                wire.write(answers, wire.outcome_out(outcome))
                continue
            members = tuple(ParsedMember(name, redacted(one)) for name, one in found.members)
            outcome = ParseOutcome(request, redacted(found), fingerprint, members)
        wire.write(answers, wire.outcome_out(outcome))


def _probed(probe: GoldenQuestion, found: RawDocument | Rejection) -> bool:
    """Say whether a document as parsed holds a truth; nothing else of it leaves this process."""
    if not isinstance(found, RawDocument) or not isinstance(probe.truth, Static):
        return False
    text = joined(found)[0].replace(SOFT_BREAK, " ")
    return holds(text, probe.truth.values, probe)


def _read(request: ParseRequest) -> tuple[bytes | Rejection, Fingerprint | None]:
    """Read a file whole, and again where it was written meanwhile."""
    for attempt in range(_TRIES):
        try:
            descriptor = os.open(request.file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(descriptor, "rb") as stream:
                before = _stat(os.fstat(stream.fileno()))
                content = stream.read(request.max_bytes + 1)
                after = _stat(os.fstat(stream.fileno()))
        except FileNotFoundError:
            return Rejection(DocState.SKIPPED, "it is gone", vanished=True), None
        except OSError as error:
            reason = f"cannot be read: {error.strerror or type(error).__name__}"
            return Rejection(DocState.QUARANTINED, reason), None
        if before == after and len(content) == before.size:
            digest = ContentHash(hashlib.sha256(content).hexdigest())
            return content, Fingerprint(digest, before)
        if len(content) > request.max_bytes:
            return Rejection(DocState.SKIPPED, "grew over its source's max_bytes"), None
        time.sleep(0.2 * (attempt + 1))
    reason = f"was written while it was read, {_TRIES} times in a row; tried again in the next pass"
    return Rejection(DocState.QUARANTINED, reason, transient=True), None


def _stat(found: os.stat_result) -> FileStat:
    return FileStat(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & (2**63 - 1))


def _confine(memory_bytes: int) -> None:
    """Limit this process: memory, no core dumps, no network, and no life after its parent's."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.addaudithook(_refuse_network)


def _refuse_network(event: str, _: tuple[Any, ...]) -> None:
    """Stop every attempt at a connection or a name before it leaves Python."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"):
        raise PermissionError("the parser child has no network")


if __name__ == "__main__":
    main(sys.argv[1:])
