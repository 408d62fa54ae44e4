"""The first index and the replay of 100 commits, beside LlamaIndex, LangChain and CocoIndex.

COMMITS=100 sets how many. Every system is one warm process with the same model, writing into
LanceDB; none of the peers redacts, and none but ingestd parses more than plain text.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingestd.backends.sentence_transformers import folders

from . import harness
from .harness import Figure, at_least, at_most, shown
from .indexers import environments
from .indexers.process import Update, started


@dataclass
class Run:
    """What one system took."""

    first: Update
    replayed: list[Update]
    floor: float = 0.0
    """Seconds for embedding alone, told by ingestd only."""

    @property
    def seconds(self) -> float:
        """Of all commits."""
        return sum(one.seconds for one in self.replayed)

    @property
    def tokens(self) -> int:
        """Of all commits."""
        return sum(one.tokens for one in self.replayed)


def run() -> Iterator[Figure]:
    """Run one system after the other over folders of their own."""
    runs: dict[str, Run] = {}
    for name in ("ingestd", *environments.PEERS):
        python = Path(sys.executable) if name == "ingestd" else environments.python(name)
        with tempfile.TemporaryDirectory() as scratch:
            runs[name] = _run(name, python, Path(scratch))
        yield from _told(name, runs[name])
    ours = runs.pop("ingestd")
    yield shown("embedding alone, as fast as it goes here", ours.floor, "s")
    yield at_most("first index, times that floor", ours.first.seconds / ours.floor, 1.6)
    fastest = min(one.first.seconds for one in runs.values())
    yield at_least("first index, times as fast as the best", fastest / ours.first.seconds, 3)
    # What this processor would allow if all but embedding were free.
    yield shown("  that floor, times as fast as the best", fastest / ours.floor)
    least = min(one.tokens for one in runs.values())
    yield at_most("replay, tokens to the least of the others", ours.tokens / least, 0.7)
    fastest = min(one.seconds for one in runs.values())
    yield at_most("replay, wall to the fastest of the others", ours.seconds / fastest, 0.5)
    cut = ours.first.cut + sum(one.cut for one in ours.replayed)
    yield at_most("tokens lost to the window, ingestd", cut, 0)


def _run(name: str, python: Path, scratch: Path) -> Run:
    docs = harness.handbook(scratch / "docs")
    model = folders.find(folders.EMBEDDED_DEFAULT, scratch, scratch).path
    count = int(os.environ.get("COMMITS", "100"))
    with started(python, f"run_{name.lower()}", docs, scratch / "work", model) as process:
        made = Run(process.update(), [])
        if name == "ingestd":
            made.floor = process.update("floor").seconds
        for operations in islice(harness.commits(), count):
            harness.apply(docs, operations)
            made.replayed.append(process.update())
    return made


def _told(name: str, run: Run) -> Iterator[Figure]:
    last = run.replayed[-1] if run.replayed else run.first
    yield shown(f"{name}: first index", run.first.seconds, "s")
    yield shown("  tokens given to the embedder", run.first.tokens)
    yield shown("  of them cut off by its window", run.first.cut)
    yield shown(f"  {len(run.replayed)} commits", run.seconds, "s")
    yield shown("  texts embedded", sum(one.texts for one in run.replayed))
    yield shown("  tokens given to the embedder", run.tokens)
    yield shown("  rows at the end", last.rows)
