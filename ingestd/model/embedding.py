"""An embedding model on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers model, found on this machine."""

    name: str
    path: Path
    fingerprint: str
    """Hash of its weights, tokenizer and settings: another model, another fingerprint."""
    tokenizer_fingerprint: str
    max_tokens: int
    """The most tokens it reads, special ones included."""
    dimensions: int
