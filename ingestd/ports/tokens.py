"""Counting and placing tokens as the embedding model does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TokenCounter(Protocol):
    """The model's own tokenizer, never truncating."""

    @property
    def limit(self) -> int:
        """The most tokens the model reads, special tokens included."""
        ...

    @property
    def special(self) -> int:
        """How many special tokens the model adds to every text."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, special tokens left out."""
        ...


class TokenSpans(Protocol):
    """The same tokenizer, saying where in a text its tokens stand."""

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return each token's span `[start, end)`, special ones as empty spans.

        As many as the embedder returns vectors of: cut at the model's window.
        """
        ...
