"""The store in memory."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ingestd.model.ids import ChunkId, DocId, EmbedKey
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


class MemoryStore:
    """Rows in a dictionary; a commit swaps it whole, so a reader never sees a half."""

    def __init__(self) -> None:
        self._rows: dict[ChunkId, ChunkRow] = {}
        self._versions: list[DocumentVersion] = []
        self._version = 0

    @property
    def index_version(self) -> int:
        """Counts commits."""
        return self._version

    def commit(self, batch: Batch) -> Committed:
        """Replace the documents' rows."""
        changed = {change.doc_id for change in batch.changes}
        fresh = {row.chunk_id: row for change in batch.changes for row in change.rows}
        removed = dict.fromkeys(changed, 0)
        for row in self._rows.values():
            if row.doc_id in changed and row.chunk_id not in fresh:
                removed[row.doc_id] += 1
        kept = {key: row for key, row in self._rows.items() if row.doc_id not in changed}
        self._version += 1
        self._versions = [
            replace(version, superseded_at=batch.at)
            if version.doc_id in changed and version.superseded_at is None
            else version
            for version in self._versions
        ] + [
            replace(change.version, version=self._version)
            for change in batch.changes
            if change.version is not None
        ]
        self._rows = {**kept, **fresh}
        return Committed(self._version, removed)

    def rows(
        self,
        doc_ids: Collection[DocId],
        *,
        checked: bool = False,  # noqa: ARG002
    ) -> list[ChunkRow]:
        """Return some documents' rows; memory forgets nothing."""
        wanted = set(doc_ids)
        found = [row for row in self._rows.values() if row.doc_id in wanted]
        return sorted(found, key=lambda row: (row.doc_id, row.ordinal))

    def passages(
        self,
        ids: Collection[ChunkId],
        places: Collection[int] = (),  # noqa: ARG002
    ) -> dict[ChunkId, Passage]:
        """Return some rows; memory has no places."""
        return {key: self._rows[key] for key in ids if key in self._rows}

    def vectors(self, keys: Collection[EmbedKey]) -> Mapping[EmbedKey, Vector]:
        """Return known vectors."""
        wanted = set(keys)
        return {row.embed_key: row.vector for row in self._rows.values() if row.embed_key in wanted}

    def documents(self, doc_ids: Collection[DocId] | None = None) -> Iterator[StoredDocument]:
        """Yield what is known of each document."""
        counts = Counter(row.doc_id for row in self._rows.values())
        seen: set[DocId] = set()
        for row in self._rows.values():
            if row.doc_id in seen or (doc_ids is not None and row.doc_id not in doc_ids):
                continue
            seen.add(row.doc_id)
            yield StoredDocument(
                row.doc_id, row.source, row.content_hash, row.recipe, row.acl, counts[row.doc_id]
            )

    def versions(self, doc: DocId) -> list[DocumentVersion]:
        """Return a document's versions."""
        found = [version for version in self._versions if version.doc_id == doc]
        return sorted(found, key=lambda version: version.version, reverse=True)

    def all_rows(self) -> Iterator[Sequence[ChunkRow]]:
        """Yield every row."""
        if self._rows:
            yield list(self._rows.values())

    def nearest(self, vector: Vector, k: int) -> list[Scored]:
        """Return the ids of the highest cosine."""
        scored = [Scored(key, float(np.dot(vector, row.vector))) for key, row in self._rows.items()]
        return sorted(scored, key=lambda s: (-s.score, s.chunk_id))[:k]

    def matching(self, query: str, k: int) -> list[Scored]:
        """Return the ids of the highest BM25 score, words taken as they are."""
        texts = {key: _words(row.prefix + row.text) for key, row in self._rows.items()}
        frequency = Counter(word for words in texts.values() for word in set(words))
        mean = sum(map(len, texts.values())) / max(len(texts), 1) or 1.0
        scored: list[Scored] = []
        for key, words in texts.items():
            counts = Counter(words)
            score = sum(
                math.log(1 + (len(texts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                * counts[word] * 2.2 / (counts[word] + 1.2 * (0.25 + 0.75 * len(words) / mean))
                for word in _words(query)
                if counts[word]
            )  # fmt: skip
            if score > 0:
                scored.append(Scored(key, score, self._rows[key].vector))
        return sorted(scored, key=lambda s: (-s.score, s.chunk_id))[:k]

    def count(self) -> tuple[int, int]:
        """Return how many documents and chunks there are."""
        return len({row.doc_id for row in self._rows.values()}), len(self._rows)

    def tidy(self, *, force: bool = False) -> None:
        """Nothing is on its way out here."""

    def undo_unfinished(self) -> int:
        """A commit here is never half done."""
        return 0

    def restore(self, versions: Iterable[DocumentVersion]) -> None:
        """Take document versions as they are."""
        self._versions += versions


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
