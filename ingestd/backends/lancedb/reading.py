"""Reading a table of the index: by what its rows say, or where they stand; several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.background_loop import LOOP

_ALL = 2**31 - 1


class Reader:
    """One table, always at its newest version.

    Through LanceDB's asynchronous interface: the synchronous one asks for the table's schema twice
    a query, 4 ms at a million rows, and can only do one at a time.
    """

    def __init__(self, folder: Path, name: str, session: lancedb.Session) -> None:
        self._table = LOOP.run(_opened(folder, name, session))

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
        if columns is not None:
            query = query.select([name for name in columns if name != "_rowid"])
            query = query.with_row_id() if "_rowid" in columns else query
        return self.together(query)[0]

    def taken(self, places: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return rows by their `_rowid`; those that have gone since are left out."""
        return self.together(self._table.take_row_ids(list(places)).select(list(columns)))[0]


async def _opened(folder: Path, name: str, session: lancedb.Session) -> Any:
    database = await lancedb.connect_async(
        str(folder), read_consistency_interval=timedelta(0), session=session
    )
    return await database.open_table(name)


async def _together(queries: Sequence[Any], seconds: float | None) -> list[pa.Table]:
    async with asyncio.timeout(seconds):
        return list(await asyncio.gather(*(query.to_arrow() for query in queries)))
