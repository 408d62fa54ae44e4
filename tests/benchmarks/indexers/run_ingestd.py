"""ingestd itself, in the process that the others get too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingestd.app import passes
from tests.benchmarks import harness

from .worker import Given, serve


class Ingestd:
    """A writing system, its parser children started and its model loaded."""

    def __init__(self, docs: Path, scratch: Path, _: Path, given: Given) -> None:
        self._opened = harness.system(docs, scratch / "state")
        self._system = self._opened.__enter__()
        self._system.parser.warm(2)
        embed = self._system.embedder.embed
        embed(["the model is loaded"])
        self._given: list[str] = []

        def noting(texts: Any) -> Any:
            given.take(texts)
            self._given += texts
            return embed(texts)

        self._embed = embed
        self._passes = 0
        self._system.embedder.embed = noting  # type: ignore[method-assign]

    def update(self) -> None:
        """Reconcile: the first time as `ingestd sync` does, then as the daemon does."""
        first = self._passes == 0
        passes.sync(self._system, orphans=first, light=not first)
        self._passes += 1
        if self._passes % 64 == 0:
            passes.tidy(self._system)

    def floor(self) -> None:
        """Only embed all the texts that were embedded until now, as fast as it goes."""
        self._embed(self._given)

    def rows(self) -> int:
        """Count live chunks."""
        return self._system.store.count()[1]


serve(Ingestd)
