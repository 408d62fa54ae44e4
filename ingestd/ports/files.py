"""Looking at the files of a source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import NOTHING, Settled
from ingestd.model.source import FoundFile, Obstacle, Root, Source


class Files(Protocol):
    """The file system below the roots."""

    def scan(
        self,
        source: Source,
        below: Collection[bytes] | None = None,
        known: Mapping[DocPath, Settled] = NOTHING,
    ) -> Iterator[FoundFile | Obstacle | DocPath]:
        """Yield what a source holds, or what stands at or below some real paths of it.

        Of a file that is as it is known comes its identity alone.

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
