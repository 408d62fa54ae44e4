"""The tables' columns, and rows to Arrow and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ingestd.backends.lancedb.hashing import row_hash, vector_hash, version_hash
from ingestd.model.ids import ContentHash, DocId, EmbedKey, TextHash
from ingestd.model.index import ChunkRow, DocumentVersion, Passage, Vector, outgoing

SCHEMA_VERSION = HASHED = 2
HASHES = ("row_hash", "vector_hash")
"""The columns that the second schema brought: what a row was when it was written."""

PASSAGE = tuple(one.name for one in fields(Passage))
"""What a hit shows. Each further column costs a read, one that never changes most of all."""

OUTGOING = ("chunk_id", "doc_id", "embed_key", "vector")
"""What stays of a row on its way out."""

LIVE = "live = true"
"""What a reader filters by: the other rows are on their way out."""

_INSTANT = pa.timestamp("us", tz="UTC")


def chunks_schema(dimensions: int) -> pa.Schema:
    """Return the columns of `chunks`; `vector` has the model's dimensions."""
    return pa.schema(
        [
            pa.field("chunk_id", pa.string(), nullable=False),
            pa.field("doc_id", pa.string(), nullable=False),
            pa.field("source", pa.string(), nullable=False),
            pa.field("path", pa.string(), nullable=False),
            pa.field("title", pa.string()),
            pa.field("mime", pa.string()),
            pa.field("lang", pa.string()),
            pa.field("ordinal", pa.int32(), nullable=False),
            pa.field("start", pa.int64(), nullable=False),
            pa.field("end", pa.int64(), nullable=False),
            pa.field("page", pa.int32()),
            pa.field("heading", pa.list_(pa.string())),
            pa.field("prefix", pa.string()),
            pa.field("text", pa.string(), nullable=False),
            pa.field("text_hash", pa.string(), nullable=False),
            pa.field("embed_key", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dimensions)),
            pa.field("acl", pa.list_(pa.string())),
            pa.field("meta", pa.string()),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("recipe", pa.string(), nullable=False),
            pa.field("modified_at", _INSTANT),
            pa.field("indexed_at", _INSTANT),
            pa.field("live", pa.bool_(), nullable=False),
            pa.field("row_hash", pa.binary()),
            pa.field("vector_hash", pa.binary()),
        ]
    )


DOCUMENTS_SCHEMA = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("version", pa.int64(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("recipe", pa.string(), nullable=False),
        pa.field("redacted_text", pa.large_string(), nullable=False),
        pa.field("modified_at", _INSTANT),
        pa.field("indexed_at", _INSTANT),
        pa.field("superseded_at", _INSTANT),
        pa.field("row_hash", pa.binary()),
    ]
)


