"""What goes to a parser and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestd.model.document import RedactedDocument
from ingestd.model.golden import GoldenQuestion
from ingestd.model.ids import DocPath
from ingestd.model.ledger import DocState
from ingestd.model.source import Fingerprint


@dataclass(frozen=True, slots=True)
class ParseRequest:
    """A file to parse."""

    source: str
    path: DocPath
    file: bytes
    """Where it lies, absolute, as the file system spells it."""
    max_bytes: int
    root: bytes
    """The folder that it must not lead out of."""
    probe: GoldenQuestion | None = None
    """Only say whether the file, before redaction, holds this question's (static) truth."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a file gives no document."""

    state: DocState
    """`SKIPPED` or `QUARANTINED`."""
    reason: str
    transient: bool = False
    """True: the file itself is not to blame; the next pass tries again."""
    vanished: bool = False
    """True: there is no such file any more; the next pass sees to that."""


@dataclass(frozen=True, slots=True)
class ParsedMember:
    """A file inside a container: an attachment of an e-mail."""

    name: str
    """Its name in the container, unique there, as its part of the document's path."""
    outcome: RedactedDocument | Rejection


@dataclass(frozen=True, slots=True)
class ParseOutcome:
    """What one file gave."""

    request: ParseRequest
    outcome: RedactedDocument | Rejection
    fingerprint: Fingerprint | None
    """Of the bytes that were parsed; absent where they could not be read."""
    members: tuple[ParsedMember, ...] = field(default=())
    probed: bool | None = None
    """The answer to the request's probe; the document itself is left out then."""
