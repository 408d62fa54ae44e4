"""Truths in databases, over SQLAlchemy: read only, within a time limit."""

from __future__ import annotations

import re
import threading
from typing import Any

import sqlalchemy
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ingestd.model.check import TruthReading
from ingestd.model.golden import SqlQuery, Truth

_READS = re.compile(
    r"^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:select|with|values|table)\b", re.IGNORECASE | re.DOTALL
)
_SQLITE = "sqlite"
_POSTGRESQL = "postgresql"


class SqlTruth:
    """Runs one query of a golden question."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def read(self, truth: Truth) -> TruthReading:
        """Return the first column of the first row; several rows for a set."""
        if not isinstance(truth, SqlQuery):
            raise TypeError("an SQL truth")
        if not _READS.match(truth.query):
            return TruthReading(
                error="truth: sql: only a query that reads is run: begin with SELECT"
            )
        try:
            url = sqlalchemy.make_url(truth.url)
            engine = self._engine(url)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            return TruthReading(
                error=f"truth: sql: {_dialect(truth.url)}: no such database can be opened "
                f"({type(error).__name__}); for PostgreSQL: pip install 'ingestd[postgresql]'"
            )
        try:
            return self._run(engine, truth.query)
        except SQLAlchemyError as error:
            return TruthReading(error=f"truth: sql: {_said(error)}")
        finally:
            engine.dispose()

    def _engine(self, url: sqlalchemy.URL) -> sqlalchemy.Engine:
        name = url.get_backend_name()
        if name == _SQLITE and url.database:
            # Opened as a file that is only read: a wrong path makes no empty database.
            read_only = url.set(
                database=f"file:{url.database}", query={"mode": "ro", "uri": "true"}
            )
            return sqlalchemy.create_engine(read_only, connect_args={"check_same_thread": False})
        if name == _POSTGRESQL:
            limit = int(self._seconds * 1000)
            options = f"-c default_transaction_read_only=on -c statement_timeout={limit}"
            driver = url if "+" in url.drivername else url.set(drivername="postgresql+psycopg")
            return sqlalchemy.create_engine(
                driver,
                connect_args={"options": options, "connect_timeout": max(2, int(self._seconds))},
            )
        return sqlalchemy.create_engine(url)

    def _run(self, engine: sqlalchemy.Engine, query: str) -> TruthReading:
        with engine.connect() as connection:
            timer = threading.Timer(self._seconds, self._interrupt, (connection,))
            timer.daemon = True
            timer.start()
            try:
                rows = connection.execute(sqlalchemy.text(query)).fetchmany(1000)
            except SQLAlchemyError as error:
                if not timer.is_alive():
                    return TruthReading(error=f"truth: sql: no result within {self._seconds:g} s")
                return TruthReading(error=f"truth: sql: {_said(error)}")
            finally:
                timer.cancel()
                connection.rollback()
        values = [_text(row[0]) for row in rows if row[0] is not None]
        if not values:
            return TruthReading(
                error="truth: sql: the query gives no row, or nothing in its first column"
            )
        return TruthReading(tuple(values))

    def _interrupt(self, connection: sqlalchemy.Connection) -> None:
        raw: Any = connection.connection.driver_connection
        for name in ("interrupt", "cancel"):  # SQLite's word, and psycopg's
            if hasattr(raw, name):
                getattr(raw, name)()
                return


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _dialect(url: str) -> str:
    return url.split(":", 1)[0]


def _said(error: SQLAlchemyError) -> str:
    """Return a database's own words, without the query and without the address."""
    own = getattr(error, "orig", None)
    return " ".join(str(own or type(error).__name__).split())[:200]
