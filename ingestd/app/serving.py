"""Serving: a built system as a daemon, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from ingestd.app import passes
from ingestd.app.alerts.lane import Alerting
from ingestd.app.answering import Desk
from ingestd.app.asking import SOCKET
from ingestd.app.build import System
from ingestd.app.checking.lane import Freshness
from ingestd.app.reloading import examined
from ingestd.backends.apscheduler import ApSchedule
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.backends.systemd import Notifier, journal
from ingestd.backends.unix import Listener
from ingestd.backends.watchdog import WatchdogWatcher
from ingestd.daemon.changes import Changes
from ingestd.daemon.pulse import Pulse
from ingestd.daemon.questions import Questions
from ingestd.daemon.service import INGEST, REST, Rhythm, Service
from ingestd.errors import IngestdError
from ingestd.ingest.planning import Scope
from ingestd.model.ledger import DocState
from ingestd.model.passes import Action, DocumentDone, PassReport, Plan
from ingestd.model.source import Source, WatchMode

_log = logging.getLogger("ingestd")
RELOAD = -1
_WORK = 1.0
"""Seconds of processor time that may have left memory to give back."""
_M_ARENA_MAX = -8
_WATCH = timedelta(seconds=2)
_ALIVE = timedelta(minutes=1)
_ALERTS = timedelta(seconds=10)
"""Between two looks at what no event tells of."""
_VERBS = {
    Action.ADD: "added",
    Action.MODIFY: "modified",
    Action.RENAME: "renamed",
    Action.DELETE: "deleted",
}


class _Stopped(IngestdError):
    """The daemon was told to stop in the middle of a pass."""


class _Heard:
    """The signals that came."""

    def __init__(self) -> None:
        self.stop = 0
        self.reload = False

    def listen(self, system: System, changes: Changes) -> None:
        """Take SIGTERM and Ctrl-C for the end, SIGHUP for another config."""

        def stop(number: int, _: object) -> None:
            self.stop = self.stop or number
            changes.stop()

        def reload() -> None:
            if _is_changed(system):
                self.reload = True
                changes.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGHUP, lambda *_: changes.ask_for("reload", reload))


def serve(system: System, seconds: Callable[[timedelta], float] = timedelta.total_seconds) -> int:
    """Run the daemon; return its exit code, or RELOAD: start again with the config as it is now.

    `seconds` says how long a span of the system's clock takes: less where that is simulated.
    """
    _log_somewhere()
    keep_memory_low()
    section = system.config.file.daemon
    changes = Changes(section.settle_seconds, time.monotonic)
    heard = _Heard()
    heard.listen(system, changes)

    notifier = Notifier()
    pulse = Pulse(timedelta(minutes=section.stuck_minutes), time.monotonic)
    alerting = Alerting(system, seconds=seconds)
    freshness = Freshness(system, lambda: changes.stopped, checked=alerting.look, pulse=pulse)

    def told(plan: Plan, done: DocumentDone | None) -> None:
        pulse.beat(INGEST)
        if done is None:
            if first[0]:
                # Every lane is up, and what is to be done is known.
                notifier.tell("READY=1", f"STATUS=first pass: {len(plan.steps)} steps")
            for part, count in _because(plan).items():
                _log.info("the rules of %s changed: %d documents are redone", part, count)
        else:
            _log_done(done)
            freshness.note(done)
        if changes.stopped:
            raise _Stopped("stopped; what is committed stays, the rest is for the next start")

    first = [True]
    told_cage: list[bool] = []
    tidied = [0]

    def run_pass(scope: Scope | None) -> PassReport:
        whole = scope is None
        report = passes.sync(system, told, scope, orphans=first[0] and whole, light=not first[0])
        freshness.committed()
        if system.parser.held_by and not told_cage:
            told_cage.append(True)
            _log.info("parsers are held by %s", ", ".join(system.parser.held_by))
        if whole and first[0]:
            first[0] = False
            freshness.scanned()
        alerting.passed(report, whole=whole)
        if whole:
            alerting.look()
        notifier.tell(f"STATUS=index version {report.index_version}")
        if report.index_version - tidied[0] >= passes.COMMITS:
            changes.ask_for("tidy", tidy, REST)
        return report

    def tidy() -> None:
        passes.tidy(system)
        # LanceDB's caches keep files open of indexes that nobody reads any more.
        system.reopen()
        tidied[0] = system.store.index_version

    # Of its own: it is written from another thread than the passes' ledger.
    watchbook = SqliteLedger(Database(system.folder.ledger))

    def watching(source: Source, mode: WatchMode, fault: str) -> None:
        watchbook.record_watching(source.name, os.fsencode(source.root), mode.value, fault)

    desk = Listener(system.folder.path / SOCKET, Desk(system, pulse).answer)
    # Loading is the slow part of a start: do it while the first scan looks around.
    system.parser.warm(1)
    service = Service(
        sources=system.config.sources,
        changes=changes,
        watcher=WatchdogWatcher(),
        schedule=ApSchedule(alerting.clock_set),
        rhythm=Rhythm(
            scan=timedelta(minutes=section.scan_minutes),
            poll=timedelta(seconds=section.poll_seconds),
            tidy=timedelta(minutes=section.tidy_minutes),
            trim=timedelta(seconds=max(section.child_idle_seconds / 2, 5)),
            watch=_WATCH,
            alerts=_ALERTS,
            forget=timedelta(days=1),
            alive=(notifier.watchdog or _ALIVE) / 3,
        ),
        run_pass=run_pass,
        watching=watching,
        tidy=tidy,
        trim=_Trim(system, section.child_idle_seconds),
        checks=freshness.checks,
        look=alerting.look,
        deliveries=alerting.deliveries,
        questions=Questions(desk.serve, desk.end),
        forget=alerting.forget,
        pulse=pulse,
        alive=lambda: notifier.tell("WATCHDOG=1"),
    )
    alerting.watch(service.lanes, lambda: freshness.is_checking)
    service.run()
    if heard.reload and not heard.stop:
        return RELOAD
    notifier.tell("STOPPING=1")
    _log.info("stopped")
    return 130 if heard.stop == signal.SIGINT else 0


def _is_changed(system: System) -> bool:
    """Say whether there is another config to go on with; what is wrong with it is only told."""
    try:
        _, keys = examined(system.config)
    except IngestdError as error:
        _log.error("the config was not reloaded, the old one goes on: %s", error)
        return False
    if not keys:
        _log.info("the config was read again: nothing has changed")
        return False
    _log.info("reloading the config: %s", ", ".join(keys))
    return True


class _Trim:
    """Gives back what is not used."""

    def __init__(self, system: System, idle_seconds: float) -> None:
        self._system = system
        self._idle_seconds = idle_seconds
        self._idle = False
        self._worked = 0.0

    def __call__(self) -> None:
        """End idle parser children but one, and give memory back to the system."""
        before = self._idle
        self._idle = time.monotonic() - self._system.parser.used_at >= self._idle_seconds
        if self._idle:
            self._system.parser.trim(keep=1, idle_seconds=self._idle_seconds)
        released = self._system.embedder.release(self._idle_seconds)
        # Looking through all of memory is work as well: who does nothing leaves nothing.
        worked = time.process_time() - self._worked >= _WORK
        if released or worked or (self._idle and not before):
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            self._worked = time.process_time()


def keep_memory_low() -> None:
    """Let all threads share two malloc arenas; by default freed memory stays in a dozen."""
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _because(plan: Plan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for step in plan.steps:
        if step.action is Action.MODIFY:
            for part in step.because:
                counts[part] = counts.get(part, 0) + 1
    return counts


def _log_done(done: DocumentDone) -> None:
    """Log what became of a document: its masked path, never its content."""
    if done.failed or done.state is DocState.QUARANTINED:
        _log.warning("%s:%s: %s", done.source, done.path, done.reason)
    elif done.state in (DocState.SKIPPED, DocState.VETOED):
        _log.info("%s:%s: %s: %s", done.source, done.path, done.state, done.reason)
    elif done.action in _VERBS and not (done.action is Action.RENAME and done.state is None):
        _log.info(
            "%s:%s: %s, %d chunks, %d embedded",
            done.source,
            done.path,
            _VERBS[done.action],
            done.chunks,
            done.embedded,
        )


def _log_somewhere() -> None:
    if journal.is_reading_us():
        _log.addHandler(journal.JournalHandler())
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
