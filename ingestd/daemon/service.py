"""The service: one loop that turns settled changes into passes, until it is told to stop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ingestd.daemon.changes import Changes
from ingestd.daemon.checks import Checks
from ingestd.daemon.deliveries import Deliveries
from ingestd.daemon.lane import Lane
from ingestd.daemon.pulse import Pulse
from ingestd.daemon.questions import Questions
from ingestd.errors import IngestdError
from ingestd.ingest.planning import Scope
from ingestd.model.passes import PassReport
from ingestd.model.source import Source, WatchMode
from ingestd.ports.watcher import Schedule, Watcher

_log = logging.getLogger("ingestd")
INGEST, CHECKS, QUESTIONS = "ingest", "checks", "questions"
REST = 3.0
"""Seconds without a change that a compaction waits for: who edits just then is not held up."""
_RETRIES = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds after a failed pass until everything is looked at again."""
_STOPPED = 3
"""Passes that failed one after the other, from which on the lane counts as stopped."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things are done."""

    scan: timedelta
    poll: timedelta
    tidy: timedelta
    trim: timedelta
    watch: timedelta
    alerts: timedelta
    forget: timedelta
    alive: timedelta


class Service:
    """Watches sources and runs passes over what changed."""

    def __init__(
        self,
        *,
        sources: tuple[Source, ...],
        changes: Changes,
        watcher: Watcher,
        schedule: Schedule,
        rhythm: Rhythm,
        run_pass: Callable[[Scope | None], PassReport],
        watching: Callable[[Source, WatchMode, str], None],
        tidy: Callable[[], None],
        trim: Callable[[], None],
        checks: Checks,
        look: Callable[[], None],
        deliveries: Deliveries,
        questions: Questions,
        forget: Callable[[], None],
        pulse: Pulse,
        alive: Callable[[], None],
    ) -> None:
        """Take the lanes and what they do; `alive` is called while every one of them moves."""
        self._sources = sources
        self._changes = changes
        self._watcher = watcher
        self._schedule = schedule
        self._rhythm = rhythm
        self._run_pass = run_pass
        self._watching = watching
        self._tidy = tidy
        self._trim = trim
        self._checks = checks
        self._look = look
        self._deliveries = deliveries
        self._questions = questions
        self._forget = forget
        self._pulse = pulse
        self._alive = alive
        self._polled: set[str] = set()
        self._failed: list[str] = []
        """What the last passes failed by, none that worked between them."""

    def run(self) -> None:
        """Watch first, then scan: what changes while the scan runs is seen twice, never missed."""
        try:
            for source in self._sources:
                mode = self._watcher.watch(source, self._changes.add)
                self._watching(source, mode, "")
                _log.info("watching %s (%s)", source.name, mode.value)
                if mode is WatchMode.POLL:
                    self._poll(source.name)
            self._changes.ask_for_scan()
            changes = self._changes
            self._schedule.every("scan", self._rhythm.scan, changes.ask_for_scan)
            self._schedule.every(
                "tidy", self._rhythm.tidy, lambda: changes.ask_for("tidy", self._tidy, REST)
            )
            self._schedule.every("watch", self._rhythm.watch, self._look_around)
            self._schedule.every("trim", self._rhythm.trim, self._trim)
            self._schedule.every("alerts", self._rhythm.alerts, self._look)
            self._schedule.every("forget", self._rhythm.forget, self._forget)
            self._schedule.every("alive", self._rhythm.alive, self._tell_alive)
            self._deliveries.start()
            self._checks.start(self._schedule)
            self._questions.start()
            while changes.wait():
                self._pulse.beat(INGEST)
                scope, scan, tasks = changes.take()
                if scan or scope:
                    self._pass(None if scan else scope)
                for task in tasks:
                    task()
                self._pulse.rest(INGEST)
        finally:
            self._watcher.stop()
            self._schedule.stop()
            self._questions.stop()
            self._checks.stop()
            self._deliveries.stop()
            for source in self._sources:
                self._watching(source, WatchMode.NONE, "")

    def lanes(self) -> dict[str, str]:
        """Say of each lane what is wrong with it; nothing where it goes on."""
        found = {lane.name: lane.fault for lane in self._lanes()}
        failing = len(self._failed) >= _STOPPED
        found[INGEST] = f"pass after pass fails: {self._failed[-1]}" if failing else ""
        return found | dict.fromkeys(self._pulse.stuck(), "it does not move; restart ingestd")

    def _lanes(self) -> list[Lane]:
        return [self._checks.lane, self._questions.lane, *self._deliveries.lanes]

    def _tell_alive(self) -> None:
        # A lane that rests shows that it could move: it takes this, and rests again.
        self._pulse.expect(INGEST)
        self._changes.ask_for("beat", lambda: None)
        # What fails and is tried again is told by an alert; a new start is for what hangs.
        still = self._pulse.stuck()
        if still:
            _log.error("no sign of life of %s", ", ".join(still))
        else:
            self._alive()

    def _tend(self) -> None:
        for lane in self._lanes():
            lane.tend()

    def _look_around(self) -> None:
        self._tend()
        self._look_at_watching()

    def _look_at_watching(self) -> None:
        """Let what keeps events from coming be known, and what they did not tell be scanned."""
        by_name = {source.name: source for source in self._sources}
        for news in self._watcher.look():
            self._watching(by_name[news.source], news.mode, news.fault)
            if news.fault:
                _log.warning("%s: %s", news.source, news.fault)
            else:
                _log.info("%s: watched again (%s)", news.source, news.mode.value)
            if news.mode is WatchMode.POLL and news.source not in self._polled:
                self._poll(news.source)
            if news.rescan:
                self._changes.add(news.source, b"")

    def _poll(self, name: str) -> None:
        self._polled.add(name)
        self._schedule.every(
            f"poll {name}", self._rhythm.poll, lambda: self._changes.add(name, b"")
        )

    def _failing(self, why: str) -> None:
        """Look at everything again after a while: that finds whatever a pass has left undone."""
        if self._changes.stopped:
            return
        after = _RETRIES[min(len(self._failed), len(_RETRIES) - 1)]
        self._failed.append(why)
        del self._failed[: -len(_RETRIES)]
        _log.error("pass failed: %s; everything is looked at again in %g s", why, after)
        self._changes.ask_for_scan(after)

    def _pass(self, scope: Scope | None) -> None:
        try:
            report = self._run_pass(scope)
        except IngestdError as error:
            self._failing(str(error))
            return
        except Exception as error:  # noqa: BLE001
            # One document more than we thought of; its words may quote it.
            self._failing(f"a bug: {type(error).__name__}")
            return
        self._failed.clear()
        for reason in report.unreachable.values():
            _log.warning("unreachable: %s", reason)
        for name, count in report.held.items():
            _log.warning(
                "%s: %d deletions are held back; if they are meant: ingestd approve %s", name,
                count, name,
            )  # fmt: skip
        changed = report.added + report.modified + report.renamed + report.deleted
        if changed or scope is None:
            _log.info(
                "pass done: %d changed, %d unchanged, %d quarantined; %d chunks embedded; "
                "index version %d, %.2f s",
                changed,
                report.unchanged,
                report.quarantined,
                report.chunks_embedded,
                report.index_version,
                report.seconds,
            )
