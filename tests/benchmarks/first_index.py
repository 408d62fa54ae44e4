"""First index of the handbook, end to end, against sentence-transformers embedding alone."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ingestd.app import passes
from ingestd.backends.sentence_transformers.embedder import TorchEmbedder

from . import harness
from .harness import Figure, at_least, at_most, shown


def run() -> Iterator[Figure]:
    """Index, then let `encode` embed the same texts in its default batches."""
    with tempfile.TemporaryDirectory() as scratch:
        docs = harness.handbook(Path(scratch) / "docs")
        with harness.system(docs, Path(scratch) / "state") as system:
            system.embedder.embed(["the model is converted and loaded"])
            began = time.monotonic()
            passes.sync(system)
            ours = time.monotonic() - began
            texts = [r.prefix + r.text for rows in system.store.all_rows() for r in rows]
            model = TorchEmbedder(system.model, "cpu")
            vectors = [r.vector for rows in system.store.all_rows() for r in rows]
        model.embed(["the model is loaded"])
        began = time.monotonic()
        theirs = model.embed(texts)
        peer = time.monotonic() - began
        yield shown("chunks", len(texts))
        yield shown("ingestd, files to searchable, children started in it", ours, "s")
        yield shown("sentence-transformers encode, fp32, the texts alone", peer, "s")
        yield at_least("times as fast as that embedding alone", peer / ours, 2)
        cosine = min(float(a @ b) for a, b in zip(vectors, theirs, strict=True))
        yield at_least("least cosine to its vectors", cosine, 0.999)
        command = [sys.executable, "-m", "ingestd", "sync", str(docs)]
        subprocess.run(command, cwd=Path(scratch), check=True, capture_output=True)
        times = []
        for _ in range(3):
            began = time.monotonic()
            subprocess.run(command, cwd=Path(scratch), check=True, capture_output=True)
            times.append(time.monotonic() - began)
        yield at_most("ingestd sync with nothing to do, whole process", sorted(times)[1], 3, "s")
        times = []
        for _ in range(5):
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "ingestd", "--help"], check=True, capture_output=True
            )
            times.append(time.monotonic() - began)
        yield at_most("ingestd --help, whole process", sorted(times)[2], 0.3, "s")
