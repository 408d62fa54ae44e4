"""The ledger in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ingestd.model.ids import MEMBER_SEPARATOR, ContentHash, DocPath
from ingestd.model.ledger import DocState, KnownSource, LedgerEntry, Settled


class MemoryLedger:
    """Entries in a dictionary."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, DocPath], LedgerEntry] = {}
        self._sources: dict[str, KnownSource] = {}

    def entries(
        self, source: str | None = None, paths: Collection[DocPath] | None = None
    ) -> list[LedgerEntry]:
        """Return entries at or below the paths."""
        return [
            entry
            for key, entry in sorted(self._entries.items())
            if (source is None or entry.source == source)
            and (paths is None or any(_below(entry.path, path) for path in paths))
        ]

    def divided(
        self, source: str, recipe: str, acl: tuple[str, ...]
    ) -> tuple[dict[DocPath, Settled], list[LedgerEntry]]:
        """Tell settled documents from all the other entries."""
        entries = self.entries(source)
        containers = {entry.container for entry in entries}
        settled: dict[DocPath, Settled] = {}
        others: list[LedgerEntry] = []
        for entry in entries:
            if (
                entry.stat is not None
                and entry.recipe == recipe
                and (entry.acl == acl or entry.indexed_hash is None)
                and entry.state is not DocState.QUARANTINED
                and entry.container is None
                and entry.path not in containers
            ):
                settled[entry.path] = (entry.path, *entry.stat, entry.state.value)
            else:
                others.append(entry)
        return settled, others

    def with_content(self, content_hash: ContentHash) -> list[LedgerEntry]:
        """Return the entries whose indexed content is this."""
        return [e for _, e in sorted(self._entries.items()) if e.indexed_hash == content_hash]

    def record(
        self, entries: Iterable[LedgerEntry], gone: Iterable[tuple[str, DocPath]] = ()
    ) -> None:
        """Write and forget entries."""
        for key in gone:
            self._entries.pop(key, None)
        for entry in entries:
            self._entries[entry.source, entry.path] = entry

    def indexed(self) -> Mapping[str, int]:
        """Return how many documents of each source are in the index."""
        return Counter(e.source for e in self._entries.values() if e.indexed_hash is not None)

    def sources(self) -> Sequence[KnownSource]:
        """Return the known sources."""
        return [self._sources[name] for name in sorted(self._sources)]

    def record_source(self, source: KnownSource) -> None:
        """Remember a source, but for how it is watched."""
        before = self._sources.get(source.name, KnownSource(source.name, source.root))
        self._sources[source.name] = replace(source, watching=before.watching, fault=before.fault)

    def record_watching(self, name: str, root: bytes, watching: str, fault: str = "") -> None:
        """Remember how a source is watched."""
        before = self._sources.get(name, KnownSource(name, root))
        self._sources[name] = replace(before, watching=watching, fault=fault)


def _below(path: str, folder: str) -> bool:
    return (
        folder == "" or path == folder or path.startswith((folder + "/", folder + MEMBER_SEPARATOR))
    )
