"""Rows: a document's chunks as the index keeps them: made, copied from a twin, re-embedded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ingestd.model.document import Chunk, RedactedDocument
from ingestd.model.ids import (
    ContentHash,
    DocPath,
    EmbedKey,
    TextHash,
    chunk_id,
    doc_id,
    embed_key,
    text_hash,
)
from ingestd.model.index import ChunkRow, DocumentChange, DocumentVersion, Vector
from ingestd.model.recipe import Recipe
from ingestd.ports.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: everything in them that is not text."""

    source: str
    path: DocPath
    shown_path: str
    acl: tuple[str, ...]
    content_hash: ContentHash
    recipe: str
    modified_at: datetime


def keys(chunks: Sequence[Chunk], model: str) -> list[EmbedKey]:
    """Return the key of each chunk's vector."""
    return [embed_key(model, chunk.prefix + chunk.text) for chunk in chunks]


def made(
    origin: Origin,
    document: RedactedDocument,
    chunks: Sequence[Chunk],
    model: str,
    vectors: Mapping[EmbedKey, Vector],
    now: datetime,
) -> DocumentChange:
    """Make a parsed document's rows."""
    times: Counter[TextHash] = Counter()
    rows: list[ChunkRow] = []
    identity = doc_id(origin.source, origin.path)
    for chunk, key in zip(chunks, keys(chunks, model), strict=True):
        text = text_hash(chunk.text)
        rows.append(
            ChunkRow(
                chunk_id=chunk_id(origin.source, origin.path, text, times[text]),
                doc_id=identity,
                source=origin.source,
                path=origin.shown_path,
                title=document.title,
                mime=document.mime,
                lang=document.lang,
                ordinal=chunk.ordinal,
                start=chunk.start,
                end=chunk.end,
                page=chunk.page,
                heading=chunk.heading,
                prefix=chunk.prefix,
                text=chunk.text,
                text_hash=text,
                embed_key=key,
                vector=vectors[key],
                acl=origin.acl,
                meta=document.meta,
                content_hash=origin.content_hash,
                recipe=origin.recipe,
                modified_at=origin.modified_at,
                indexed_at=now,
            )
        )
        times[text] += 1
    return DocumentChange(identity, tuple(rows), _version(origin, document.text, now))


def copied(
    origin: Origin, rows: Sequence[ChunkRow], redacted_text: str, now: datetime
) -> DocumentChange:
    """Copy a twin's rows under another origin; texts and vectors stay as they are."""
    identity = doc_id(origin.source, origin.path)
    times: Counter[TextHash] = Counter()
    copies: list[ChunkRow] = []
    for row in sorted(rows, key=lambda row: row.ordinal):
        copies.append(
            replace(
                row,
                chunk_id=chunk_id(origin.source, origin.path, row.text_hash, times[row.text_hash]),
                doc_id=identity,
                source=origin.source,
                path=origin.shown_path,
                acl=origin.acl,
                modified_at=origin.modified_at,
                indexed_at=now,
            )
        )
        times[row.text_hash] += 1
    return DocumentChange(identity, tuple(copies), _version(origin, redacted_text, now))


def _version(origin: Origin, text: str, now: datetime) -> DocumentVersion:
    return DocumentVersion(
        doc_id=doc_id(origin.source, origin.path),
        version=0,
        content_hash=origin.content_hash,
        recipe=origin.recipe,
        redacted_text=text,
        modified_at=origin.modified_at,
        indexed_at=now,
    )


def instant(mtime_ns: int) -> datetime:
    """Turn a file's time into an instant, to the microsecond; out of range: the epoch."""
    try:
        return datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC).replace(
            microsecond=mtime_ns // 1000 % 1_000_000
        )
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def reembedded(
    portion: Iterable[ChunkRow], embedder: Embedder, model: str, now: datetime
) -> tuple[ChunkRow, ...]:
    """Give rows the vectors of another model; their texts stay as they are."""
    old = tuple(portion)
    texts = [row.prefix + row.text for row in old]
    return tuple(
        replace(
            row,
            vector=vector,
            embed_key=embed_key(model, text),
            recipe=str(replace(Recipe.parse(row.recipe), model=model)),
            indexed_at=now,
        )
        for row, text, vector in zip(old, texts, embedder.embed(texts), strict=True)
    )
