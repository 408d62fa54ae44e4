"""Alerts: nothing lost and nothing doubled over faults and kills, and what a flood costs."""

from __future__ import annotations

import base64
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from ingestd.alerting import payload
from ingestd.alerting.round import Seen, Terms, changes
from ingestd.app.alerts.lane import Alerting
from ingestd.app.build import System
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.config import loading
from ingestd.daemon.deliveries import turn
from ingestd.model.alert import Notice, Outcome, Problem, Rule, RuleKind
from ingestd.model.check import CausedBy, CheckReport, Diagnosis, QuestionState, Result, Status
from ingestd.model.golden import GoldenQuestion, Severity, Static, ValueType

from . import alert_receivers, alert_storm
from .harness import Figure, at_most, shown

FAILING = 10_000
ROWS = 100_000
LIFE = 480
"""Seconds that the 72 hours take."""
KILLS = 50


def run() -> Iterator[Figure]:
    """Measure a flood of failures, a full outbox, and a storm of faults and kills."""
    with tempfile.TemporaryDirectory() as scratch:
        yield from _flood(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        yield from _full(Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        yield from alert_storm.measured(Path(scratch), LIFE, KILLS)


def _system(home: Path, url: str) -> System:
    secret = base64.b64encode(os.urandom(24)).decode()
    (home / "secret").write_text(f"whsec_{secret}")
    (home / "ingestd.toml").write_text(
        f'[[alerts.receivers]]\nname = "ops"\nkind = "webhook"\nurl = "{url}"\n'
        'secret_file = "secret"\n'
    )
    system = System(loading.load(home / "ingestd.toml"), writing=True)
    system.folder.create()
    return system


def _flood(home: Path) -> Iterator[Figure]:
    """Ten thousand questions fail for one document: from recorded checks to the message."""
    questions = [
        GoldenQuestion(f"q{n}", f"Question {n}?", Static((f"{n} days",)), ValueType.DURATION)
        for n in range(FAILING)
    ]
    entries = [
        {"id": q.id, "question": q.question, "truth": f"{n} days", "type": "duration"}
        for n, q in enumerate(questions)
    ]
    (home / "golden.jsonl").write_text("\n".join(map(json.dumps, entries)))
    with alert_receivers.Post().open() as post:
        system = _system(home, post.url)
        text = (home / "ingestd.toml").read_text()
        (home / "ingestd.toml").write_text(f'[freshness]\ngolden = "golden.jsonl"\n{text}')
        system.config = loading.load(home / "ingestd.toml")
        history = SqliteHistory(Database(system.folder.ledger))
        now = datetime.now(UTC)
        cause = CausedBy("leave.md", 7, now, "You get 25 days.", "You get 27 days.")
        results = [
            Result(
                q, Status.FAIL, Diagnosis.ANSWER_DRIFT, f"{n} days", "27 days",
                f"27 days is not {n} days", "docs", "leave.md", 7, cause, firing=True,
            )
            for n, q in enumerate(questions)
        ]  # fmt: skip
        states = [QuestionState(q.id, Status.FAIL) for q in questions]
        history.record(CheckReport(now, "schedule", 7, tuple(results), 1.0), states)
        alerting = Alerting(system)
        began = time.monotonic()
        alerting.round()
        alerting.deliver()
        took = time.monotonic() - began
        again = time.monotonic()
        alerting.round()
        idle = time.monotonic() - again
        yield at_most(f"messages for {FAILING:,} failures with one cause", len(post.letters), 1)
        yield at_most("its size", len(post.letters[0].body) / 1000, payload.MAX_BYTES / 1000, "KB")
        yield at_most("from recorded checks to the message received", took, 2, "s")
        yield shown("a round when nothing has changed", idle, "s")


class _Takes:
    name, digest = "ops", "x"

    def send(self, notice: Notice) -> Outcome:  # noqa: ARG002
        """Take everything."""
        return Outcome(accepted=True, told="HTTP 200", status=200)


def _full(home: Path) -> Iterator[Figure]:
    """A hundred thousand deliveries wait: opening the outbox, and one turn of a receiver."""
    path = home / "ledger.db"
    outbox = SqliteOutbox(Database(path))
    now = datetime.now(UTC)
    names = iter(range(ROWS))
    rule = Rule("drift", RuleKind.DRIFT)
    terms = Terms([rule], ["ops"], timedelta(hours=4), lambda: f"msg_{next(names)}")
    problems = [
        Problem("drift", {"document": f"docs:{n}.md"}, Severity.WARN, "a summary", "ANSWER_DRIFT")
        for n in range(ROWS // 4)
    ]
    # Four transitions each, so that all but one wait for the one before.
    for number in range(4):
        at = now + timedelta(seconds=number)
        severity = list(Severity)[number % 3]
        found = Seen([replace(problem, severity=severity) for problem in problems])
        outbox.transact(at, partial(changes, found, terms, at))
    rows = outbox.counts()["ops"]["waiting"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    fresh = SqliteOutbox(Database(path))
    fresh.next_due_at("ops")
    opened = time.monotonic() - began
    began = time.monotonic()
    turn(_Takes(), fresh, lambda: now + timedelta(minutes=1))
    one = time.monotonic() - began
    began = time.monotonic()
    for _ in range(100):
        turn(_Takes(), fresh, lambda: now + timedelta(minutes=1))
    hundred = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    yield shown("deliveries that wait", rows)
    yield at_most("opening the outbox", opened, 1, "s")
    yield at_most("one turn", one, 1, "s")
    yield shown("a turn, of a hundred", hundred / 100, "s")
    yield at_most("memory that they took", grown, 20, "MB")
