"""What the index holds: chunk rows, document versions, and the batch that changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from ingestd.model.ids import ChunkId, ContentHash, DocId, EmbedKey, TextHash

Vector = npt.NDArray[np.float32]
"""Shape (dimensions,) or (n, dimensions), unit length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a chunk says, and where it says so: as much of its row as an answer needs."""

    chunk_id: ChunkId
    doc_id: DocId
    source: str
    path: str
    title: str
    start: int
    end: int
    page: int | None
    heading: tuple[str, ...]
    prefix: str
    text: str
    embed_key: EmbedKey
    content_hash: ContentHash
    recipe: str
    modified_at: datetime
    indexed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRow(Passage):
    """A row of the table `chunks`."""

    mime: str
    lang: str
    ordinal: int
    text_hash: TextHash
    vector: Vector
    acl: tuple[str, ...]
    meta: Mapping[str, str]
    live: bool = True


def outgoing(
    chunk_id: ChunkId, doc_id: DocId, embed_key: EmbedKey, vector: Vector, at: datetime
) -> ChunkRow:
    """Return a row on its way out: it says nothing any more, but its vector can be taken over."""
    return ChunkRow(
        chunk_id=chunk_id, doc_id=doc_id, source="", path="", title="", mime="", lang="",
        ordinal=0, start=0, end=0, page=None, heading=(), prefix="", text="",
        text_hash=TextHash(""), embed_key=embed_key, vector=vector, acl=(), meta={},
        content_hash=ContentHash(""), recipe="", modified_at=at, indexed_at=at, live=False,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """A row of the table `documents`: one version of one document."""

    doc_id: DocId
    version: int
    content_hash: ContentHash
    recipe: str
    redacted_text: str
    modified_at: datetime
    indexed_at: datetime
    superseded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document's new rows; none where it leaves the index."""

    doc_id: DocId
    rows: tuple[ChunkRow, ...] = ()
    version: DocumentVersion | None = None
    """`version.version` is filled by the store; absent where the document leaves."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that change together, in one commit."""

    changes: tuple[DocumentChange, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did."""

    index_version: int
    removed: Mapping[DocId, int]
    """Rows that went, for each document of the batch."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the index says of a document, without its rows."""

    doc_id: DocId
    source: str
    content_hash: ContentHash
    recipe: str
    acl: tuple[str, ...]
    chunks: int


@dataclass(frozen=True, slots=True)
class Scored:
    """A live row that a search found, with the score of that search."""

    chunk_id: ChunkId
    score: float
    vector: Vector | None = None
    """Its own, from a search that does not compare vectors."""
    place: int | None = None
    """Where it stood, of a store that has places."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a hit stood in one of the searches; rank 1 is the best."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that answers a question, and why."""

    rank: int
    score: float
    row: Passage
    why: Mapping[str, Standing] = field(default_factory=dict)