def chunks_table(rows: Sequence[ChunkRow], schema: pa.Schema) -> pa.Table:
    """Write chunk rows as Arrow."""
    dimensions = schema.field("vector").type.list_size
    vectors = np.asarray([row.vector for row in rows], dtype=np.float32).reshape(-1)
    columns: dict[str, Any] = {
        name: [getattr(row, name) for row in rows]
        for name in schema.names
        if name not in ("vector", "heading", "acl", "meta", *HASHES)
    }
    columns["row_hash"] = [row_hash(row) for row in rows]
    columns["vector_hash"] = [vector_hash(row.embed_key, row.vector) for row in rows]
    columns["heading"] = [list(row.heading) for row in rows]
    columns["acl"] = [list(row.acl) for row in rows]
    columns["meta"] = [
        json.dumps(dict(row.meta), ensure_ascii=False, sort_keys=True) for row in rows
    ]
    columns["vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors), dimensions)
    return pa.table(
        [
            columns[f.name] if f.name == "vector" else pa.array(columns[f.name], f.type)
            for f in schema
        ],
        schema=schema,
    )


def passages(table: pa.Table) -> list[Passage]:
    """Read what rows say from Arrow."""
    return [Passage(**_said(row)) for row in table.select(list(PASSAGE)).to_pylist()]


def chunk_rows(table: pa.Table) -> list[ChunkRow]:
    """Read chunk rows from Arrow; further columns, such as scores, are left out.

    Rows without a column `live` were asked for as living ones.
    """
    if table.num_rows == 0:
        return []
    vectors = vectors_of(table)
    left_out = [name for name in ("vector", *HASHES) if name in table.column_names]
    plain = table.drop_columns(left_out).to_pylist()
    return [
        ChunkRow(
            **_said(row),
            mime=row["mime"],
            lang=row["lang"],
            ordinal=row["ordinal"],
            text_hash=TextHash(row["text_hash"]),
            vector=vector,
            acl=tuple(row["acl"] or ()),
            meta=json.loads(row["meta"]),
            live=row.get("live", True),
        )
        for row, vector in zip(plain, vectors, strict=True)
    ]


def outgoing_rows(table: pa.Table, at: datetime) -> list[ChunkRow]:
    """Read rows from Arrow as they are on their way out."""
    if table.num_rows == 0:
        return []
    keys, documents, embedded = (table.column(name).to_pylist() for name in OUTGOING[:3])
    several = zip(keys, documents, embedded, vectors_of(table), strict=True)
    return [outgoing(*row, at) for row in several]


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in PASSAGE} | {"heading": tuple(row["heading"] or ())}


def vectors_of(table: pa.Table) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return the column `vector` as an array of shape (rows, dimensions)."""
    column = table.column("vector").combine_chunks()
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(table.num_rows, column.type.list_size)


def is_sound(table: pa.Table, rows: Sequence[ChunkRow]) -> list[bool]:
    """Say of each row whether it is as it was written; of a table without hashes, that it is."""
    if any(name not in table.column_names for name in HASHES):
        return [True] * len(rows)
    whole, vectors = (table.column(name).to_pylist() for name in HASHES)
    return [
        row_hash(row) == one and vector_hash(row.embed_key, row.vector) == other
        for row, one, other in zip(rows, whole, vectors, strict=True)
    ]


def sound_vectors(table: pa.Table) -> dict[EmbedKey, Vector]:
    """Return the vectors that are as they were written, by what was embedded."""
    if table.num_rows == 0:
        return {}
    keys = [EmbedKey(key) for key in table.column("embed_key").to_pylist()]
    pairs = zip(keys, vectors_of(table), strict=True)
    if "vector_hash" not in table.column_names:
        return dict(pairs)
    hashes = table.column("vector_hash").to_pylist()
    return {
        key: vector
        for (key, vector), wanted in zip(pairs, hashes, strict=True)
        if vector_hash(key, vector) == wanted
    }


def sound_versions(table: pa.Table) -> list[tuple[DocumentVersion, bool]]:
    """Return document versions, each with whether it is as it was written."""
    versions = document_versions(table)
    if "row_hash" not in table.column_names:
        return [(version, True) for version in versions]
    hashes = table.column("row_hash").to_pylist()
    return [(v, version_hash(v) == wanted) for v, wanted in zip(versions, hashes, strict=True)]


def versions_table(versions: Iterable[DocumentVersion]) -> pa.Table:
    """Write document versions as Arrow."""
    names = [name for name in DOCUMENTS_SCHEMA.names if name != "row_hash"]
    rows = [
        {name: getattr(version, name) for name in names} | {"row_hash": version_hash(version)}
        for version in versions
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENTS_SCHEMA)


def document_versions(table: pa.Table) -> list[DocumentVersion]:
    """Read document versions from Arrow."""
    return [
        DocumentVersion(
            doc_id=DocId(row["doc_id"]),
            version=row["version"],
            content_hash=ContentHash(row["content_hash"]),
            recipe=row["recipe"],
            redacted_text=row["redacted_text"],
            modified_at=row["modified_at"],
            indexed_at=row["indexed_at"],
            superseded_at=row["superseded_at"],
        )
        for row in table.to_pylist()
    ]
