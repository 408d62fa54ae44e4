"""A reader beside the writer: for one thread, opened anew after a switch of the index."""

from __future__ import annotations

from pathlib import Path

from ingestd.app.build import System
from ingestd.backends.lancedb import generations
from ingestd.retrieval.matching import TokenVectors

_USES = 100
"""Then the index is opened anew: its caches keep files open that nobody reads any more."""


class Beside:
    """What one thread reads with while another writes."""

    def __init__(self, system: System, passages: int) -> None:
        """Take how many passages' token vectors are kept, 100 KB each."""
        self._writer = system
        self._passages = passages
        self._reader: System | None = None
        self._generation: Path | None = None
        self._uses = 0

    def system(self) -> System:
        """Return the reader, as the index is now."""
        current = generations.current(self._writer.folder.path)
        if self._reader is None:
            self._reader = self._writer.beside()
            self._reader.__dict__["token_vectors"] = TokenVectors(
                self._reader.embedder, self._reader.tokenizer, self._passages
            )
        elif current != self._generation or self._uses >= _USES:
            self._reader.reopen()
            self._uses = 0
        self._uses += 1
        self._generation = current
        return self._reader
