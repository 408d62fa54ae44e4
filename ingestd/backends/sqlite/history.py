"""The history of checks, and the lag of sources, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.gauges import hour_of
from ingestd.model.alert import Line
from ingestd.model.answer import Anchor
from ingestd.model.check import CausedBy, CheckReport, QuestionState, Result, Status
from ingestd.model.golden import Severity
from ingestd.model.ids import ContentHash, DocId


def _places(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))


_SINCE = 2
"""The schema that brought these tables."""
_RESULT = (
    "check_id", "question_id", "status", "diagnosis", "severity", "question", "expected", "answer",
    "reason", "source", "path", "caused_by", "chunks", "firing", "rank",
)  # fmt: skip
_STATE = (
    "id", "status", "diagnosis", "streak", "since", "recent", "anchor", "confirmed_at",
    "confirmed_hash", "truth", "source", "path", "answered_from", "rank", "baseline_rank",
)  # fmt: skip
_ADD_RESULT = f"INSERT INTO results ({', '.join(_RESULT)}) VALUES ({_places(_RESULT)})"  # noqa: S608
_PUT_STATE = f"INSERT OR REPLACE INTO questions ({', '.join(_STATE)}) VALUES ({_places(_STATE)})"  # noqa: S608
_PAST = (
    "SELECT checks.at, checks.reason AS cause, checks.index_version, results.* FROM results"
    " JOIN checks ON checks.id = check_id"
)
_NEWEST = " ORDER BY check_id DESC, results.rowid DESC LIMIT ?"


class SqliteHistory:
    """Checks, what is remembered of questions, and lags by source and hour."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Who only reads does not migrate: before the first check there may be no table yet.
        self._is_there = database.version >= _SINCE

    def record(self, report: CheckReport, states: Iterable[QuestionState]) -> None:
        """Write a check and its questions' states."""
        counts = [report.count(status) for status in (Status.PASS, Status.FAIL, Status.UNKNOWN)]
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO checks (at, reason, index_version, passed, failed, unknown, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    report.at.isoformat(),
                    report.trigger,
                    report.index_version,
                    *counts,
                    report.seconds,
                ),
            )
            check = cursor.lastrowid
            connection.executemany(_ADD_RESULT, [_result_row(check, r) for r in report.results])
            connection.executemany(_PUT_STATE, [_state_row(state) for state in states])

    def remember(self, states: Iterable[QuestionState]) -> None:
        """Write questions' states."""
        with self._database.transaction() as connection:
            connection.executemany(_PUT_STATE, [_state_row(state) for state in states])

    def states(self, ids: Collection[str] | None = None) -> Mapping[str, QuestionState]:
        """Return what is remembered of questions."""
        found = [_state(row) for row in self._database.rows("SELECT * FROM questions")]
        return {state.id: state for state in found if ids is None or state.id in ids}

    def results(self, question: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return past results, the newest first."""
        if not self._is_there:
            return []
        if question is None:
            rows = self._database.rows(_PAST + _NEWEST, limit)
        else:
            chosen = " WHERE question_id = ? OR path = ?"
            rows = self._database.rows(_PAST + chosen + _NEWEST, question, question, limit)
        return [
            {
                "at": row["at"],
                "trigger": row["cause"],
                "index_version": row["index_version"],
                "id": row["question_id"],
                "status": row["status"],
                "diagnosis": row["diagnosis"],
                "severity": row["severity"],
                "question": row["question"],
                "expected": row["expected"],
                "answer": row["answer"],
                "reason": row["reason"],
                "source": row["source"],
                "path": row["path"],
                "caused_by": json.loads(row["caused_by"]) if row["caused_by"] else None,
                "chunks": json.loads(row["chunks"]),
            }
            for row in rows
        ]

    def last_check(self) -> int:
        """Return the number of the last check; 0: there was none."""
        (row,) = self._database.rows("SELECT coalesce(max(id), 0) AS id FROM checks")
        return int(row["id"])

    def asked_at(self) -> dict[str, int]:
        """Return the index version at which each question was last asked."""
        rows = self._database.rows(
            "SELECT id, (SELECT checks.index_version FROM results"
            " JOIN checks ON checks.id = check_id WHERE question_id = questions.id"
            " ORDER BY results.rowid DESC LIMIT 1) AS version FROM questions"
        )
        return {row["id"]: row["version"] for row in rows if row["version"] is not None}

    def failing(self) -> list[Line]:
        """Return the questions that count as failed, each as it failed last."""
        rows = self._database.rows(
            "SELECT results.* FROM questions JOIN results ON results.rowid ="
            " (SELECT rowid FROM results WHERE question_id = questions.id AND status = 'fail'"
            " ORDER BY rowid DESC LIMIT 1) WHERE questions.status = 'fail'"
        )
        return [_line(row) for row in rows]

    def unchecked(self) -> list[Line]:
        """Return the questions that could not be checked when they were asked last."""
        rows = self._database.rows(
            "SELECT * FROM results WHERE status = 'unknown' AND rowid IN"
            " (SELECT max(rowid) FROM results GROUP BY question_id)"
        )
        return [_line(row) for row in rows]

    def last_statuses(self) -> dict[str, str]:
        """Return each question's status in the last check that it was part of."""
        rows = self._database.rows(
            "SELECT question_id, status FROM results WHERE rowid IN"
            " (SELECT max(rowid) FROM results GROUP BY question_id)"
        )
        return {row["question_id"]: row["status"] for row in rows}

    def forget(self, before: datetime) -> None:
        """Drop old checks with their results, and old lags."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM results WHERE check_id IN (SELECT id FROM checks WHERE at < ?)",
                (before.isoformat(),),
            )
            connection.execute("DELETE FROM checks WHERE at < ?", (before.isoformat(),))
            connection.execute("DELETE FROM lags WHERE hour < ?", (hour_of(before),))

    def add_lags(self, at: datetime, buckets: Iterable[tuple[str, int]]) -> None:
        """Count lags, each a source and a bucket."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO lags (source, hour, bucket, count) VALUES (?, ?, ?, 1)"
                " ON CONFLICT (source, hour, bucket) DO UPDATE SET count = count + 1",
                [(source, hour_of(at), bucket) for source, bucket in buckets],
            )

    def lags(self, since: datetime) -> dict[str, dict[int, int]]:
        """Return each source's counts by bucket since an instant, to the hour."""
        found: dict[str, dict[int, int]] = {}
        if not self._is_there:
            return found
        for row in self._database.rows(
            "SELECT source, bucket, sum(count) AS count FROM lags WHERE hour >= ?"
            " GROUP BY source, bucket",
            hour_of(since),
        ):
            found.setdefault(row["source"], {})[row["bucket"]] = row["count"]
        return found


