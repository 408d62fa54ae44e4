"""Dry runs: the real index and ledger to read from, and writes that go nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from ingestd.model.ids import ChunkId, ContentHash, DocId, DocPath, EmbedKey
from ingestd.model.index import (
    Batch,
    ChunkRow,
    Committed,
    DocumentVersion,
    Passage,
    Scored,
    StoredDocument,
    Vector,
)
from ingestd.model.ledger import KnownSource, LedgerEntry, Settled
from ingestd.ports.ledger import Ledger
from ingestd.ports.store import Store


class DryStore:
    """A store whose commits only remember which vectors they would have brought."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fresh: dict[EmbedKey, Vector] = {}

    @property
    def index_version(self) -> int:
        """The version that is read."""
        return self._store.index_version

    def commit(self, batch: Batch) -> Committed:
        """Count what would go; change nothing."""
        removed: dict[DocId, int] = {}
        for change in batch.changes:
            fresh = {row.chunk_id for row in change.rows}
            before = self._store.rows([change.doc_id])
            removed[change.doc_id] = sum(row.chunk_id not in fresh for row in before)
            self._fresh.update((row.embed_key, row.vector) for row in change.rows)
        return Committed(self.index_version, removed)

    def vectors(self, keys: Collection[EmbedKey]) -> Mapping[EmbedKey, Vector]:
        """Return known vectors, those of earlier dry commits too."""
        fresh = {key: self._fresh[key] for key in keys if key in self._fresh}
        return {**self._store.vectors(keys), **fresh}

    def rows(self, doc_ids: Collection[DocId], *, checked: bool = False) -> list[ChunkRow]:
        """Read on."""
        return self._store.rows(doc_ids, checked=checked)

    def passages(
        self, ids: Collection[ChunkId], places: Collection[int] = ()
    ) -> dict[ChunkId, Passage]:
        """Read on."""
        return self._store.passages(ids, places)

    def documents(self, doc_ids: Collection[DocId] | None = None) -> Iterator[StoredDocument]:
        """Read on."""
        return self._store.documents(doc_ids)

    def versions(self, doc: DocId) -> list[DocumentVersion]:
        """Read on."""
        return self._store.versions(doc)

    def all_rows(self) -> Iterator[Sequence[ChunkRow]]:
        """Read on."""
        return self._store.all_rows()

    def nearest(self, vector: Vector, k: int) -> list[Scored]:
        """Read on."""
        return self._store.nearest(vector, k)

    def matching(self, query: str, k: int) -> list[Scored]:
        """Read on."""
        return self._store.matching(query, k)

    def count(self) -> tuple[int, int]:
        """Read on."""
        return self._store.count()

    def tidy(self, *, force: bool = False) -> None:
        """Nothing to tidy."""

    def undo_unfinished(self) -> int:
        """Nothing is undone."""
        return 0

    def restore(self, versions: Iterable[DocumentVersion]) -> None:
        """Nothing is written."""


class DryLedger:
    """A ledger that records nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def entries(
        self, source: str | None = None, paths: Collection[DocPath] | None = None
    ) -> list[LedgerEntry]:
        """Read on."""
        return self._ledger.entries(source, paths)

    def divided(
        self, source: str, recipe: str, acl: tuple[str, ...]
    ) -> tuple[dict[DocPath, Settled], list[LedgerEntry]]:
        """Read on."""
        return self._ledger.divided(source, recipe, acl)

    def with_content(self, content_hash: ContentHash) -> list[LedgerEntry]:
        """Read on."""
        return self._ledger.with_content(content_hash)

    def record(
        self, entries: Iterable[LedgerEntry], gone: Iterable[tuple[str, DocPath]] = ()
    ) -> None:
        """Record nothing."""

    def indexed(self) -> Mapping[str, int]:
        """Read on."""
        return self._ledger.indexed()

    def sources(self) -> Sequence[KnownSource]:
        """Read on."""
        return self._ledger.sources()

    def record_source(self, source: KnownSource) -> None:
        """Record nothing."""

    def record_watching(self, name: str, root: bytes, watching: str, fault: str = "") -> None:
        """Record nothing."""


class NoEmbedder:
    """Gives every text the zero vector: what would be embedded is counted by the lane itself."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return zeros."""
        return np.zeros((len(texts), self._dimensions), dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[Vector]:
        """Return zeros."""
        return [np.zeros((1, self._dimensions), dtype=np.float32) for _ in texts]

    def load(self) -> None:
        """Have nothing to load."""

    def release(self, _: float, /) -> bool:
        """Hold nothing that could be given back."""
        return False
