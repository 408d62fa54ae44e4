"""Reports: status, and what became of a document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingestd.app import space
from ingestd.app.build import System
from ingestd.app.checking import lags
from ingestd.app.state import is_locked
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.errors import UsageError
from ingestd.model.alert import AlertState, DeliveryState
from ingestd.model.ids import ChunkId, doc_id
from ingestd.model.ledger import DocState, LedgerEntry


def status(system: System) -> dict[str, Any]:
    """Return what `status --json` prints."""
    need_state(system)
    entries = system.ledger.entries()
    documents, chunks = system.store.count()
    known = {source.name: source for source in system.ledger.sources()}
    pid = is_locked(system.folder)
    masked: dict[str, dict[str, int]] = {}
    for entry in entries:
        for entity, count in entry.findings.items():
            mine = masked.setdefault(entry.source, {})
            mine[entity] = mine.get(entity, 0) + count
    names = list(dict.fromkeys([*(s.name for s in system.config.sources), *known]))
    paths = {source.name: str(source.root) for source in system.config.sources}
    now = system.now()
    lag = lags.summaries(system, SqliteHistory(Database(system.folder.ledger, read_only=True)))
    pending = [e for e in entries if _is_pending(e, now)]
    return {
        "documents": documents,
        "chunks": chunks,
        "pending": len(pending),
        "quarantined": sum(e.state is DocState.QUARANTINED for e in entries),
        "skipped": sum(e.state is DocState.SKIPPED for e in entries),
        "index_version": system.store.index_version,
        "lag_seconds": max(
            ((now - e.seen_at).total_seconds() for e in pending if e.seen_at), default=0.0
        ),
        "sources": [
            {
                "name": name,
                "path": paths.get(name) or known[name].root.decode("utf-8", "backslashreplace"),
                "documents": sum(e.source == name and e.indexed_hash is not None for e in entries),
                "watching": known[name].watching if name in known and pid else "none",
                "last_scan_at": known[name].last_scan_at if name in known else None,
                "fault": (known[name].fault if name in known and pid else "") or None,
                "held": known[name].held if name in known else 0,
                "lag": lag.get(name),
            }
            for name in names
        ],
        "alerts": _alerts(system),
        "paused": space.shortage(system) or None,
        "daemon_pid": pid,
        "model": system.store.generation.model_name,
        "masked": masked,
    }


def _alerts(system: System) -> dict[str, Any]:
    outbox = SqliteOutbox(Database(system.folder.ledger, read_only=True))
    counts = outbox.counts()
    return {
        "firing": outbox.count(AlertState.FIRING),
        "pending": outbox.count(AlertState.PENDING),
        "waiting": sum(one.get(DeliveryState.WAITING, 0) for one in counts.values()),
        "dead": sum(one.get(DeliveryState.DEAD, 0) for one in counts.values()),
    }


def _is_pending(entry: LedgerEntry, now: datetime) -> bool:
    """Say whether the next pass tries a document again."""
    return entry.state is DocState.QUARANTINED and entry.is_due(now)


def explain(system: System, target: str) -> dict[str, Any]:
    """Return what `explain --json` prints, for a document's path or a chunk's id."""
    need_state(system)
    row = system.store.passages([ChunkId(target)]).get(ChunkId(target))
    if row is not None:
        entries = [
            e for e in system.ledger.entries(row.source) if doc_id(e.source, e.path) == row.doc_id
        ]
        return {"documents": [_document(system, e, row.chunk_id) for e in entries]}
    source, _, path = target.rpartition(":")
    matches = [
        entry
        for entry in system.ledger.entries(source or None)
        if entry.path == path or entry.shown_path == path or entry.path == target
    ]
    if not matches:
        raise UsageError(
            f"{target}: neither a document that ingestd has seen nor a chunk of the index. Paths "
            "are relative to their source; see: ingestd status"
        )
    return {"documents": [_document(system, entry) for entry in matches]}


def _document(system: System, entry: LedgerEntry, only: ChunkId | None = None) -> dict[str, Any]:
    identity = doc_id(entry.source, entry.path)
    rows = system.store.rows([identity])
    versions = system.store.versions(identity)
    tokens = system.tokenizer.count([row.prefix + row.text for row in rows]) if rows else []
    text = versions[0].redacted_text if versions and rows else ""
    first = rows[0] if rows else None
    return {
        "source": entry.source,
        "path": entry.shown_path,
        "state": entry.state.value,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "next_attempt_at": entry.next_attempt_at,
        "content_hash": entry.content_hash,
        "stale": entry.indexed_hash is not None and entry.indexed_hash != entry.content_hash,
        "title": first.title if first else "",
        "mime": first.mime if first else "",
        "lang": first.lang if first else "",
        "acl": list(entry.acl),
        "modified_at": first.modified_at if first else None,
        "indexed_at": first.indexed_at if first else None,
        "index_version": entry.index_version,
        "recipe": entry.recipe,
        "masked": dict(entry.findings),
        "placeholders": [
            {"entity_type": found["entity"], "start": found.start(), "end": found.end()}
            for found in system.redactor.placeholder.finditer(text)
            if found["entity"] in entry.findings
        ],
        "versions": [
            {"version": v.version, "indexed_at": v.indexed_at, "superseded_at": v.superseded_at}
            for v in versions
        ],
        "chunks": [
            {
                "chunk_id": row.chunk_id,
                "ordinal": row.ordinal,
                "start": row.start,
                "end": row.end,
                "page": row.page,
                "heading": list(row.heading),
                "tokens": count + system.tokenizer.special,
            }
            for row, count in zip(rows, tokens, strict=True)
            if only is None or row.chunk_id == only
        ],
    }


def need_state(system: System) -> None:
    """Refuse questions to a state folder in which nothing was ever synced."""
    if not system.folder.exists:
        raise UsageError(
            f"{system.folder.path}: nothing was ever indexed here; start with: ingestd sync FOLDER"
        )
