"""Freshness in the daemon: what a commit can have changed at once, the rest on schedule."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from ingestd.app.beside import Beside
from ingestd.app.build import System
from ingestd.app.checking import checks, golden, lags
from ingestd.backends.apscheduler import trigger
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.daemon.checks import EVERYTHING, OVERTAKEN, Checks
from ingestd.daemon.pulse import Pulse
from ingestd.daemon.service import CHECKS
from ingestd.freshness.selection import affected, overtaken
from ingestd.model.check import CheckReport, Result, Status
from ingestd.model.golden import GoldenQuestion
from ingestd.model.ids import DocId
from ingestd.model.passes import DocumentDone

_log = logging.getLogger("ingestd")
_PASSAGES = 128
"""Kept while answers are checked: a long run alone keeps ten times as many, a little faster."""
_SLICE = 8
"""Questions between two looks at whether it is time to end."""


class Freshness:
    """Measures lag at every commit, and hands what changed to the lane of checks."""

    def __init__(
        self,
        system: System,
        interrupted: Callable[[], bool],
        checked: Callable[[], None],
        pulse: Pulse,
    ) -> None:
        """Take who says whether it is time to end, and who is told that a check is done."""
        self._system = system
        self._pulse = pulse
        self._checked = checked
        self.is_checking = False
        """What a check has found so far is not yet all of it."""
        self._interrupted = interrupted
        self._started: datetime = system.now()
        self._waited: list[tuple[str, float]] = []
        self._touched: set[DocId] = set()
        self._writer: SqliteHistory | None = None
        self._lane = threading.local()
        section = system.config.file.freshness
        schedules = check_schedules(system)
        self.checks = Checks(
            self._check,
            {tag: when for tag, when in schedules.items() if when},
            timedelta(seconds=section.jitter_seconds),
        )

    def note(self, done: DocumentDone) -> None:
        """Take in a document that has reached its state."""
        if done.doc_id is None or done.failed:
            return
        self._touched.add(done.doc_id)
        # What changed before this start was not waiting for this daemon.
        if done.changed_at is not None and done.changed_at >= self._started:
            waited = (self._system.now() - done.changed_at).total_seconds()
            self._waited.append((done.source, waited))

    def committed(self) -> None:
        """Record lags and ask for the checks of what was committed."""
        if self._writer is None:
            self._writer = SqliteHistory(Database(self._system.folder.ledger))
        lags.record(self._system, self._writer, self._waited)
        self.checks.changed(self._touched)
        self._waited, self._touched = [], set()

    def scanned(self) -> None:
        """Ask what a run that was ended between a commit and its check has left unasked."""
        self.checks.ask(OVERTAKEN)

    def _check(self, documents: frozenset[DocId], tags: frozenset[str]) -> None:
        path = golden.golden_path(self._system)
        if not path.is_file():
            return
        system, history = self._opened()
        questions = golden.questions(system, path)
        chosen = _chosen(questions, history, documents, tags)
        if OVERTAKEN in tags:
            left = overtaken(
                questions, history.states(), history.asked_at(), system.ledger.versions()
            )
            chosen += [question for question in left if question not in chosen]
        trigger_name = "schedule" if tags - {OVERTAKEN} else "commit"
        self.is_checking = True
        try:
            for start in range(0, len(chosen), _SLICE):
                if self._interrupted():
                    return
                self._pulse.beat(CHECKS)
                some = chosen[start : start + _SLICE]
                report = checks.check(system, history, some, path, trigger=trigger_name)
                _log_report(report)
        finally:
            self.is_checking = False
            self._pulse.rest(CHECKS)
        self._checked()
        if EVERYTHING in tags:
            keep = timedelta(days=system.config.file.freshness.keep_days)
            history.forget(system.now() - keep)
        system.token_vectors.forget()
        system.close()  # What was asked of raw text is rare: no child waits for the next time.

    def _opened(self) -> tuple[System, SqliteHistory]:
        """Return this thread's own system and history."""
        held = getattr(self._lane, "held", None)
        if held is None:
            history = SqliteHistory(Database(self._system.folder.ledger))
            held = self._lane.held = (Beside(self._system, _PASSAGES), history)
        return held[0].system(), held[1]


def _chosen(
    questions: list[GoldenQuestion],
    history: SqliteHistory,
    documents: frozenset[DocId],
    tags: frozenset[str],
) -> list[GoldenQuestion]:
    if EVERYTHING in tags:
        return questions
    touched = {q.id for q in affected(questions, history.states(), documents)} if documents else ()
    return [q for q in questions if q.id in touched or not tags.isdisjoint(q.tags)]


def check_schedules(system: System) -> dict[str, str]:
    """Return when the questions of each tag are asked; raises ConfigError for no schedule."""
    section = system.config.file.freshness
    found = {EVERYTHING: section.schedule, **section.schedules}
    for tag, when in found.items():
        try:
            if when:
                trigger(when, timedelta(0))
        except ValueError as error:
            key = f"freshness.schedules.{tag}" if tag else "freshness.schedule"
            raise system.config.fault(key, f"{when!r}: {error}") from error
    return found


def _log_report(report: CheckReport) -> None:
    """Log verdicts: ids and causes, no question and no answer."""
    counts = [report.count(status) for status in (Status.PASS, Status.FAIL, Status.UNKNOWN)]
    _log.info(
        "checked (%s): %d passed, %d failed, %d unknown; %.2f s", report.trigger, *counts,
        report.seconds,
    )  # fmt: skip
    for result in report.results:
        if result.status is not Status.PASS:
            _log.warning("question %s", _told(result))


def _told(result: Result) -> str:
    code = result.diagnosis.value if result.diagnosis else ""
    by = result.caused_by
    cause = f", by version {by.index_version} of {by.path}" if by and by.index_version else ""
    return f"{result.question.id}: {result.status.value}: {code}{cause}"
