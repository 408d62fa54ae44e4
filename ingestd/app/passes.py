"""Passes: sync, plan and reindex over a built system."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from ingestd.app import holding, space
from ingestd.app.build import System
from ingestd.backends.lancedb import generations
from ingestd.backends.lancedb.schema import SCHEMA_VERSION
from ingestd.backends.lancedb.store import LanceStore
from ingestd.backends.memory.dry import DryLedger, DryStore, NoEmbedder
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.backends.memory.store import MemoryStore
from ingestd.errors import StateCorrupt, UsageError
from ingestd.ingest import rereading, summary
from ingestd.ingest.holding import after
from ingestd.ingest.planning import Scope
from ingestd.ingest.rows import reembedded
from ingestd.model.ids import DocId, DocPath, doc_id
from ingestd.model.ledger import DocState, KnownSource, LedgerEntry
from ingestd.model.passes import Action, DocumentDone, PassReport, Plan, Step
from ingestd.model.recipe import Recipe

COMMITS = 64
"""After so many the index is compacted, also within a pass: each brings files to look into."""
Told = Callable[[Plan, DocumentDone | None], None]
"""Called with the plan once it is made, and then for every document that is done."""


def _silent(_: Plan, __: DocumentDone | None) -> None:
    pass


def sync(
    system: System,
    told: Told = _silent,
    scope: Scope | None = None,
    *,
    orphans: bool = True,
    light: bool = False,
    reread_all: bool = False,
) -> PassReport:
    """Bring the index to what the sources say, once; the state folder must be locked.

    `light`: leave compaction to a schedule, and do not count the whole index. `reread_all`: read
    every file, whatever its times say.
    """
    began = time.monotonic()
    # What a start has to set right is right when only a part is looked at.
    renewed = renew_model(system) if scope is None else (0, 0)
    if renewed is None:
        return reindex(system, told)
    planner = system.planner(reread=rereading.everything if reread_all else None)
    with _uncollected():
        plan = planner.plan(system.config.sources, system.now(), scope, orphans=orphans)
    plan = holding.held(system, system.ledger, plan)
    told(plan, None)
    report = summary.begin(plan)
    if not plan.idle:
        space.refuse_shortage(system)
        for done in _tidied(system.store, system.executor().run(plan)):
            summary.add(report, done)
            told(plan, done)
    report.chunks_embedded += renewed[0]
    report.tokens_embedded += renewed[1]
    _record_sources(system, plan, whole=scope is None)
    if light:
        report.index_version = system.store.index_version
        report.seconds = time.monotonic() - began
        return report
    return _finished(system, report, began, idle=plan.idle and not any(renewed))


def _tidied(store: LanceStore, several: Iterable[DocumentDone]) -> Iterator[DocumentDone]:
    """Let documents be done, and compact now and then."""
    compacted = store.index_version
    for done in several:
        yield done
        if (done.index_version or 0) - compacted >= COMMITS:
            store.tidy()
            compacted = store.index_version


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let a scan run without the garbage collector: all that it makes stays until its end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def plan(system: System) -> tuple[Plan, PassReport]:
    """Say what the next pass would do and embed; parses what is new, writes nothing."""
    began = time.monotonic()
    ledger = system.ledger if system.folder.ledger.exists() else MemoryLedger()
    there = generations.current(system.folder.path) is not None
    store = DryStore(system.store if there else MemoryStore())
    made = system.planner(ledger, store).plan(system.config.sources, system.now(), orphans=True)
    made = holding.held(system, ledger, made)
    executor = system.executor(DryLedger(ledger), store, NoEmbedder(system.model.dimensions))
    report = summary.summarised(made, executor.run(made))
    report.index_version = store.index_version
    report.seconds = time.monotonic() - began
    return made, report


def stale_rules(system: System) -> dict[str, int]:
    """Count the indexed documents that each changed part of the recipe makes stale."""
    counts: dict[str, int] = {}
    for entry in system.ledger.entries():
        if entry.indexed_hash is not None:
            for part in Recipe.parse(entry.recipe).changes(system.recipe):
                counts[part] = counts.get(part, 0) + 1
    return counts


def reindex(system: System, told: Told = _silent) -> PassReport:
    """Build the whole index anew beside the old one, which answers until one step switches."""
    began = time.monotonic()
    space.refuse_shortage(system)
    old = system.store
    folder = system.new_generation(base=old.index_version)
    fresh = LanceStore(folder, language=system.config.file.retrieval.language)
    ledger = MemoryLedger()
    made = system.planner(ledger, fresh).plan(system.config.sources, system.now())
    if made.unreachable:
        raise UsageError(
            "reindex: " + "; ".join(made.unreachable.values()) + ". Nothing was changed"
        )
    holding.refuse_loss(system, made)
    told(made, None)
    report = summary.begin(made)
    for done in _tidied(fresh, system.executor(ledger, fresh).run(made)):
        summary.add(report, done)
        told(made, done)
    known = system.ledger.entries()
    kept = _still_answering(made, known, {(e.source, e.path): e for e in ledger.entries()})
    _carry_rows(system, old, fresh, kept.keys())
    _carry_history(old, fresh)
    fresh.tidy(force=True)
    generations.switch(system.folder.path, folder)
    # Ledger last: after a crash here the next pass compares the old one with the new index.
    system.ledger.record(
        [*ledger.entries(), *kept.values()], [(entry.source, entry.path) for entry in known]
    )
    system.reopen()
    _record_sources(system, made, whole=True)
    generations.sweep(system.folder.path)
    return _finished(system, report, began)


def redo(system: System, source: str | None, path: str | None, told: Told = _silent) -> PassReport:
    """Parse, chunk and embed some documents anew in place, whether they have changed or not."""
    began = time.monotonic()
    by_name = {one.name: one for one in system.config.sources}
    if source is not None and source not in by_name:
        raise UsageError(
            f"--source: no source {source!r}; there are {', '.join(by_name) or 'none'}"
        )
    if renew_model(system) is None:
        return reindex(system, told)
    steps: list[Step] = []
    planner = system.planner(MemoryLedger(), MemoryStore())
    for name in [source] if source is not None else by_name:
        scope = {name: [os.fsencode(path)]} if path is not None else {name: [b""]}
        fresh = planner.plan([by_name[name]], system.now(), scope)
        known = {e.path: e for e in system.ledger.entries(name)}
        steps += [
            replace(step, action=Action.MODIFY, before=known.get(step.path))
            for step in fresh.steps
            if step.action is Action.ADD
        ]
    if path is not None and not steps:
        raise UsageError(f"--path: {path}: no such document in {source or 'any source'}")
    made = Plan(system.config.sources, tuple(steps), unchanged=0)
    told(made, None)
    report = summary.begin(made)
    for done in _tidied(system.store, system.executor().run(made, reuse=False)):
        summary.add(report, done)
        told(made, done)
    return _finished(system, report, began)


def cost(system: System) -> dict[str, int]:
    """Say what a reindex would work through, by what the index holds now."""
    documents, chunks = system.store.count() if system.folder.exists else (0, 0)
    tokens = 0
    for rows in system.store.all_rows():
        texts = [row.prefix + row.text for row in rows]
        tokens += sum(system.tokenizer.count(texts)) + system.tokenizer.special * len(texts)
    size = sum(entry.stat.size for entry in system.ledger.entries() if entry.stat is not None)
    return {"documents": documents, "bytes": size, "chunks": chunks, "tokens": tokens}


def renew_model(system: System) -> tuple[int, int] | None:
    """Embed the index anew where the config names another model; return chunks and tokens.

    Texts stay as they are, and the old index answers until the new one is whole. `None`: the new
    model counts tokens otherwise, so that chunks must be cut anew as well.
    """
    old = system.store
    _refuse_older(system)
    old.undo_unfinished()
    generations.sweep(system.folder.path)  # what a crash in the middle of a reindex has left
    same = old.generation.model == system.model.fingerprint
    if same and old.generation.schema == SCHEMA_VERSION:
        return 0, 0
    entries = system.ledger.entries()
    if any(Recipe.parse(e.recipe).chunking != system.recipe.chunking for e in entries):
        return None
    folder = system.new_generation(base=old.index_version)
    fresh = LanceStore(folder, language=system.config.file.retrieval.language)
    chunks = tokens = 0
    for rows in old.all_rows():
        if same:  # Made by an older ingestd: its tables take the columns of today.
            fresh.append(rows)
            continue
        made = reembedded(rows, system.embedder, system.recipe.model, system.now())
        fresh.append(made)
        chunks += len(made)
        tokens += sum(system.tokenizer.count([row.prefix + row.text for row in made]))
        tokens += system.tokenizer.special * len(made)
    _carry_history(old, fresh)
    fresh.tidy(force=True)
    generations.switch(system.folder.path, folder)
    # Ledger last: without these recipes the next pass parses again, and embeds nothing.
    system.ledger.record(
        replace(
            entry,
            recipe=str(replace(Recipe.parse(entry.recipe), model=system.recipe.model)),
        )
        for entry in entries
    )
    system.reopen()
    generations.sweep(system.folder.path)
    return chunks, tokens


def _refuse_older(system: System) -> None:
    """Raise where the index is an older one than the ledger knows: LanceDB opens what is left."""
    here, recorded = system.store.index_version, system.ledger.newest_version()
    if here < recorded:
        raise StateCorrupt(
            f"{system.folder.path}: the index is at version {here}, and {recorded} was written: "
            "its newest files are lost. Nothing was changed; put the folder back from a backup, or "
            "make it anew from disk and what is left: ingestd rebuild"
        )


def _still_answering(
    made: Plan, known: Iterable[LedgerEntry], fresh: Mapping[tuple[str, DocPath], LedgerEntry]
) -> dict[DocId, LedgerEntry]:
    """Say what a new index takes from the old one, and how the ledger goes on knowing it.

    That is every document of a source that is not built anew, and the last good version of one
    whose file is there and cannot be read now, with the members of such a container.
    """
    names = {source.name for source in made.sources}
    there = {(step.source.name, step.path) for step in made.steps}
    kept: dict[DocId, LedgerEntry] = {}
    for entry in known:
        own = (entry.source, entry.path)
        file = (entry.source, entry.container or entry.path)
        read = fresh.get(file)
        unread = file in there and (read is None or read.state is DocState.QUARANTINED)
        if entry.source in names and not unread:
            continue
        kept[doc_id(*own)] = (
            entry
            if (now := fresh.get(own)) is None
            else replace(
                now,
                indexed_hash=entry.indexed_hash,
                index_version=entry.index_version,
                chunks=entry.chunks,
                findings=entry.findings,
                acl=entry.acl,
            )
        )
    return kept


def _carry_rows(
    system: System, old: LanceStore, fresh: LanceStore, kept: Collection[DocId]
) -> None:
    """Copy documents' rows into a new generation, embedded again where its model is another."""
    for rows in old.all_rows():
        mine = [row for row in rows if row.doc_id in kept]
        if mine and old.generation.model != system.model.fingerprint:
            mine = list(reembedded(mine, system.embedder, system.recipe.model, system.now()))
        if mine:
            fresh.append(mine)


def _carry_history(old: LanceStore, fresh: LanceStore) -> None:
    """Take the kept document versions over; those that still stood end where the new ones begin."""
    for versions in old.all_versions():
        fresh.restore(versions)
    fresh.undo_unfinished()


def _record_sources(system: System, made: Plan, *, whole: bool) -> None:
    known = {one.name: one for one in system.ledger.sources()}
    now = system.now()
    for source in made.sources:
        if source.name in made.unreachable:
            continue
        root = os.fsencode(source.root)
        before = known.get(source.name, KnownSource(source.name, root))
        later = after(before, made, now, whole=whole)
        if whole:
            later = replace(later, root=root, last_scan_at=now)
        if later != before:
            system.ledger.record_source(later)


def tidy(system: System) -> None:
    """Sweep and compact the index, and drop versions of documents that are past their keeping."""
    keep = timedelta(days=system.config.file.index.keep_versions_days)
    system.store.forget_versions(system.now() - keep)
    system.store.tidy()


def _finished(
    system: System, report: PassReport, began: float, *, idle: bool = False
) -> PassReport:
    if not idle:
        tidy(system)
    report.chunks_total = system.store.count()[1]
    report.index_version = system.store.index_version
    report.seconds = time.monotonic() - began
    return report
