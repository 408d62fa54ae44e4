"""Embedding on torch: the way without OpenVINO, and the one for CUDA."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ingestd.model.embedding import ModelFolder
from ingestd.model.index import Vector

_BATCH = 32


class TorchEmbedder:
    """A SentenceTransformer, loaded at the first text."""

    def __init__(self, model: ModelFolder, device: str) -> None:
        self._folder = model
        self._device = device

    @cached_property
    def _model(self) -> Any:
        os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(
            str(self._folder.path), device=self._device, local_files_only=True
        )
        model.max_seq_length = self._folder.max_tokens
        return model

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._folder.dimensions

    def load(self) -> None:
        """Leave it to the first text: two threads would load it twice."""

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return unit vectors."""
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[Vector]:
        """Return the unit vectors of each text's tokens."""
        found = self._model.encode(
            list(texts),
            batch_size=_BATCH,
            output_value="token_embeddings",
            show_progress_bar=False,
        )
        tokens = [np.asarray(one.float().cpu(), dtype=np.float32) for one in found]
        return [one / np.linalg.norm(one, axis=1, keepdims=True) for one in tokens]

    def release(self, _: float, /) -> bool:
        """Give back what the GPU's allocator keeps; on a CPU there is nothing."""
        if self._device == "cuda" and "_model" in self.__dict__:
            import torch

            torch.cuda.empty_cache()
        return False  # Nothing of the process's own memory.


def cuda_is_there() -> bool:
    """Say whether an NVIDIA driver is loaded, before torch is imported to ask it."""
    return os.path.exists("/proc/driver/nvidia/version")
