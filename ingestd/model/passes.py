"""A pass over the sources: what it would do, what it does, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ingestd.model.ids import ContentHash, DocId, DocPath
from ingestd.model.ledger import DocState, LedgerEntry
from ingestd.model.source import FoundFile, Obstacle, Root, Source


class Action(StrEnum):
    """What a pass does with a document."""

    ADD = "add"
    MODIFY = "modify"
    RENAME = "rename"
    DELETE = "delete"
    ADOPT = "adopt"
    """The index has it already, the ledger does not."""
    RESTAMP = "restamp"
    """Same content and rules: only who may see it, or its file's times, are new."""
    SKIP = "skip"
    OBSTRUCT = "obstruct"
    """Its file cannot be read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One document's part of a plan."""

    action: Action
    source: Source
    path: DocPath
    file: FoundFile | None = None
    content_hash: ContentHash | None = None
    before: LedgerEntry | None = None
    """What the ledger says of it; of the old path for a rename."""
    twin: LedgerEntry | None = None
    """An indexed document with the same content, whose rows can be copied."""
    because: tuple[str, ...] = ()
    """The parts of the recipe that changed, or the reason of a skip."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass would do."""

    sources: tuple[Source, ...]
    steps: tuple[Step, ...]
    unchanged: int
    standing: Mapping[DocState, int] = field(default_factory=dict)
    """Documents that stay skipped, quarantined or vetoed."""
    orphans: tuple[tuple[str, str], ...] = ()
    """(source, doc_id) that the index holds and neither disk nor ledger knows."""
    unreachable: Mapping[str, str] = field(default_factory=dict)
    """Why a source could not be scanned, by name."""
    obstacles: tuple[tuple[str, Obstacle], ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    """Deletions that are held back, by source."""
    roots: Mapping[str, Root] = field(default_factory=dict)
    """Of the sources that were scanned whole."""
    met: frozenset[str] = frozenset()
    """Sources in which a document was found as it was."""

    @property
    def idle(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.steps and not self.orphans


@dataclass(frozen=True, slots=True)
class DocumentDone:
    """One document has reached its state."""

    action: Action
    source: str
    path: str
    """As shown."""
    state: DocState | None
    """`None`: it has left the index."""
    reason: str = ""
    chunks: int = 0
    embedded: int = 0
    tokens: int = 0
    removed: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    newly_masked: Mapping[str, int] = field(default_factory=dict)
    """What a changed policy masks in unchanged content, beside what the old one did."""
    failed: bool = False
    """True: no state could be reached now; the next pass tries again."""
    index_version: int | None = None
    doc_id: DocId | None = None
    """Of the document whose rows changed; `None`: no row did."""
    changed_at: datetime | None = None
    """When its file was last changed on disk."""


@dataclass(slots=True)
class PassReport:
    """What a pass did, summed up; the JSON of `sync` has these names."""

    added: int = 0
    modified: int = 0
    deleted: int = 0
    renamed: int = 0
    unchanged: int = 0
    failed: int = 0
    quarantined: int = 0
    skipped: int = 0
    vetoed: int = 0
    chunks_total: int = 0
    chunks_embedded: int = 0
    chunks_reused: int = 0
    chunks_removed: int = 0
    tokens_embedded: int = 0
    index_version: int = 0
    seconds: float = 0.0
    masked: dict[str, dict[str, int]] = field(default_factory=dict)
    """Findings masked in the documents of this pass, by source and entity type."""
    newly_masked: dict[str, dict[str, int]] = field(default_factory=dict)
    """What a changed policy masks more than the old one, in unchanged documents."""
    unreachable: dict[str, str] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    """Deletions that are held back, by source."""
