"""What is asked of the ledger every few seconds costs what it finds, not what there is."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.model.ledger import DocState


def test_the_quarantine_is_found_without_reading_every_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts count it, and every search asks for it; most documents are indexed."""
    path = tmp_path / "ledger.db"
    database = Database(path)
    ledger = SqliteLedger(database)
    asked: list[tuple[str, tuple[Any, ...]]] = []
    rows = database.rows

    def noted(sql: str, *values: Any) -> list[sqlite3.Row]:
        asked.append((sql, values))
        return rows(sql, *values)

    monkeypatch.setattr(database, "rows", noted)

    assert ledger.count(DocState.QUARANTINED) == {}
    assert ledger.stale() == frozenset()

    beside = sqlite3.connect(path)
    plans = [
        [str(step[3]) for step in beside.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        for sql, values in asked
    ]
    beside.close()
    assert len(plans) == 2
    assert all("entries_by_state" in plan[0] for plan in plans), plans
