"""The embedder on OpenVINO."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ingestd.errors import ModelUnavailable
from ingestd.model.embedding import ModelFolder
from ingestd.model.index import Vector

_log = logging.getLogger("ingestd")

GRAPH_VERSION = 1
_BATCH = 8
"""As fast as larger ones on two cores, and with a quarter of their memory."""
_STREAMS = min(len(os.sched_getaffinity(0)), 4)
_STEP = 16
"""Lengths are rounded up: each new shape costs memory for good."""


class TokenIds(Protocol):
    """The model's tokenizer."""

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return token ids, special ones included, cut at the window."""
        ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts of like length, as the model takes them."""

    rows: list[int]
    """Their places in the call."""
    lengths: list[int]
    tokens: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]


class OpenvinoEmbedder:
    """A model as one graph; converted at its first use, compiled at the first text."""

    def __init__(
        self, model: ModelFolder, tokenizer: TokenIds, cache: Path, precision: str = "auto"
    ) -> None:
        self._folder = model
        self._tokenizer = tokenizer
        self._graph = cache / f"{model.fingerprint}.v{GRAPH_VERSION}.xml"
        self._bf16 = precision == "bf16" or (precision == "auto" and has_bf16())
        self._turn = threading.Lock()
        self._running = 0

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._folder.dimensions

    def load(self) -> None:
        """Compile the graph, where the model has been converted."""
        if self._graph.is_file():
            with self._turn:
                _ = self._compiled

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return unit vectors."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)

        def take(request: Any, batch: _Batch) -> None:
            vectors[batch.rows] = request.get_output_tensor(0).data

        self._run(texts, take)
        # bf16 leaves the length a little off one.
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[Vector]:
        """Return the unit vectors of each text's tokens."""
        found: dict[int, Vector] = {}

        def take(request: Any, batch: _Batch) -> None:
            # The tensor is the model's own memory until the next call: what is taken is a copy.
            tokens = request.get_output_tensor(1).data
            for index, row in enumerate(batch.rows):
                found[row] = np.array(tokens[index, : batch.lengths[index]], dtype=np.float32)

        self._run(texts, take)
        return [found[row] for row in range(len(texts))]

    def release(self) -> None:
        """Give back the memory that calls work in, some 30 MB, where no call is at work."""
        if "_compiled" in self.__dict__:
            with self._turn:
                if not self._running:
                    self._compiled.release_memory()

    def _run(self, texts: Sequence[str], take: Callable[[Any, _Batch], None]) -> None:
        """Let `take` have what each batch of texts of like length gives."""
        openvino = _openvino()
        with self._turn:
            compiled = self._compiled
            self._running += 1
        try:
            # A queue of its own: who asks during a long run waits for a batch, not for its end.
            queue = openvino.AsyncInferQueue(compiled, _STREAMS)
            queue.set_callback(take)
            for batch in _batches(self._tokenizer.ids(texts), self._folder.max_tokens):
                queue.start_async([batch.tokens, batch.mask], userdata=batch)
            queue.wait_all()
        finally:
            with self._turn:
                self._running -= 1

    @cached_property
    def _compiled(self) -> Any:
        if not self._graph.is_file():
            self.prepare()
        core = _openvino().Core()
        settings = {
            # Two cores work at a text each rather than both at one: an eighth faster.
            "PERFORMANCE_HINT": "THROUGHPUT",
            "NUM_STREAMS": str(_STREAMS),
            "INFERENCE_PRECISION_HINT": "bf16" if self._bf16 else "f32",
        }
        return core.compile_model(str(self._graph), "CPU", settings)

    def prepare(self) -> None:
        """Convert the model where that has not been done; a few seconds, and torch, in a child."""
        if self._graph.is_file():
            return
        _log.info("converting %s for OpenVINO; this is done once", self._folder.name)
        self._graph.parent.mkdir(parents=True, exist_ok=True)
        part = self._graph.with_name(f"{self._graph.stem}.{os.getpid()}.part.xml")
        command = [
            sys.executable, "-m", "ingestd.backends.openvino.convert",
            str(self._folder.path), str(part),
        ]  # fmt: skip
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise ModelUnavailable(
                f"embedding.model: {self._folder.path}: OpenVINO cannot convert it "
                f"({lines[-1][:200] if lines else done.returncode}). Run it on torch: "
                'embedding.backend = "torch"'
            )
        # The weights first: a crash between leaves no graph without its weights.
        os.replace(part.with_suffix(".bin"), self._graph.with_suffix(".bin"))
        os.replace(part, self._graph)


def _openvino() -> Any:
    """Import OpenVINO, without two parts of it.

    Its telemetry reports over the network and writes below the home folder; converters of models,
    which only the child needs that converts, take 0.15 s and 8 MB.
    """
    os.environ.setdefault("OPENVINO_TELEMETRY_OPT_OUT", "1")
    for unused in ("openvino_telemetry", "openvino.tools.ovc"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _batches(ids: Sequence[Sequence[int]], most: int) -> Iterator[_Batch]:
    """Yield texts of like length together, as many as are worth it; the longest first.

    A few are shared out, so that no core waits for another with all of them.
    """
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]), reverse=True)
    size = min(-(-len(ids) // (2 * _STREAMS)), _BATCH)
    for start in range(0, len(order), max(size, 1)):
        rows = order[start : start + size]
        lengths = [len(ids[row]) for row in rows]
        longest = min(-(-max(lengths) // _STEP) * _STEP, most)
        tokens = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for index, row in enumerate(rows):
            tokens[index, : lengths[index]] = ids[row]
            mask[index, : lengths[index]] = 1
        yield _Batch(rows, lengths, tokens, mask)


def has_bf16() -> bool:
    """Say whether this processor computes in bf16."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
