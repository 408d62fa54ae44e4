"""What is known of each file; can be lost, and is then rebuilt from disk and store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import KnownSource, LedgerEntry, Settled


class Ledger(Protocol):
    """Entries by (source, path)."""

    def entries(
        self, source: str | None = None, paths: Collection[DocPath] | None = None
    ) -> list[LedgerEntry]:
        """Return a source's entries, or those at or below some paths, containers' members too."""
        ...

    def divided(
        self, source: str, recipe: str, acl: tuple[str, ...]
    ) -> tuple[dict[DocPath, Settled], list[LedgerEntry]]:
        """Tell a source's settled documents, by this recipe and acl, from all the other entries.

        What is quarantined, a member of a container, or has members, is among the others.
        """
        ...

    def with_content(self, content_hash: ContentHash) -> list[LedgerEntry]:
        """Return the entries whose indexed content is this."""
        ...

    def record(
        self, entries: Iterable[LedgerEntry], gone: Iterable[tuple[str, DocPath]] = ()
    ) -> None:
        """Write entries and forget others, in one transaction that is on disk when it returns."""
        ...

    def indexed(self) -> Mapping[str, int]:
        """Return how many documents of each source are in the index."""
        ...

    def sources(self) -> Sequence[KnownSource]:
        """Return the sources that were synced into this state folder."""
        ...

    def record_source(self, source: KnownSource) -> None:
        """Remember a source, but for how it is watched."""
        ...

    def record_watching(self, name: str, root: bytes, watching: str, fault: str = "") -> None:
        """Remember how a source is watched, and what is wrong with that."""
        ...
