"""Gauges: how a number has stood in the last hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingestd.backends.sqlite.database import Database


class SqliteGauges:
    """The least value of each hour, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, name: str, value: int, now: datetime, window: timedelta) -> int:
        """Note a value of this hour; return the least one within a window."""
        hour, first = hour_of(now), hour_of(now - window)
        rows = self._database.rows(
            "SELECT min(value) AS least, max(hour = ?) AS noted FROM gauges"
            " WHERE name = ? AND hour >= ?",
            hour, name, first,
        )  # fmt: skip
        least = rows[0]["least"]
        if not rows[0]["noted"] or value < least:
            with self._database.transaction() as connection:
                connection.execute(
                    "INSERT INTO gauges (name, hour, value) VALUES (?, ?, ?)"
                    " ON CONFLICT (name, hour) DO UPDATE SET value = min(value, excluded.value)",
                    (name, hour, value),
                )
                connection.execute("DELETE FROM gauges WHERE hour < ?", (first,))
        return value if least is None else min(value, int(least))


def hour_of(at: datetime) -> int:
    """Number the hours."""
    return int(at.timestamp() // 3600)
