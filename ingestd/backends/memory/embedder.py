"""An embedder and a token counter without a model: words hashed to directions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ingestd.model.index import Vector

_WORD = re.compile(r"\w+|[^\w\s]")


class HashEmbedder:
    """The normalised sum of a pseudo-random direction for each word; counts what it is given."""

    def __init__(self, dimensions: int = 32) -> None:
        self._dimensions = dimensions
        self.texts = 0

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return unit vectors."""
        self.texts += len(texts)
        return np.stack([_unit(self._tokens(text).sum(axis=0)) for text in texts])

    def embed_tokens(self, texts: Sequence[str]) -> list[Vector]:
        """Return each word's direction, and one for either end."""
        return [self._tokens(text) for text in texts]

    def load(self) -> None:
        """Have nothing to load."""

    def release(self, _: float, /) -> bool:
        """Hold nothing that could be given back."""
        return False

    def _tokens(self, text: str) -> Vector:
        words = ["[", *_WORD.findall(text.lower()), "]"]
        return np.stack([_direction(word, self._dimensions) for word in words])


class WordCounter:
    """Counts words and signs as tokens."""

    def __init__(self, limit: int = 64, special: int = 2) -> None:
        self._limit = limit
        self._special = special

    @property
    def limit(self) -> int:
        """The most tokens a chunk may have."""
        return self._limit

    @property
    def special(self) -> int:
        """How many special tokens come on top."""
        return self._special

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count."""
        return [len(_WORD.findall(text)) for text in texts]

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return where words stand, with an empty span for either end."""
        return [[(0, 0), *(m.span() for m in _WORD.finditer(t)), (0, 0)] for t in texts]


@lru_cache(maxsize=4096)
def _direction(word: str, dimensions: int) -> Vector:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    return _unit(np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32))


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
