"""Alerting in the daemon: rounds over what can alert, and the deliveries that follow."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from ingestd.alerting.round import Terms, changes
from ingestd.app.alerts.observing import Observer, Running
from ingestd.app.alerts.rules import rules
from ingestd.app.build import System
from ingestd.app.checking.lags import span
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.config.schema import AlertsSection
from ingestd.daemon.deliveries import Deliveries, turn
from ingestd.errors import IngestdError
from ingestd.model.alert import Notice
from ingestd.model.passes import PassReport
from ingestd.ports.outbox import Outbox
from ingestd.ports.receiver import Receiver

_log = logging.getLogger("ingestd")


class Alerting:
    """Decides what to tell after each look, and hands it to the outbox."""

    def __init__(
        self,
        system: System,
        *,
        seconds: Callable[[timedelta], float] = timedelta.total_seconds,
    ) -> None:
        """Read rules, receivers and secrets; raises ConfigError for what is wrong with them."""
        section = system.config.file.alerts
        self._system = system
        self.receivers = _receivers(system)
        self._terms = Terms(
            rules(system),
            [receiver.name for receiver in self.receivers],
            span(system, "alerts.repeat_interval", section.repeat_interval),
            lambda: f"msg_{uuid.uuid4().hex}",
        )
        self._running = Running()
        self._lanes: Callable[[], Mapping[str, str]] | None = None
        self._is_checking: Callable[[], bool] = bool
        self._turn = threading.Lock()
        self._opened: tuple[Observer, SqliteOutbox] | None = None
        self.deliveries = Deliveries(self.receivers, self.outbox, system.now, seconds=seconds)

    def outbox(self) -> Outbox:
        """Open the outbox for one more thread."""
        return SqliteOutbox(Database(self._system.folder.ledger))

    def watch(
        self, lanes: Callable[[], Mapping[str, str]], is_checking: Callable[[], bool]
    ) -> None:
        """Take who says which parts of the daemon are alive, and whether a check is at work."""
        self._lanes, self._is_checking = lanes, is_checking

    def passed(self, report: PassReport, *, whole: bool) -> None:
        """Take in which sources a pass could not reach."""
        before = {} if whole else self._running.unreachable
        if before is not None:
            self._running.unreachable = {**before, **report.unreachable}

    def round(self) -> list[Notice]:
        """Look, decide and write down what is to be told."""
        with self._turn:
            if self._opened is None:
                database = Database(self._system.folder.ledger)
                observer = Observer(self._system, database, self._terms.rules)
                self._opened = (observer, SqliteOutbox(database))
            observer, outbox = self._opened
            self._running.lanes = self._lanes() if self._lanes is not None else None
            self._running.is_checking = self._is_checking()
            now = self._system.now()
            seen = observer.look(self._running)
            written = outbox.transact(now, partial(changes, seen, self._terms, now))
        if written:
            self.deliveries.wake()
        return list(written)

    def deliver(self) -> None:
        """Deliver, outside the daemon, what is due now; what fails is left to a daemon."""
        outbox = self.outbox()
        for receiver in self.receivers:
            while not turn(receiver, outbox, self._system.now):
                pass

    def look(self) -> None:
        """Make a round in the daemon; a fault of one is told, and the next comes."""
        try:
            written = self.round()
        except IngestdError as error:
            _log.error("alerts: %s", error)
            return
        except Exception as error:  # noqa: BLE001
            # Neither a pass nor a check ends with it; its words may quote a document.
            _log.error("alerts: a bug: %s", type(error).__name__)
            return
        for notice in written:
            _log.warning(
                "alert %s: %s: %s: %s", notice.event, notice.alert.fingerprint, notice.alert.rule,
                notice.why,
            )  # fmt: skip

    def clock_set(self, by: timedelta) -> None:
        """Move along what waits for a time."""
        with self._turn:
            if self._opened is not None:
                self._opened[1].move(by)
        self.deliveries.wake()

    def forget(self) -> None:
        """Drop what is past its keeping, and give up what waits for whom the config lost."""
        if self._opened is None:
            return
        with self._turn:
            outbox, now = self._opened[1], self._system.now()
            for name in outbox.counts():
                if name not in self._terms.receivers:
                    outbox.bury(name, "no receiver of that name is in the config any more", now)
            outbox.forget(now - timedelta(days=self._system.config.file.alerts.keep_days))


def _receivers(system: System) -> list[Receiver]:
    """Return the receivers; what sends is loaded only where there is somebody to tell."""
    if system.config.file.alerts == AlertsSection():
        return []
    from ingestd.app.alerts.receivers import receivers

    return receivers(system)
