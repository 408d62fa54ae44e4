"""The embedder on OpenVINO."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
_FEW = 32
"""Texts that go one by one: nothing is padded, and no core waits for another with several."""
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
        self._compiled: Any = None
        self._turn = threading.Lock()
        self._running = 0
        self._used_at: float | None = None
        """When the last call ended; `None`: there was none since the graph was compiled."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._folder.dimensions

    def load(self) -> None:
        """Compile the graph, where the model has been converted."""
        if self._graph.is_file():
            self._loaded()

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

    def release(self, idle_seconds: float, /) -> bool:
        """Compile the graph anew where it has worked, and rests; this takes 0.4 s.

        It keeps for good what each length has needed, and its weights in every order that some
        length wants them in: 100 MB after some hundred texts. The call after is 0.05 s slower.
        """
        with self._turn:
            if self._running or self._used_at is None or not self._graph.is_file():
                return False
            if time.monotonic() - self._used_at < idle_seconds:
                return False
            self._used_at = None
        fresh = self._compile()
        with self._turn:
            self._compiled = fresh
        return True

    def _run(self, texts: Sequence[str], take: Callable[[Any, _Batch], None]) -> None:
        """Let `take` have what each batch of texts of like length gives."""
        openvino = _openvino()
        compiled = self._loaded()
        with self._turn:
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
                self._used_at = time.monotonic()

    def _loaded(self) -> Any:
        with self._turn:
            if self._compiled is None:
                self._compiled = self._compile()
            return self._compiled

    def _compile(self) -> Any:
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
    """Yield texts of like length together, as many as are worth it; the longest first."""
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]), reverse=True)
    size = 1 if len(ids) <= _FEW else _BATCH
    for start in range(0, len(order), size):
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
