"""Hashes of rows as they were written: LanceDB reads flipped bits back without a word."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from ingestd.model.ids import EmbedKey
from ingestd.model.index import ChunkRow, DocumentVersion, Vector

_SIZE = 16


def row_hash(row: ChunkRow) -> bytes:
    """Hash all of a row but its vector, and but `live`, which its end changes."""
    return _hash(
        [
            row.chunk_id, row.doc_id, row.source, row.path, row.title, row.mime, row.lang,
            row.ordinal, row.start, row.end, row.page, list(row.heading), row.prefix, row.text,
            row.text_hash, row.embed_key, list(row.acl), sorted(row.meta.items()),
            row.content_hash, row.recipe, row.modified_at.timestamp(), row.indexed_at.timestamp(),
        ]
    )  # fmt: skip


def vector_hash(key: EmbedKey, vector: Vector) -> bytes:
    """Hash a vector with what was embedded: it may outlive the rest of its row."""
    exact = np.ascontiguousarray(vector, dtype="<f4").tobytes()
    return hashlib.blake2b(key.encode() + exact, digest_size=_SIZE).digest()


def version_hash(version: DocumentVersion) -> bytes:
    """Hash a document version, but for when it was superseded."""
    return _hash(
        [
            version.doc_id, version.version, version.content_hash, version.recipe,
            version.redacted_text, version.modified_at.timestamp(), version.indexed_at.timestamp(),
        ]
    )  # fmt: skip


def _hash(values: list[object]) -> bytes:
    written = json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.blake2b(written, digest_size=_SIZE).digest()
