"""Reading a table of the index: by what its rows say, or where they stand; several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.background_loop import LOOP

from ingestd.backends.lancedb.upkeep import COMPARED

_ALL = 2**31 - 1
_CACHE = 8 << 20
"""Bytes: of where the columns of a large table's files lie."""


class Reader:
    """One table, always at its newest version.

    Through LanceDB's asynchronous interface: the synchronous one asks for the table's schema twice
    a query, 4 ms at a million rows, and can only do one at a time.
    """

    def __init__(self, folder: Path, name: str, session: lancedb.Session) -> None:
        self._table = LOOP.run(_opened(folder, name, session))
        self._folder = folder / f"{name}.lance"
        self._core: Any = None
        self._turn = Lock()  # LanceDB's core is not to be asked while it looks for a new version.

    @property
    def is_large(self) -> bool:
        """Whether rows are worth reading by LanceDB's core: half the time, and 21 MB of memory."""
        if self._core is None and LOOP.run(self._table.count_rows()) >= COMPARED:
            import lance

            self._core = lance.dataset(
                self._folder, index_cache_size_bytes=0, metadata_cache_size_bytes=_CACHE
            )
        return self._core is not None

    def query(self) -> Any:
        """Begin a query for `together`."""
        return self._table.query()

    def together(self, *queries: Any, seconds: float | None = None) -> list[pa.Table]:
        """Return what several queries find, each while the others wait.

        :raises TimeoutError: they took longer than so many seconds.
        """
        found: list[pa.Table] = LOOP.run(_together(queries, seconds))
        return found

    def where(
        self, condition: str, columns: Sequence[str] | None = None, most: int = _ALL
    ) -> pa.Table:
        """Return the rows that a condition holds for; `_rowid` is a column like others."""
        query = self.query().where(condition).limit(most)
        return self.together(query if columns is None else _selected(query, columns))[0]

    def taken(self, places: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return rows by their `_rowid`, in no order; those that have gone since are left out."""
        if self.is_large:
            with self._turn, suppress(OSError):  # As it says of a row that has gone, or is damaged.
                self._core.checkout_latest()
                found: pa.Table = self._core._take_rows(sorted(places), list(columns))
                return found
        query = _selected(self._table.take_row_ids(list(places)), columns)
        return self.together(query)[0]


def _selected(query: Any, columns: Sequence[str]) -> Any:
    query = query.select([name for name in columns if name != "_rowid"])
    return query.with_row_id() if "_rowid" in columns else query


async def _opened(folder: Path, name: str, session: lancedb.Session) -> Any:
    database = await lancedb.connect_async(
        str(folder), read_consistency_interval=timedelta(0), session=session
    )
    return await database.open_table(name)


async def _together(queries: Sequence[Any], seconds: float | None) -> list[pa.Table]:
    async with asyncio.timeout(seconds):
        return list(await asyncio.gather(*(query.to_arrow() for query in queries)))
