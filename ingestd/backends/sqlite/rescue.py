"""Rescue: carrying over what can be read of a state database that is damaged."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ingestd.backends.sqlite.database import Database

_OF_DOCUMENTS = "entries"
"""What disk and index say better."""


def fault(path: Path) -> str:
    """Say what SQLite finds wrong with a database; nothing where it is whole."""
    try:
        with closing(_opened(path)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else str(found)


def carry_over(path: Path, aside: Path) -> int:
    """Move a damaged database aside and make a new one of its readable rows; return how many.

    All tables but that of documents: alerts and what waits to be delivered, checks, sources.
    """
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            shutil.move(part, aside / part.name)
    fresh = Database(path)
    count = 0
    with closing(_opened(aside / path.name)) as old:
        for table, columns in _tables(fresh).items():
            for row in _rows(old, table, columns):
                count += _written(fresh, table, columns, row)
    fresh.close()
    return count


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _tables(database: Database) -> dict[str, list[str]]:
    names = database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        row["name"]: [
            column["name"] for column in database.rows(f"PRAGMA table_info({row['name']})")
        ]
        for row in names
        if row["name"] != _OF_DOCUMENTS
    }


def _rows(
    connection: sqlite3.Connection, table: str, columns: list[str]
) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    try:
        cursor = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608
        while (row := cursor.fetchone()) is not None:
            found.append(row)
    except sqlite3.DatabaseError:
        pass  # As far as it goes: the rest is what is lost.
    return found


def _written(database: Database, table: str, columns: list[str], row: tuple[object, ...]) -> bool:
    places = ", ".join("?" for _ in columns)
    try:
        with database.transaction() as connection:
            connection.execute(
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})",  # noqa: S608
                row,
            )
    except Exception as error:
        if isinstance(error.__cause__, sqlite3.DatabaseError):
            return False
        raise
    return True
