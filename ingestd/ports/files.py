"""Looking at the files of a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import Settled
from ingestd.model.source import FoundFile, Obstacle, Root, Source


class Files(Protocol):
    """The file system below the roots."""

    def scan(
        self,
        source: Source,
        below: Collection[bytes] | None = None,
        expected: dict[DocPath, Settled] | None = None,
    ) -> Iterator[FoundFile | Obstacle]:
        """Yield what a source holds, or what stands at or below some real paths of it.

        A file that is as it was expected is taken out of `expected`, and not told of.

        Raises SourceUnavailable where the root cannot be listed.
        """
        ...

    def root(self, source: Source) -> Root:
        """Look at a source's root; raises SourceUnavailable where it cannot be listed."""
        ...

    def content_hash(self, source: Source, file: FoundFile) -> ContentHash:
        """Hash a file's bytes; raises OSError where they cannot be read."""
        ...

    def identity(self, real_path: bytes) -> DocPath:
        """Return a real path's identity."""
        ...
