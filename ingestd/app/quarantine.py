"""The quarantine: listing it, trying again, and letting go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ingestd.app.build import System
from ingestd.app.reports import need_state
from ingestd.errors import UsageError
from ingestd.model.ids import doc_id
from ingestd.model.index import Batch, DocumentChange
from ingestd.model.ledger import DocState, LedgerEntry

DROPPED = "left out by hand until its content changes"


def listed(system: System) -> list[dict[str, Any]]:
    """Return what `quarantine ls --json` lists."""
    need_state(system)
    return [
        {
            "source": entry.source,
            "path": entry.shown_path,
            "state": entry.state.value,
            "reason": entry.reason,
            "attempts": entry.attempts,
            "next_attempt_at": entry.next_attempt_at,
            "stale": entry.indexed_hash is not None,
        }
        for entry in system.ledger.entries()
        if entry.state is not DocState.INDEXED
    ]


def retry(system: System, paths: Sequence[str]) -> int:
    """Make quarantined documents due now."""
    found = _quarantined(system, paths)
    system.ledger.record(replace(e, next_attempt_at=None, attempts=0) for e in found)
    return len(found)


def drop(system: System, paths: Sequence[str]) -> int:
    """Skip quarantined documents until their content changes, and take them out of the index."""
    found = _quarantined(system, paths)
    indexed = [e for e in found if e.indexed_hash is not None]
    if indexed:
        changes = tuple(DocumentChange(doc_id(e.source, e.path)) for e in indexed)
        system.store.commit(Batch(changes, system.now()))
    system.ledger.record(
        replace(
            entry,
            state=DocState.SKIPPED,
            reason=DROPPED,
            indexed_hash=None,
            chunks=0,
            findings={},
            next_attempt_at=None,
        )
        for entry in found
    )
    return len(found)


def _quarantined(system: System, paths: Sequence[str]) -> list[LedgerEntry]:
    need_state(system)
    entries = [e for e in system.ledger.entries() if e.state is DocState.QUARANTINED]
    if not paths:
        return entries
    names = {
        name: entry
        for entry in entries
        for name in (entry.path, entry.shown_path, f"{entry.source}:{entry.shown_path}")
    }
    for path in paths:
        if path not in names:
            raise UsageError(f"{path}: not in quarantine; see: ingestd quarantine ls")
    return [names[path] for path in paths]
