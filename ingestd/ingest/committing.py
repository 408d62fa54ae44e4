"""Committing: what is prepared is embedded where it is new, stored, recorded and told.

Store first, ledger second: a crash between them means that it is done again, and doing it again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ingestd.model.document import Chunk
from ingestd.model.ids import DocId, DocPath, EmbedKey, doc_id
from ingestd.model.index import Batch, Committed, DocumentChange, Vector
from ingestd.model.ledger import LedgerEntry
from ingestd.model.passes import Action, DocumentDone
from ingestd.ports.embedder import Embedder
from ingestd.ports.ledger import Ledger
from ingestd.ports.store import Store


@dataclass(slots=True)
class Pending:
    """A document on its way into the next commit."""

    done: DocumentDone
    change: DocumentChange | None
    entry: LedgerEntry | None
    gone: tuple[str, DocPath] | None = None
    make: Callable[[dict[EmbedKey, Vector], datetime], DocumentChange] | None = None
    chunks: tuple[Chunk, ...] = ()
    keys: list[EmbedKey] = field(default_factory=list)


class Committer:
    """Brings prepared documents into index and ledger."""

    def __init__(
        self, embedder: Embedder, store: Store, ledger: Ledger, now: Callable[[], datetime]
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._ledger = ledger
        self._now = now
        self.reuse = True
        """False: every chunk is embedded, also where the index has its vector."""

    def commit(self, pending: list[Pending]) -> Iterator[DocumentDone]:
        """Embed what no document has yet, commit, record, and tell."""
        if not pending:
            return
        vectors, spent = self._vectors(pending)
        now = self._now()
        for one in pending:
            if one.make is not None:
                one.change = one.make(vectors, now)
        changes = tuple(one.change for one in pending if one.change is not None)
        committed = Committed(self._store.index_version, {})
        if changes:
            committed = self._store.commit(Batch(changes, now))
        # Ledger last: a crash here means redo, and redo is harmless.
        self._ledger.record(
            [
                replace(one.entry, index_version=committed.index_version)
                if one.change is not None and one.change.rows
                else one.entry
                for one in pending
                if one.entry is not None
            ],
            [one.gone for one in pending if one.gone is not None],
        )
        for one in pending:
            mine = [spent.pop(key) for key in one.keys if key in spent]
            removed = committed.removed.get(one.change.doc_id, 0) if one.change else 0
            yield replace(
                one.done,
                embedded=len(mine),
                tokens=sum(mine),
                removed=removed,
                findings=one.entry.findings if one.make is not None and one.entry else {},
                index_version=committed.index_version,
                doc_id=one.change.doc_id if one.change is not None else None,
                changed_at=_changed_at(one.entry),
            )

    def _vectors(
        self, pending: Iterable[Pending]
    ) -> tuple[dict[EmbedKey, Vector], dict[EmbedKey, int]]:
        """Look vectors up in the whole index, embed the missing; also return the tokens spent."""
        wanted: dict[EmbedKey, Chunk] = {}
        for one in pending:
            for key, piece in zip(one.keys, one.chunks, strict=True):
                wanted.setdefault(key, piece)
        if not wanted:
            return {}, {}
        vectors = dict(self._store.vectors(wanted)) if self.reuse else {}
        missing = {key: piece for key, piece in wanted.items() if key not in vectors}
        if missing:
            texts = [piece.prefix + piece.text for piece in missing.values()]
            vectors.update(zip(missing, self._embedder.embed(texts), strict=True))
        return vectors, {key: piece.tokens for key, piece in missing.items()}


def _changed_at(entry: LedgerEntry | None) -> datetime | None:
    """Return when a document's file was last changed; its inode's time cannot be put back."""
    if entry is None or entry.stat is None:
        return None
    return datetime.fromtimestamp(entry.stat.ctime_ns / 1e9, UTC)


def leaving(entry: LedgerEntry) -> Pending:
    """Prepare a document that leaves ledger and index."""
    identity = doc_id(entry.source, entry.path)
    change = DocumentChange(identity) if entry.indexed_hash is not None else None
    done = DocumentDone(Action.DELETE, entry.source, entry.shown_path, None)
    return Pending(done, change, None, (entry.source, entry.path))


def orphan(source: str, identity: str) -> Pending:
    """Prepare rows that neither disk nor ledger knows."""
    done = DocumentDone(Action.DELETE, source, "", None, "in the index, but nowhere on disk")
    return Pending(done, DocumentChange(DocId(identity)), None)
