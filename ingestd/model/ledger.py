"""What the ledger knows of each file of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.source import FileStat


class DocState(StrEnum):
    """The one state that a file of a source ends in."""

    INDEXED = "indexed"
    SKIPPED = "skipped"
    """Nothing to index; not a failure."""
    QUARANTINED = "quarantined"
    """Should have worked; what was indexed of it before stays."""
    VETOED = "vetoed"
    """The policy keeps it out."""


MOST_ATTEMPTS = 8
"""Of reading a document whose content does not change; then it waits until it does."""


Settled = tuple[DocPath, int, int, int, int, str]
"""A document that stays as it is as long as its file does: path, size, mtime_ns, ctime_ns, inode
and state. All that a scan compares, and as plain as that: it does so with every file."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One document: what was seen of its file, what became of it, what the index holds."""

    source: str
    path: DocPath
    real_path: bytes
    shown_path: str
    """The path as the index and every output show it: masked where the policy says so."""
    state: DocState
    reason: str
    stat: FileStat | None
    content_hash: ContentHash | None
    """Of the content that `state` speaks of."""
    recipe: str
    acl: tuple[str, ...] = ()
    container: DocPath | None = None
    indexed_hash: ContentHash | None = None
    """Of the content that the index holds; `None`: the index holds nothing of this document."""
    index_version: int | None = None
    chunks: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    next_attempt_at: datetime | None = None
    seen_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Say whether a quarantined document is to be tried again."""
        if self.next_attempt_at is None:
            return self.attempts < MOST_ATTEMPTS
        return self.next_attempt_at <= now


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that has been synced into this state folder."""

    name: str
    root: bytes
    last_scan_at: datetime | None = None
    watching: str = "none"
    fault: str = ""
    """What keeps events of it from coming."""
    held: int = 0
    """Deletions that are held back until they are approved, or their files return."""
    approved: bool = False
    """They may go in the next pass."""
    deleted: int = 0
    """Documents that have gone since `deleted_since`."""
    deleted_since: datetime | None = None
    device: int | None = None
    """Of its root when its documents were last seen there."""
