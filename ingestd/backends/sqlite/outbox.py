"""Alerts, their outbox, silences and gauges in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from ingestd.backends.sqlite.database import Database
from ingestd.model.alert import (
    Alert,
    AlertState,
    Change,
    Delivery,
    DeliveryState,
    Event,
    Notice,
    Outcome,
    Silence,
    Standing,
)
from ingestd.ports.outbox import Decide

SINCE = 3
"""The schema that brought these tables."""
_ALERT = TypeAdapter(Alert)
_NOTICE = TypeAdapter(Notice)
_HEAD = (
    " FROM deliveries AS d WHERE d.receiver = ? AND d.state = 'waiting' AND NOT EXISTS"
    " (SELECT 1 FROM deliveries AS e WHERE e.state = 'waiting' AND e.receiver = d.receiver"
    " AND e.fingerprint = d.fingerprint AND e.number < d.number)"
)
"""The first waiting delivery of each fingerprint: the others are its successors."""


class SqliteOutbox:
    """What is remembered of alerts, and what is still to be delivered."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_there = database.version >= SINCE

    def transact(self, now: datetime, decide: Decide) -> Sequence[Notice]:
        """Hand what is remembered to `decide` and write what it returns, in one transaction."""
        written: list[Notice] = []
        with self._database.transaction() as connection:
            # One that has resolved is as good as none: the next fire begins a new episode.
            before = self.alerts(ended=False)
            for change in decide(before, self.silences(now)):
                notice = _write(connection, before.get(change.fingerprint), change, now)
                if notice is not None:
                    written.append(notice)
        return written

    def due(self, receiver: str, now: datetime) -> Delivery | None:
        """Return the next delivery: the oldest that is due, of each fingerprint only the first."""
        rows = self._database.rows(
            "SELECT d.number, d.attempts, d.notice_id" + _HEAD
            + " AND d.next_at <= ? ORDER BY d.number LIMIT 1",
            receiver, now.timestamp(),
        )  # fmt: skip
        for row in rows:
            notice = self.notice(row["notice_id"])
            return Delivery(row["number"], receiver, notice, row["attempts"])
        return None

    def next_due_at(self, receiver: str) -> datetime | None:
        """Return when the next delivery of a receiver is due."""
        (row,) = self._database.rows("SELECT min(d.next_at) AS at" + _HEAD, receiver)
        return _instant(row["at"])

    def begin(self, delivery: Delivery) -> bool:
        """Note, before anything is sent, that the receiver may hear of it from now on.

        `False`: it is not to be sent any more, since it was resolved meanwhile.
        """
        with self._database.transaction() as connection:
            cursor = connection.execute(
                # One that is still open was cut off by the end of this process: it may be heard.
                "UPDATE deliveries SET heard = heard OR is_open, is_open = 1"
                " WHERE number = ? AND state = 'waiting'",
                (delivery.number,),
            )
            return cursor.rowcount > 0

    def end(
        self, delivery: Delivery, outcome: Outcome, state: DeliveryState, again_in: timedelta,
        now: datetime,
    ) -> None:  # fmt: skip
        """Note how an attempt went."""
        # An answer of 4xx says that it was read and refused; a 5xx may come after it was taken in.
        refused = outcome.status is not None and outcome.status < 500
        heard = outcome.accepted or (outcome.reached and not refused)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET is_open = 0, heard = max(heard, ?), attempts = attempts + 1,"
                " state = ?, told = ?, next_at = ?, ended_at = ? WHERE number = ?",
                (
                    heard,
                    state.value,
                    outcome.told,
                    (now + again_in).timestamp(),
                    None if state is DeliveryState.WAITING else now.timestamp(),
                    delivery.number,
                ),
            )

    def standing(self, receiver: str) -> Standing:
        """Return how a receiver has been doing."""
        if self._is_there:
            for row in self._database.rows("SELECT * FROM receivers WHERE name = ?", receiver):
                return Standing(
                    row["failures"], _instant(row["closed_until"]), row["gone"], row["address"]
                )
        return Standing()

    def set_standing(self, receiver: str, standing: Standing, now: datetime) -> None:
        """Remember it; what waits for one that is well again is due at once."""
        before = self.standing(receiver)
        if standing == before:
            return
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO receivers (name, failures, closed_until, gone, address)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    receiver,
                    standing.failures,
                    _seconds(standing.closed_until),
                    standing.gone,
                    standing.address,
                ),
            )
            if before.failures and not standing.failures:
                connection.execute(
                    "UPDATE deliveries SET next_at = ?"
                    " WHERE receiver = ? AND state = 'waiting' AND next_at > ?",
                    (now.timestamp(), receiver, now.timestamp()),
                )

    def bury(self, receiver: str, why: str, now: datetime) -> None:
        """Give up what waits for a receiver."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET state = 'dead', told = ?, ended_at = ?"
                " WHERE receiver = ? AND state = 'waiting'",
                (why, now.timestamp(), receiver),
            )

    def move(self, by: timedelta) -> None:
        """Let what waits for a time wait for another: the clock was set."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET next_at = next_at + ? WHERE state = 'waiting'",
                (by.total_seconds(),),
            )
            connection.execute(
                "UPDATE receivers SET closed_until = closed_until + ?", (by.total_seconds(),)
            )

    def alerts(self, *, ended: bool = True) -> dict[str, Alert]:
        """Return what is remembered, by fingerprint; `ended`: resolved ones too."""
        if not self._is_there:
            return {}
        rows = self._database.rows(
            "SELECT fingerprint, content FROM alerts WHERE ? OR state != 'resolved'", ended
        )
        return {row["fingerprint"]: _ALERT.validate_json(row["content"]) for row in rows}

    def count(self, state: AlertState) -> int:
        """Count the alerts of a state."""
        if not self._is_there:
            return 0
        (row,) = self._database.rows(
            "SELECT count(*) AS n FROM alerts WHERE state = ?", state.value
        )
        return int(row["n"])

    def notice(self, name: str) -> Notice:
        """Return a notice by its id."""
        (row,) = self._database.rows("SELECT content FROM notices WHERE id = ?", name)
        return _NOTICE.validate_json(row["content"])

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many deliveries of each receiver are in each state."""
        found: dict[str, dict[str, int]] = {}
        if self._is_there:
            for row in self._database.rows(
                "SELECT receiver, state, count(*) AS n FROM deliveries GROUP BY receiver, state"
            ):
                found.setdefault(row["receiver"], {})[row["state"]] = row["n"]
        return found

    def deliveries(
        self, *, fingerprint: str | None = None, state: DeliveryState | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return deliveries, the newest first, as they are shown."""
        if not self._is_there:
            return []
        rows = self._database.rows(
            "SELECT d.*, n.at, n.content FROM deliveries AS d JOIN notices AS n ON n.id = notice_id"
            " WHERE (? IS NULL OR d.fingerprint = ?) AND (? IS NULL OR d.state = ?)"
            " ORDER BY d.number DESC LIMIT ?",
            fingerprint, fingerprint, state, state, limit,
        )  # fmt: skip
        made = []
        for row in rows:
            notice = _NOTICE.validate_json(row["content"])
            made.append(
                {
                    "id": row["notice_id"],
                    "receiver": row["receiver"],
                    "fingerprint": row["fingerprint"],
                    "event": notice.event.value,
                    "at": notice.at,
                    "why": notice.why,
                    "state": row["state"],
                    "attempts": row["attempts"],
                    "next_attempt_at": _instant(row["next_at"])
                    if row["state"] == DeliveryState.WAITING
                    else None,
                    "said": row["told"],
                }
            )
        return made

    def replay(self, names: Sequence[str], receivers: Sequence[str], now: datetime) -> int:
        """Make dead deliveries due again: of some notices, of some receivers, or all of them."""
        chosen = [
            (row["number"], row["receiver"])
            for row in self._database.rows(
                # What was told since has overtaken it.
                "SELECT number, receiver, notice_id FROM deliveries AS d WHERE state = 'dead'"
                " AND NOT EXISTS (SELECT 1 FROM deliveries AS e"
                " WHERE (e.state = 'delivered' OR e.heard OR e.is_open)"
                " AND e.receiver = d.receiver AND e.fingerprint = d.fingerprint"
                " AND e.number > d.number)"
            )
            if (not names or row["notice_id"] in names)
            and (not receivers or row["receiver"] in receivers)
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE receivers SET gone = '', failures = 0, closed_until = NULL WHERE name = ?",
                {(receiver,) for _, receiver in chosen},
            )
            connection.executemany(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = ?,"
                " ended_at = NULL WHERE number = ?",
                [(now.timestamp(), number) for number, _ in chosen],
            )
        return len(chosen)

    def silences(self, now: datetime) -> list[Silence]:
        """Return the silences that have not ended."""
        if not self._is_there:
            return []
        rows = self._database.rows("SELECT * FROM silences WHERE ends_at > ?", now.timestamp())
        return [
            Silence(
                json.loads(row["matches"]),
                datetime.fromtimestamp(row["ends_at"], UTC),
                row["comment"],
                row["id"],
            )
            for row in rows
        ]

    def add_silence(self, silence: Silence) -> int:
        """Remember a silence; return its id."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO silences (matches, ends_at, comment) VALUES (?, ?, ?)",
                (
                    json.dumps(dict(silence.matches)),
                    silence.ends_at.timestamp(),
                    silence.comment,
                ),
            )
            return int(cursor.lastrowid or 0)

    def end_silence(self, number: int) -> bool:
        """End a silence now; say whether there was one."""
        with self._database.transaction() as connection:
            cursor = connection.execute("DELETE FROM silences WHERE id = ?", (number,))
            return cursor.rowcount > 0

    def forget(self, before: datetime) -> None:
        """Drop what ended before an instant: deliveries, notices, resolved alerts, silences."""
        at = before.timestamp()
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM deliveries WHERE state != 'waiting' AND ended_at < ? AND fingerprint"
                " NOT IN (SELECT fingerprint FROM alerts WHERE state = 'firing')",
                (at,),
            )
            connection.execute(
                "DELETE FROM notices WHERE at < ? AND NOT EXISTS"
                " (SELECT 1 FROM deliveries WHERE notice_id = notices.id)",
                (at,),
            )
            connection.execute("DELETE FROM alerts WHERE state = 'resolved' AND ends_at < ?", (at,))
            connection.execute("DELETE FROM silences WHERE ends_at < ?", (at,))


def _write(
    connection: sqlite3.Connection, before: Alert | None, change: Change, now: datetime
) -> Notice | None:
    alert, notice, receivers = change.alert, change.notice, change.receivers
    if alert is None:
        connection.execute("DELETE FROM alerts WHERE fingerprint = ?", (change.fingerprint,))
        return None
    if alert != before:
        connection.execute(
            "INSERT OR REPLACE INTO alerts (fingerprint, state, ends_at, content)"
            " VALUES (?, ?, ?, ?)",
            (
                alert.fingerprint,
                alert.state.value,
                _seconds(alert.ends_at),
                _ALERT.dump_json(alert).decode(),
            ),
        )
    if notice is None:
        return None
    episode = alert.starts_at.isoformat()
    if notice.event is Event.RESOLVED:
        receivers = _hearers(connection, alert.fingerprint, episode)
    elif notice.is_repeat:
        receivers = tuple(r for r in receivers if not _waits(connection, r, alert.fingerprint))
    if not receivers:
        return None
    connection.execute(
        "INSERT INTO notices (id, at, content) VALUES (?, ?, ?)",
        (notice.id, now.timestamp(), _NOTICE.dump_json(notice).decode()),
    )
    connection.executemany(
        "INSERT INTO deliveries (notice_id, receiver, fingerprint, episode, state, next_at)"
        " VALUES (?, ?, ?, ?, 'waiting', ?)",
        [(notice.id, r, alert.fingerprint, episode, now.timestamp()) for r in receivers],
    )
    return notice


def _hearers(connection: sqlite3.Connection, fingerprint: str, episode: str) -> tuple[str, ...]:
    """Return who may have heard of an episode; for whoever cannot have, its fire is dropped.

    What was given up too: tried again later, it would tell of a fire that is long over.
    """
    rows = connection.execute(
        "SELECT receiver, max(heard OR is_open OR state = 'delivered') FROM deliveries"
        " WHERE fingerprint = ? AND episode = ? GROUP BY receiver",
        (fingerprint, episode),
    ).fetchall()
    deaf = [receiver for receiver, heard in rows if not heard]
    connection.executemany(
        "UPDATE deliveries SET state = 'dropped', told = 'resolved before it was sent',"
        " ended_at = next_at"
        " WHERE receiver = ? AND fingerprint = ? AND episode = ? AND state IN ('waiting', 'dead')",
        [(receiver, fingerprint, episode) for receiver in deaf],
    )
    return tuple(receiver for receiver, heard in rows if heard)


def _waits(connection: sqlite3.Connection, receiver: str, fingerprint: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM deliveries WHERE receiver = ? AND fingerprint = ? AND state = 'waiting'",
        (receiver, fingerprint),
    )
    return found.fetchone() is not None


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
