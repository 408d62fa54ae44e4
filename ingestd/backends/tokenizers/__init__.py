"""Counting tokens with the Rust library `tokenizers`, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from tokenizers import Tokenizer

from ingestd.errors import ModelUnavailable

_T = TypeVar("_T")


class ModelTokenizer:
    """A model folder's own tokenizer, with the truncation that it may bake in turned off."""

    def __init__(self, folder: Path, limit: int) -> None:
        path = folder / "tokenizer.json"
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # The library raises bare Exception.
            raise ModelUnavailable(f"{path}: not a tokenizer that can be read") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._limit = limit
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=False)

    @property
    def limit(self) -> int:
        """The most tokens the model reads."""
        return self._limit

    @property
    def special(self) -> int:
        """How many special tokens the model adds."""
        return self._special

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count tokens, special ones left out."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids as the model is given them, cut at its window."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=True)
        return [_cut(encoding.ids, self._limit) for encoding in encoded]

    def spans(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return where tokens stand, cut at the window like their ids."""
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=True)
        return [_cut(encoding.offsets, self._limit) for encoding in encoded]


def _cut(tokens: list[_T], limit: int) -> list[_T]:
    return tokens if len(tokens) <= limit else [*tokens[: limit - 1], tokens[-1]]
