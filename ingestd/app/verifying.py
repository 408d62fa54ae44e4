"""Verifying: disk, ledger and index against each other, and each row against its own hash."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ingestd.app.build import System
from ingestd.app.state import is_locked
from ingestd.backends.lancedb import generations, salvage
from ingestd.backends.lancedb.digests import Digests, FileFault
from ingestd.errors import IngestdError
from ingestd.ingest.rereading import Reread
from ingestd.model.ids import DocId, doc_id
from ingestd.model.index import StoredDocument
from ingestd.model.ledger import LedgerEntry
from ingestd.model.passes import Action

_PAUSE = 2.0
"""Seconds until a second look, where a daemon is at work between index and ledger."""


@dataclass(slots=True)
class Findings:
    """What is wrong, and how much was looked at."""

    files: int = 0
    file_faults: list[FileFault] = field(default_factory=list)
    rows: int = 0
    row_faults: int = 0
    """Rows of the index that are not as they were written, or cannot be read."""
    damaged: set[DocId] = field(default_factory=set)
    """Their documents, as far as that can be read."""
    duplicates: int = 0
    version_faults: int = 0
    missing: list[LedgerEntry] = field(default_factory=list)
    """The ledger knows them as indexed; the index has them otherwise, or not at all."""
    orphans: int = 0
    ledger_fault: str = ""
    index_fault: str = ""
    behind: int = 0
    """Files that have changed since they were indexed: the next pass sees to them."""
    unnoticed: int = 0
    """Of these, files whose size and times say that they have not."""

    @property
    def is_sound(self) -> bool:
        """Say whether ledger and index are right; a file that just changed is no fault."""
        return not (
            self.file_faults or self.row_faults or self.duplicates or self.version_faults
            or self.missing or self.orphans or self.ledger_fault or self.index_fault
            or self.unnoticed
        )  # fmt: skip

    def as_json(self, entries: Iterable[LedgerEntry]) -> dict[str, Any]:
        """Return what `verify --json` prints."""
        names = {doc_id(e.source, e.path): f"{e.source}:{e.shown_path}" for e in entries}
        affected = self.damaged | {doc_id(e.source, e.path) for e in self.missing}
        return {
            "sound": self.is_sound,
            "files": {
                "checked": self.files,
                "bad": [{"path": one.path, "what": one.what} for one in self.file_faults],
            },
            "rows": {
                "checked": self.rows, "bad": self.row_faults, "duplicates": self.duplicates,
                "orphaned_documents": self.orphans,
            },
            "versions": {"bad": self.version_faults},
            "documents": sorted(names.get(one, one) for one in affected),
            "ledger": self.ledger_fault or None,
            "index": self.index_fault or None,
            "disk": {"changed": self.behind, "unnoticed": self.unnoticed},
        }  # fmt: skip


def verify(system: System, share: float = 1.0) -> Findings:
    """Look at everything, or at a random share of files, rows and documents."""
    found = Findings(ledger_fault=system.ledger.fault())
    chance = random.Random()  # noqa: S311
    current = generations.current(system.folder.path)
    if current is not None:
        for fault in Digests(current).check():
            found.files += 1
            if fault is not None:
                found.file_faults.append(fault)
    try:
        _rows(system, found, lambda _: chance.random() < share)
        _against_ledger(system, found)
    except IngestdError as error:
        found.index_fault = str(error)
        return found
    _against_disk(system, found, lambda _, paths: {p for p in paths if chance.random() < share})
    return found


def _rows(system: System, found: Findings, chosen: Callable[[int], bool]) -> None:
    seen: set[str] = set()
    for part in salvage.chunks(system.store, chosen):
        found.rows += len(part.rows) + len(part.damaged) + part.unread
        found.row_faults += len(part.damaged) + part.unread
        found.damaged |= {row.doc_id for row in part.damaged}
        for row in part.rows:
            if row.live:
                found.duplicates += row.chunk_id in seen
                seen.add(row.chunk_id)
    found.version_faults = salvage.versions(system.store)[1]


def _against_ledger(system: System, found: Findings) -> None:
    missing, orphans = _compared(system)
    if (missing or orphans) and is_locked(system.folder):
        # A daemon may be between its two commits: only what stays so is wrong.
        time.sleep(_PAUSE)
        again, still = _compared(system)
        missing = [entry for entry in again if entry in missing]
        orphans &= still
    found.missing, found.orphans = missing, len(orphans)


def _compared(system: System) -> tuple[list[LedgerEntry], set[DocId]]:
    stored = {document.doc_id: document for document in system.store.documents()}
    entries = [e for e in system.ledger.entries() if e.indexed_hash is not None]
    known = {doc_id(entry.source, entry.path): entry for entry in entries}
    missing = [e for identity, e in known.items() if not _agrees(e, stored.get(identity))]
    return missing, stored.keys() - known.keys()


def _agrees(entry: LedgerEntry, stored: StoredDocument | None) -> bool:
    return (
        stored is not None
        and stored.content_hash == entry.indexed_hash
        and stored.chunks == entry.chunks
    )


def _against_disk(system: System, found: Findings, chosen: Reread) -> None:
    plan = system.planner(reread=chosen).plan(system.config.sources, system.now())
    for step in plan.steps:
        before, file = step.before, step.file
        if step.action not in (Action.ADD, Action.MODIFY, Action.DELETE, Action.RENAME):
            continue
        same = before is not None and before.content_hash == step.content_hash
        if same and step.action is not Action.RENAME:
            continue  # To be tried again, or by other rules: the file itself is as it was.
        found.behind += 1
        if before is not None and file is not None and before.stat == file.stat:
            found.unnoticed += 1


def forgotten(entry: LedgerEntry) -> LedgerEntry:
    """Return an entry whose document the next pass makes anew."""
    return replace(entry, indexed_hash=None, index_version=None, chunks=0, recipe="")
