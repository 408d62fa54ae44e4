"""Repairing: what verifying finds is made good from what is right, and only the rest anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingestd.app import passes
from ingestd.app.build import System
from ingestd.app.state import StateFolder
from ingestd.app.verifying import Findings, forgotten
from ingestd.backends.lancedb import generations, salvage
from ingestd.backends.lancedb.digests import Digests
from ingestd.backends.lancedb.store import LanceStore
from ingestd.backends.sqlite import rescue
from ingestd.errors import IngestdError
from ingestd.model.ids import ChunkId, DocId, EmbedKey, doc_id
from ingestd.model.index import Vector, outgoing
from ingestd.model.passes import PassReport


@dataclass(slots=True)
class Repaired:
    """What was done."""

    bits: int = 0
    """Files in which a flipped bit was put right."""
    rows_kept: int = 0
    rows_lost: int = 0
    report: PassReport | None = None
    """Of the pass that made the rest anew."""
    aside: str = ""
    """Where the damaged files are kept."""


def mend_files(folder: StateFolder) -> int:
    """Put flipped bits right; return in how many files. Needs nothing but the files themselves."""
    current = generations.current(folder.path)
    if current is None:
        return 0
    digests = Digests(current)
    faults = [fault for fault in digests.check() if fault is not None]
    return sum(digests.mend(fault.path) for fault in faults)


def repair(system: System, found: Findings, told: passes.Told) -> Repaired:
    """Make good what `verify` found, after `mend_files`; the state folder must be locked."""
    done = Repaired()
    current = generations.current(system.folder.path)
    still = [fault for fault in Digests(current).check() if fault is not None] if current else []
    beyond = [fault for fault in still if fault.what != "has no digest"]
    if beyond or found.row_faults or found.duplicates or found.version_faults:
        _made_anew(system, done)
    lost = found.damaged | {doc_id(e.source, e.path) for e in found.missing}
    _forget(system, lambda identity: identity in lost)
    done.report = passes.sync(system, told, reread_all=True)
    system.store.digests.renew()
    return done


def rebuild(system: System, told: passes.Told, aside: str) -> Repaired:
    """Make a new index from disk and from what can be read of the old one."""
    done = Repaired(aside=aside)
    _made_anew(system, done)
    done.report = passes.sync(system, told, reread_all=True)
    system.store.digests.renew()
    return done


def put_aside(folder: StateFolder, now: datetime) -> str:
    """Move a ledger, and an index, that cannot be opened out of the way; return where to.

    What can be read of the ledger's other tables, such as alerts and past checks, is carried into
    a new one: what is known of documents comes from disk and index.
    """
    place = folder.path / "aside" / now.strftime("%Y%m%dT%H%M%SZ")
    moved = False
    if folder.ledger.exists() and rescue.fault(folder.ledger):
        place.mkdir(mode=0o700, parents=True)
        rescue.carry_over(folder.ledger, place)
        moved = True
    current = generations.current(folder.path)
    if current is not None and not _opens(current):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        generations.put_aside(folder.path, current, place)
        moved = True
    return str(place) if moved else ""


def _opens(folder: Path) -> bool:
    try:
        store = LanceStore(folder)
        store.count()
        _ = store.index_version
    except IngestdError:
        return False
    return True


def _made_anew(system: System, done: Repaired) -> None:
    """Build a generation of the rows that are as they were written, and let it answer."""
    old = system.store
    folder = system.new_generation(base=max(old.index_version, system.ledger.newest_version()))
    fresh = LanceStore(folder, language=system.config.file.retrieval.language)
    seen: set[ChunkId] = set()
    whole: dict[str, int] = {}
    vectors: dict[EmbedKey, Vector] = {}
    for part in salvage.chunks(old):
        rows = [row for row in part.rows if row.live and row.chunk_id not in seen]
        seen |= {row.chunk_id for row in rows}
        for row in rows:
            whole[row.doc_id] = whole.get(row.doc_id, 0) + 1
        if rows:
            fresh.append(rows)
        done.rows_kept += len(rows)
        done.rows_lost += len(part.damaged) + part.unread
        vectors.update(part.vectors)
    if vectors:
        now = system.now()
        fresh.append(
            [
                outgoing(ChunkId(f"salvaged {key}"), DocId(""), key, vector, now)
                for key, vector in vectors.items()
            ]
        )
    fresh.restore(salvage.versions(old)[0])
    fresh.undo_unfinished()
    fresh.digests.add()
    generations.switch(system.folder.path, folder)
    system.reopen()
    _forget_short(system, whole)


def _forget_short(system: System, whole: dict[str, int]) -> None:
    """Let documents that lack rows be made anew."""
    system.ledger.record(
        forgotten(entry)
        for entry in system.ledger.entries()
        if entry.indexed_hash is not None
        and whole.get(doc_id(entry.source, entry.path), 0) != entry.chunks
    )


def _forget(system: System, is_lost: Callable[[str], bool]) -> None:
    system.ledger.record(
        forgotten(entry)
        for entry in system.ledger.entries()
        if is_lost(doc_id(entry.source, entry.path))
    )