def _line(row: sqlite3.Row) -> Line:
    by = json.loads(row["caused_by"]) if row["caused_by"] else None
    if by and by["at"]:
        by["at"] = datetime.fromisoformat(by["at"])
    return Line(
        id=row["question_id"],
        severity=Severity(row["severity"]),
        diagnosis=row["diagnosis"] or "",
        expected=row["expected"],
        answer=row["answer"],
        reason=row["reason"],
        source=row["source"],
        path=row["path"],
        caused_by=CausedBy(**by) if by else None,
    )


def _result_row(check: int | None, result: Result) -> tuple[object, ...]:
    caused_by = asdict(result.caused_by) if result.caused_by else None
    if caused_by and caused_by["at"]:
        caused_by["at"] = caused_by["at"].isoformat()
    return (
        check,
        result.question.id,
        result.status.value,
        result.diagnosis.value if result.diagnosis else None,
        result.severity.value,
        result.question.question,
        result.expected,
        result.answer,
        result.reason,
        result.source,
        result.path,
        json.dumps(caused_by, ensure_ascii=False) if caused_by else None,
        json.dumps(result.chunks),
        result.firing,
        result.rank,
    )


def _state_row(state: QuestionState) -> tuple[object, ...]:
    return (
        state.id,
        state.status.value,
        state.diagnosis,
        state.streak,
        state.since.isoformat() if state.since else None,
        state.recent,
        json.dumps(asdict(state.anchor), ensure_ascii=False) if state.anchor else None,
        state.confirmed_at.isoformat() if state.confirmed_at else None,
        state.confirmed_hash,
        state.truth,
        state.source,
        state.path,
        json.dumps(state.answered_from),
        state.rank,
        state.baseline_rank,
    )


def _state(row: sqlite3.Row) -> QuestionState:
    return QuestionState(
        id=row["id"],
        status=Status(row["status"]),
        diagnosis=row["diagnosis"],
        streak=row["streak"],
        since=datetime.fromisoformat(row["since"]) if row["since"] else None,
        recent=row["recent"],
        anchor=Anchor(**json.loads(row["anchor"])) if row["anchor"] else None,
        confirmed_at=datetime.fromisoformat(row["confirmed_at"]) if row["confirmed_at"] else None,
        confirmed_hash=ContentHash(row["confirmed_hash"]) if row["confirmed_hash"] else None,
        truth=row["truth"],
        source=row["source"],
        path=row["path"],
        answered_from=tuple(DocId(one) for one in json.loads(row["answered_from"])),
        rank=row["rank"],
        baseline_rank=row["baseline_rank"],
    )
