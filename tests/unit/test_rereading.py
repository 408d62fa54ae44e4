"""Rereading: every file's turn comes once in each span, a few at each scan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingestd.ingest.rereading import in_turn
from ingestd.model.ids import DocPath

START = datetime(2026, 11, 21, tzinfo=UTC)


def name(number: int) -> DocPath:
    """A document's path."""
    return DocPath(f"page-{number}.md")


def test_each_file_has_its_turn_once_in_a_span() -> None:
    """Scans every ten minutes, a span of a day: 144 scans, and no scan reads a tenth."""
    every, step = timedelta(days=1), timedelta(minutes=10)
    turns = dict.fromkeys(range(500), 0)
    most = 0
    for scan in range(144):
        last = START + scan * step
        due = in_turn(every, {"docs": last}, last + step)("docs", map(name, turns))
        most = max(most, len(due))
        for number in turns:
            turns[number] += name(number) in due
    assert set(turns.values()) == {1}
    assert most < 50


def test_nothing_is_due_at_a_first_scan_or_where_it_is_switched_off() -> None:
    """There is nothing yet that could have changed; zero days mean never."""
    assert not in_turn(timedelta(days=1), {"docs": None}, START)("docs", [name(1)])
    late = START + timedelta(days=365)
    assert not in_turn(timedelta(0), {"docs": START}, late)("docs", [name(1)])
