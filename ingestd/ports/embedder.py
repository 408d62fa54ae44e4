"""Turning texts into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingestd.model.index import Vector


class Embedder(Protocol):
    """An embedding model, loaded when it is first needed."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def load(self) -> None:
        """Load the model ahead of the first text, beside what else is done, where it can be."""
        ...

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return unit vectors, shape (len(texts), dimensions), in the order of the texts."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[Vector]:
        """Return for each text the unit vectors of its tokens, special ones included."""
        ...

    def release(self, idle_seconds: float, /) -> bool:
        """Give back what calls have left behind, where the last one is so long ago.

        Returns whether there was anything.
        """
        ...
