"""A small world for the laws: files in memory, the lanes, and either kind of backend."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingestd.app import redactors
from ingestd.backends.lancedb import generations
from ingestd.backends.lancedb.store import LanceStore
from ingestd.backends.memory.embedder import HashEmbedder, WordCounter
from ingestd.backends.memory.files import MemoryFiles, MemoryParser
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.backends.memory.store import MemoryStore
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.ingest import summary
from ingestd.ingest.chunking import ChunkingPolicy
from ingestd.ingest.execution import Executor
from ingestd.ingest.planning import Planner
from ingestd.model.passes import PassReport
from ingestd.model.recipe import Recipe
from ingestd.model.source import Source
from ingestd.redaction.policy import RedactionPolicy

CHUNKING = ChunkingPolicy(min_tokens=8, max_tokens=48)
RECIPE = Recipe("parser", "redaction", "chunking", "model")
DIMENSIONS = 32


class Crash(Exception):
    """The power went."""


@dataclass
class Fuse:
    """Blows at the n-th step that passes it, once."""

    at: int | None = None
    passed: int = 0

    def step(self) -> None:
        self.passed += 1
        if self.at is not None and self.passed == self.at:
            self.at = None
            raise Crash


class Fused:
    """A store or ledger with a fuse before and after every write."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self, batch: Any) -> Any:
        self._fuse.step()
        done = self._inner.commit(batch)
        self._fuse.step()
        return done

    def record(self, entries: Any, gone: Any = ()) -> None:
        self._fuse.step()
        self._inner.record(entries, gone)
        self._fuse.step()


@dataclass
class World:
    """One source, its index and its ledger."""

    files: MemoryFiles
    store: Any
    ledger: Any
    acl: tuple[str, ...] = ()
    recipe: Recipe = RECIPE
    fuse: Fuse = field(default_factory=Fuse)
    embedder: HashEmbedder = field(default_factory=lambda: HashEmbedder(DIMENSIONS))
    _hours: Any = field(default_factory=lambda: itertools.count(1))

    def sync(self) -> PassReport:
        """One pass, as `ingestd sync` makes it."""
        self.store.undo_unfinished()
        source = Source("docs", Path("/docs"), acl=self.acl)
        store, ledger = Fused(self.store, self.fuse), Fused(self.ledger, self.fuse)
        plan = Planner(self.files, ledger, store, self.recipe).plan(
            [source], self.now(), orphans=True
        )
        redactor = redactors.in_main(RedactionPolicy())
        executor = Executor(
            parser=MemoryParser(self.files, redactor.redact_document),
            embedder=self.embedder,
            counter=WordCounter(limit=48),
            store=store,
            ledger=ledger,
            recipe=self.recipe,
            chunking=CHUNKING,
            shown=redactor.redact_text,
            now=self.now,
        )
        return summary.summarised(plan, executor.run(plan))

    def now(self) -> datetime:
        """A clock that moves an hour at every look."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=next(self._hours))

    def rows(self) -> dict[str, Any]:
        """Every live row by id."""
        return {row.chunk_id: row for rows in self.store.all_rows() for row in rows}

    def from_scratch(self) -> World:
        """An index of the same files that has no history."""
        fresh = World(self.files, MemoryStore(), MemoryLedger(), self.acl, self.recipe)
        fresh.sync()
        return fresh


def in_memory() -> World:
    """A world on the in-memory backends."""
    return World(MemoryFiles(), MemoryStore(), MemoryLedger())


def on_disk(folder: Path) -> World:
    """A world on LanceDB and SQLite."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = generations.create(folder, generations.Generation(0, "model", "test", DIMENSIONS))
    store = LanceStore.create(generation)
    generations.switch(folder, generation)
    return World(MemoryFiles(), store, SqliteLedger(Database(folder / "ledger.db")))


def same_index(world: World, other: World) -> None:
    """Assert law 1: same ids, texts and offsets, vectors equal to a cosine of 0.9999."""
    mine, theirs = world.rows(), other.rows()
    assert mine.keys() == theirs.keys()
    for key, row in mine.items():
        twin = theirs[key]
        for name in ("doc_id", "path", "ordinal", "start", "end", "text", "prefix", "heading"):
            assert getattr(row, name) == getattr(twin, name), name
        assert row.content_hash == twin.content_hash
        assert float(row.vector @ twin.vector) >= 0.9999
