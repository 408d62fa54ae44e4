"""Opening the state database: durable settings, schema versions, and refusing what is corrupt."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingestd.errors import IngestdError, StateCorrupt, Unavailable

_MIGRATIONS = (
    """
    CREATE TABLE entries (
        source TEXT NOT NULL, path TEXT NOT NULL, real_path BLOB NOT NULL,
        shown_path TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
        size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER,
        content_hash TEXT, recipe TEXT NOT NULL, acl TEXT NOT NULL, container TEXT,
        indexed_hash TEXT, index_version INTEGER, chunks INTEGER NOT NULL,
        findings TEXT NOT NULL, attempts INTEGER NOT NULL, next_attempt_at TEXT, seen_at TEXT,
        PRIMARY KEY (source, path)
    ) WITHOUT ROWID;
    CREATE INDEX entries_by_content ON entries (indexed_hash) WHERE indexed_hash IS NOT NULL;
    CREATE INDEX entries_by_state ON entries (state) WHERE state != 'indexed';
    CREATE TABLE sources (
        name TEXT PRIMARY KEY, root BLOB NOT NULL, last_scan_at TEXT,
        watching TEXT NOT NULL DEFAULT 'none'
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE checks (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, reason TEXT NOT NULL,
        index_version INTEGER NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL,
        unknown INTEGER NOT NULL, seconds REAL NOT NULL
    );
    CREATE INDEX checks_by_time ON checks (at);
    CREATE TABLE results (
        check_id INTEGER NOT NULL REFERENCES checks (id), question_id TEXT NOT NULL,
        status TEXT NOT NULL, diagnosis TEXT, severity TEXT NOT NULL, question TEXT NOT NULL,
        expected TEXT NOT NULL, answer TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL,
        path TEXT NOT NULL, caused_by TEXT, chunks TEXT NOT NULL, firing INTEGER NOT NULL,
        rank INTEGER
    );
    CREATE INDEX results_by_check ON results (check_id);
    CREATE INDEX results_by_question ON results (question_id);
    CREATE TABLE questions (
        id TEXT PRIMARY KEY, status TEXT NOT NULL, diagnosis TEXT NOT NULL, streak INTEGER NOT NULL,
        since TEXT, recent TEXT NOT NULL, anchor TEXT, confirmed_at TEXT, confirmed_hash TEXT,
        truth TEXT NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, answered_from TEXT NOT NULL,
        rank INTEGER NOT NULL, baseline_rank INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE lags (
        source TEXT NOT NULL, hour INTEGER NOT NULL, bucket INTEGER NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (source, hour, bucket)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE alerts (
        fingerprint TEXT PRIMARY KEY, state TEXT NOT NULL, ends_at REAL, content TEXT NOT NULL
    );
    CREATE TABLE notices (id TEXT PRIMARY KEY, at REAL NOT NULL, content TEXT NOT NULL);
    CREATE INDEX notices_by_time ON notices (at);
    CREATE TABLE deliveries (
        number INTEGER PRIMARY KEY, notice_id TEXT NOT NULL REFERENCES notices (id),
        receiver TEXT NOT NULL, fingerprint TEXT NOT NULL, episode TEXT NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL,
        is_open INTEGER NOT NULL DEFAULT 0, heard INTEGER NOT NULL DEFAULT 0,
        told TEXT NOT NULL DEFAULT '', ended_at REAL
    );
    CREATE INDEX deliveries_by_notice ON deliveries (notice_id);
    CREATE INDEX deliveries_by_episode ON deliveries (fingerprint, episode);
    CREATE INDEX deliveries_in_order ON deliveries (receiver, number) WHERE state = 'waiting';
    CREATE INDEX deliveries_heads ON deliveries (receiver, fingerprint, number)
        WHERE state = 'waiting';
    CREATE TABLE receivers (
        name TEXT PRIMARY KEY, failures INTEGER NOT NULL, closed_until REAL, gone TEXT NOT NULL,
        address TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE silences (
        id INTEGER PRIMARY KEY, matches TEXT NOT NULL, ends_at REAL NOT NULL, comment TEXT NOT NULL
    );
    CREATE TABLE gauges (
        name TEXT NOT NULL, hour INTEGER NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (name, hour)
    ) WITHOUT ROWID;
    ALTER TABLE sources ADD COLUMN fault TEXT NOT NULL DEFAULT '';
    ALTER TABLE sources ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sources ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sources ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sources ADD COLUMN deleted_since TEXT;
    """,
    """
    ALTER TABLE sources ADD COLUMN device INTEGER;
    """,
    """
    CREATE INDEX entries_by_container ON entries (source, container) WHERE container IS NOT NULL;
    CREATE INDEX entries_by_version ON entries (index_version);
    """,
)
SCHEMA_VERSION = len(_MIGRATIONS)


class Database:
    """A connection to `ledger.db`."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if read_only:
                self._connection = sqlite3.connect(
                    f"{path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            else:
                self._connection = sqlite3.connect(
                    path, isolation_level=None, check_same_thread=False
                )
                self._connection.execute("PRAGMA journal_mode=WAL")
            # WAL with FULL keeps what it acknowledged over a power cut; NORMAL may not.
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA busy_timeout=10000")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise StateCorrupt(
                    f"{path}: made by a newer ingestd (schema {version}, this one knows "
                    f"{SCHEMA_VERSION}). Use that one, or another state_dir"
                )
            if version < SCHEMA_VERSION and not read_only:
                self._migrate(version)
                version = SCHEMA_VERSION
            self.version: int = version
        except sqlite3.DatabaseError as error:
            raise self._fault(error) from error

    def _migrate(self, version: int) -> None:
        if version > 0:
            shutil.copy2(self.path, self.path.with_suffix(f".db.v{version}"))
        with self.transaction() as connection:
            for number, script in enumerate(_MIGRATIONS[version:], version + 1):
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")

    def _fault(self, error: sqlite3.DatabaseError) -> IngestdError:
        if isinstance(error, sqlite3.OperationalError):
            # Busy for too long, a full disk, a lost mount: nothing is wrong with the file.
            return Unavailable(f"{self.path}: {error}; nothing was written, trying again may help")
        return StateCorrupt(
            f"{self.path}: SQLite cannot read the ledger ({type(error).__name__}); it was left as "
            "it is. Run: ingestd rebuild. It puts the file aside and makes a new one from disk and "
            "index; nothing is embedded again"
        )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction; it is on disk when the block ends, or nothing of it is."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise self._fault(error) from error

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """Return what a query gives."""
        return self._fetched(sqlite3.Row, statement, values)

    def tuples(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query gives without its columns' names: for many rows, in less time."""
        return self._fetched(None, statement, values)

    def _fetched(self, row: Any, statement: str, values: tuple[object, ...]) -> list[Any]:
        try:
            cursor = self._connection.cursor()
            cursor.row_factory = row
            return cursor.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
