"""From an edit that breaks a bound answer to its recorded verdict, in the running daemon."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory

from . import facts, harness
from .drift import golden_entry
from .harness import Figure, at_most, shown

EDITS = 60


def run() -> Iterator[Figure]:
    """Index the handbook and written pages, then change one bound fact after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        docs = harness.handbook(home / "docs")
        pages = facts.pages(EDITS * 2)
        for page in pages:
            (docs / page.name).write_text(facts.text(page), encoding="utf-8")
        asked = [fact for page in pages for fact in page.facts]
        entries = {"questions": [golden_entry(fact) for fact in asked]}
        (home / "golden.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
        (home / "ingestd.toml").write_text(
            f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[[sources]]\npath = "docs"\n'
            '[freshness]\nschedule = ""\n'
        )
        with harness.running(home):
            history = SqliteHistory(Database(home / ".ingestd" / "ledger.db"))
            _settled(history, len(asked))
            times = []
            done: dict[str, str] = {}
            for page in pages:
                for fact in page.facts:
                    if not fact.bound or len(times) == EDITS:
                        continue
                    done[fact.id] = "changed"
                    began = time.monotonic()
                    (docs / page.name).write_text(facts.text(page, done), encoding="utf-8")
                    while history.last_statuses().get(fact.id) != "fail":
                        time.sleep(0.02)
                        if time.monotonic() - began > 60:
                            raise AssertionError(f"{fact.id}: no verdict within 60 s")
                    times.append(time.monotonic() - began)
                    time.sleep(0.3)
            yield shown("edits", len(times))
            yield shown("edit to recorded verdict, p50", statistics.median(times), "s")
            worst = sorted(times)[int(len(times) * 0.95)]
            yield at_most("edit to recorded verdict, p95", worst, 5.0, "s")


def _settled(history: SqliteHistory, count: int) -> None:
    """Wait until every question was checked once."""
    deadline = time.monotonic() + 300
    while len(history.last_statuses()) < count:
        if time.monotonic() > deadline:
            raise AssertionError("the first check did not end within 5 minutes")
        time.sleep(0.5)
