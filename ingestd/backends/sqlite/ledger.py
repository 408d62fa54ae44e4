"""The ledger in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from ingestd.backends.sqlite.database import Database
from ingestd.model.ids import MEMBER_SEPARATOR, ContentHash, DocId, DocPath, doc_id
from ingestd.model.ledger import DocState, KnownSource, LedgerEntry, Settled
from ingestd.model.source import FileStat

_COLUMNS = (
    "source", "path", "real_path", "shown_path", "state", "reason", "size", "mtime_ns",
    "ctime_ns", "inode", "content_hash", "recipe", "acl", "container", "indexed_hash",
    "index_version", "chunks", "findings", "attempts", "next_attempt_at", "seen_at",
)  # fmt: skip
_LATER, _DEVICES = 3, 4
"""The schemas that brought what is remembered of deletions and faults, and of devices."""
_PLACES = ", ".join("?" for _ in _COLUMNS)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM entries"  # noqa: S608
_SETTLED = (
    "recipe = ? AND (acl = ? OR indexed_hash IS NULL) AND state != ? AND size IS NOT NULL"
    " AND container IS NULL AND path NOT IN (SELECT container FROM entries WHERE source = ?"
    " AND container IS NOT NULL)"
)
_COMPARED = (
    f"SELECT path, size, mtime_ns, ctime_ns, inode, CASE WHEN {_SETTLED} THEN state END"  # noqa: S608
    " FROM entries WHERE source = ?"
)
# SQLite uses the index of what is not indexed only where it is asked in its very words.
_COUNTED = "SELECT source, count(*) AS n FROM entries WHERE state = ? GROUP BY source"
_COUNTED_BY_INDEX = _COUNTED.replace(" GROUP", " AND state != 'indexed' GROUP")
_STALE = (
    "SELECT source, path FROM entries"
    " WHERE indexed_hash IS NOT NULL AND state = ? AND state != 'indexed'"
)
_STATES = {state.value: state for state in DocState}
_UPSERT = f"INSERT OR REPLACE INTO entries ({', '.join(_COLUMNS)}) VALUES ({_PLACES})"  # noqa: S608


class SqliteLedger:
    """Entries by (source, path)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(
        self, source: str | None = None, paths: Collection[DocPath] | None = None
    ) -> list[LedgerEntry]:
        """Return entries at or below the paths; members of containers are below them."""
        if source is None:
            found = self._database.rows(f"{_SELECT} ORDER BY source, path")
        elif paths is None or "" in paths:
            found = self._database.rows(f"{_SELECT} WHERE source = ? ORDER BY path", source)
        else:
            by_path: dict[str, sqlite3.Row] = {}
            for path in paths:
                for low, high in (
                    (path, path),
                    (path + "/", path + "0"),  # "0" follows "/"
                    (path + MEMBER_SEPARATOR, path + "!0"),
                ):
                    for row in self._database.rows(
                        f"{_SELECT} WHERE source = ? AND path >= ? AND path <= ?",
                        source, low, high,
                    ):  # fmt: skip
                        if row["path"] == path or row["path"] != high:
                            by_path[row["path"]] = row
            found = list(by_path.values())
        return [_entry(row) for row in found]

    def divided(
        self, source: str, recipe: str, acl: tuple[str, ...]
    ) -> tuple[dict[DocPath, Settled], list[LedgerEntry]]:
        """Tell settled documents from all the other entries; the former in a fraction of time."""
        values = (recipe, _json(acl), DocState.QUARANTINED.value, source, source)
        found = self._database.tuples(_COMPARED, *values)
        settled: dict[DocPath, Settled] = {row[0]: row for row in found if row[5] is not None}
        if len(settled) == len(found):
            return settled, []
        others = f"{_SELECT} WHERE NOT ({_SETTLED}) AND source = ? ORDER BY path"
        return settled, [_entry(row) for row in self._database.tuples(others, *values)]

    def count(self, state: DocState) -> dict[str, int]:
        """Return how many documents of each source are in a state."""
        sql = _COUNTED if state is DocState.INDEXED else _COUNTED_BY_INDEX
        rows = self._database.rows(sql, state.value)
        return {row["source"]: row["n"] for row in rows}

    def stale(self) -> frozenset[DocId]:
        """Return the documents that answer with an older version: their newest cannot be read."""
        rows = self._database.rows(_STALE, DocState.QUARANTINED.value)
        return frozenset(doc_id(row["source"], DocPath(row["path"])) for row in rows)

    def indexed(self) -> dict[str, int]:
        """Return how many documents of each source are in the index."""
        rows = self._database.rows(
            "SELECT source, count(*) AS n FROM entries WHERE indexed_hash IS NOT NULL"
            " GROUP BY source"
        )
        return {row["source"]: row["n"] for row in rows}

    def versions(self) -> dict[DocId, int]:
        """Return the index version at which each indexed document was last written."""
        rows = self._database.rows(
            "SELECT source, path, index_version FROM entries WHERE indexed_hash IS NOT NULL"
        )
        return {doc_id(r["source"], DocPath(r["path"])): r["index_version"] or 0 for r in rows}

    def fault(self) -> str:
        """Say what SQLite finds wrong with the database; nothing where it is whole."""
        (row,) = self._database.rows("PRAGMA integrity_check(1)")
        return "" if row[0] == "ok" else str(row[0])

    def newest_version(self) -> int:
        """Return the newest index version that any document was written at."""
        (row,) = self._database.rows("SELECT max(index_version) AS newest FROM entries")
        return row["newest"] or 0

    def with_content(self, content_hash: ContentHash) -> list[LedgerEntry]:
        """Return the entries whose indexed content is this."""
        rows = self._database.rows(
            f"{_SELECT} WHERE indexed_hash = ? ORDER BY source, path", content_hash
        )
        return [_entry(row) for row in rows]

    def record(
        self, entries: Iterable[LedgerEntry], gone: Iterable[tuple[str, DocPath]] = ()
    ) -> None:
        """Write and forget entries in one transaction."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM entries WHERE source = ? AND path = ?", gone)
            connection.executemany(_UPSERT, map(_values, entries))

    def sources(self) -> Sequence[KnownSource]:
        """Return the sources that were synced into this state folder."""
        return [
            KnownSource(
                row["name"],
                row["root"],
                _instant(row["last_scan_at"]),
                row["watching"],
                device=row["device"] if self._database.version >= _DEVICES else None,
                **(_later(row) if self._database.version >= _LATER else {}),
            )
            for row in self._database.rows("SELECT * FROM sources ORDER BY name")
        ]

    def record_source(self, source: KnownSource) -> None:
        """Remember a source, but for how it is watched: another thread writes that."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sources (name, root, last_scan_at, held, approved, deleted,"
                " deleted_since, device) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET"
                " root = excluded.root, last_scan_at = excluded.last_scan_at,"
                " held = excluded.held, approved = excluded.approved,"
                " deleted = excluded.deleted, deleted_since = excluded.deleted_since,"
                " device = excluded.device",
                (
                    source.name,
                    source.root,
                    _text(source.last_scan_at),
                    source.held,
                    source.approved,
                    source.deleted,
                    _text(source.deleted_since),
                    source.device,
                ),
            )

    def record_watching(self, name: str, root: bytes, watching: str, fault: str = "") -> None:
        """Remember how a source is watched, and what is wrong with that."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sources (name, root, watching, fault) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET watching = excluded.watching,"
                " fault = excluded.fault",
                (name, root, watching, fault),
            )


def _later(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "fault": row["fault"],
        "held": row["held"],
        "approved": bool(row["approved"]),
        "deleted": row["deleted"],
        "deleted_since": _instant(row["deleted_since"]),
    }


def _values(entry: LedgerEntry) -> tuple[object, ...]:
    stat = entry.stat
    return (
        entry.source, entry.path, entry.real_path, entry.shown_path, entry.state.value,
        entry.reason, *((stat.size, stat.mtime_ns, stat.ctime_ns, stat.inode) if stat else
        (None,) * 4), entry.content_hash, entry.recipe, _json(entry.acl),
        entry.container, entry.indexed_hash, entry.index_version, entry.chunks,
        json.dumps(dict(entry.findings), sort_keys=True), entry.attempts,
        _text(entry.next_attempt_at), _text(entry.seen_at),
    )  # fmt: skip


def _entry(row: sqlite3.Row | tuple[Any, ...]) -> LedgerEntry:
    # By place, in the order of _COLUMNS: a reconcile reads every entry, and names cost a search.
    (
        source, path, real_path, shown_path, state, reason, size, mtime_ns, ctime_ns, inode,
        content_hash, recipe, acl, container, indexed_hash, index_version, chunks, findings,
        attempts, next_attempt_at, seen_at,
    ) = row  # fmt: skip
    return LedgerEntry(
        source,
        path,
        real_path,
        shown_path,
        _STATES[state],
        reason,
        FileStat(size, mtime_ns, ctime_ns, inode) if size is not None else None,
        content_hash,
        recipe,
        _words(acl),
        container,
        indexed_hash,
        index_version,
        chunks,
        dict(_counts(findings)),
        attempts,
        _instant(next_attempt_at),
        _instant(seen_at),
    )


def _json(words: tuple[str, ...]) -> str:
    return json.dumps(list(words))


@lru_cache(maxsize=256)
def _words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


@lru_cache(maxsize=256)
def _counts(text: str) -> dict[str, int]:
    return dict(json.loads(text))


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


@lru_cache(maxsize=256)
def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
