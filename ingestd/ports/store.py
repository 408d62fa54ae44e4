"""The index: rows committed whole, looked up and searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

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


class Store(Protocol):
    """One writer, any number of readers; a reader sees a document's old version or its new one."""

    @property
    def index_version(self) -> int:
        """Grows with every commit, over generations too."""
        ...

    def commit(self, batch: Batch) -> Committed:
        """Replace the rows of the batch's documents by their new ones, all in one step."""
        ...

    def rows(self, doc_ids: Collection[DocId], *, checked: bool = False) -> list[ChunkRow]:
        """Return the live rows of some documents, by document and ordinal.

        `checked`: raises StateCorrupt where one is not as it was written.
        """
        ...

    def passages(
        self, ids: Collection[ChunkId], places: Collection[int] = ()
    ) -> dict[ChunkId, Passage]:
        """Return what some live rows say; those that are not there any more are left out.

        `places`: where a search just saw them, for a store that reads faster by it.
        """
        ...

    def vectors(self, keys: Collection[EmbedKey]) -> Mapping[EmbedKey, Vector]:
        """Return those of the wanted vectors that any document has."""
        ...

    def documents(self, doc_ids: Collection[DocId] | None = None) -> Iterator[StoredDocument]:
        """Yield what is live, of all documents or of some."""
        ...

    def versions(self, doc: DocId) -> list[DocumentVersion]:
        """Return the kept versions of a document, the newest first."""
        ...

    def all_rows(self) -> Iterator[Sequence[ChunkRow]]:
        """Yield every live row, in bounded portions."""
        ...

    def nearest(self, vector: Vector, k: int) -> list[Scored]:
        """Return the ids of the k live rows of the highest cosine."""
        ...

    def matching(self, query: str, k: int) -> list[Scored]:
        """Return the ids and vectors of the k live rows of the highest BM25 score."""
        ...

    def count(self) -> tuple[int, int]:
        """Return how many documents and how many chunks are live."""
        ...

    def tidy(self, *, force: bool = False) -> None:
        """Sweep what is on its way out, compact, and refresh search indexes, where worth it."""
        ...

    def undo_unfinished(self) -> int:
        """Sweep what a crash left between two steps of a commit; return how many rows that were."""
        ...

    def restore(self, versions: Iterable[DocumentVersion]) -> None:
        """Write document versions as they are: what a new generation takes from the old one."""
        ...
