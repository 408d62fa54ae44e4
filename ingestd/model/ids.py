"""Identities and how they are derived: identity comes from origin, reuse from content."""

from __future__ import annotations

import hashlib
from typing import NewType

DocPath = NewType("DocPath", str)
"""Path below its source's root: POSIX slashes, NFC, bytes that are no UTF-8 as `%XX`."""

DocId = NewType("DocId", str)
ChunkId = NewType("ChunkId", str)
TextHash = NewType("TextHash", str)
EmbedKey = NewType("EmbedKey", str)
ContentHash = NewType("ContentHash", str)
"""SHA-256 of a file's bytes, in hex."""

MEMBER_SEPARATOR = "!/"
"""Between a container's path and a member's: `mail.eml!/offer.pdf`."""


def digest(*parts: str) -> str:
    """Hash strings to 32 hex digits; each part carries its length, so no two lists collide."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "big"))
        state.update(encoded)
    return state.hexdigest()


def doc_id(source: str, path: str) -> DocId:
    """Identify a document by where it comes from."""
    return DocId(digest("document", source, path))


def text_hash(text: str) -> TextHash:
    """Identify a chunk's text."""
    return TextHash(digest("text", text))


def chunk_id(source: str, path: str, text: TextHash, occurrence: int) -> ChunkId:
    """Identify a chunk; `occurrence` counts equal texts within one document from 0."""
    return ChunkId(digest("chunk", source, path, text, str(occurrence)))


def embed_key(model: str, embedded_input: str) -> EmbedKey:
    """Identify a vector: the model's fingerprint and the very text that it was given."""
    return EmbedKey(digest("vector", model, embedded_input))
