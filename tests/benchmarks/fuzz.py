"""The launch checklist at length: 100,000 plantings over the handbook and the odd formats."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingestd.app.fuzz import rounds
from ingestd.config import loading

from . import harness
from .harness import Figure, at_least, at_most, shown

TRIALS = 100_000
MINUTES = 15


def run() -> Iterator[Figure]:
    """Plant under the default policy, and count what is seen again."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        docs = harness.handbook(folder / "handbook")
        config = loading.for_folders([], folder)
        embedding = config.file.embedding.model_copy(update={"models_dir": str(harness.MODELS)})
        file = config.file.model_copy(update={"embedding": embedding})
        report = rounds.run(
            replace(config, file=file),
            [str(docs), str(harness.DATA / "formats")],
            trials=TRIALS,
            seed=1,
            told=lambda _, __, ___: None,
            reproducers=Path("ingestd-fuzz-leaks"),
        )
    for leak in report.leaks:
        print(f"  leak: {leak}", file=sys.stderr, flush=True)
    yield shown("plantings", report.trials)
    yield shown("documents", report.documents)
    yield at_most("leaks", len(report.leaks), 0)
    yield at_least("share of the documents' words kept", report.share_kept, 0.995)
    yield at_most("minutes", report.seconds / 60, MINUTES)
