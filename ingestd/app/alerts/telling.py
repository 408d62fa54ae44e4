"""Alerts for the command line: what fires, what was told, silences, and trying a receiver."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ingestd.alerting.lifecycle import fingerprint
from ingestd.app.alerts import receivers
from ingestd.app.alerts.lane import Alerting
from ingestd.app.build import System
from ingestd.app.checking.lags import span
from ingestd.app.opening import reading
from ingestd.app.reports import need_state
from ingestd.app.state import is_locked
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.config.loading import Config, nearest
from ingestd.errors import UsageError
from ingestd.model.alert import (
    Alert,
    AlertState,
    DeliveryState,
    Event,
    Line,
    Notice,
    Outcome,
    Silence,
)
from ingestd.model.check import CausedBy
from ingestd.model.golden import Severity

_KEYS = ("fingerprint", "rule")


@contextmanager
def opened(config: Config) -> Iterator[tuple[System, SqliteOutbox]]:
    """Open a system, and its outbox to write in beside a running daemon."""
    with reading(config) as system:
        need_state(system)
        yield system, SqliteOutbox(Database(system.folder.ledger))


def listed(system: System, outbox: SqliteOutbox, *, ended: bool = False) -> dict[str, Any]:
    """Return what `alerts ls --json` prints."""
    counts = outbox.counts()
    alerts = [a for a in outbox.alerts().values() if ended or a.state is not AlertState.RESOLVED]
    alerts.sort(key=lambda a: (a.state, -a.severity.rank, a.starts_at))
    configured = {one.name: n for n, one in enumerate(system.config.file.alerts.receivers)}
    return {
        "alerts": [_alert(one) for one in alerts],
        "receivers": [
            _receiver(system, outbox, name, configured.get(name), counts.get(name, {}))
            for name in dict.fromkeys([*configured, *counts])
        ],
        "silences": [
            {
                "id": one.id, "matches": dict(one.matches), "ends_at": one.ends_at,
                "comment": one.comment,
            }
            for one in outbox.silences(system.now())
        ],
        "dead": outbox.deliveries(state=DeliveryState.DEAD, limit=20),
    }  # fmt: skip


def shown(outbox: SqliteOutbox, word: str) -> dict[str, Any]:
    """Return what `alerts show --json` prints, for the first letters of a fingerprint."""
    found = [a for name, a in outbox.alerts().items() if name.startswith(word)]
    if len(found) != 1:
        what = "no alert" if not found else f"{len(found)} alerts"
        raise UsageError(f"{word}: {what} of that fingerprint; see: ingestd alerts ls --all")
    (alert,) = found
    return {
        **_alert(alert),
        "questions": [
            {
                "id": line.id,
                "severity": line.severity.value,
                "diagnosis": line.diagnosis,
                "expected": line.expected,
                "answer": line.answer,
                "reason": line.reason,
            }
            for line in alert.lines
        ],
        "deliveries": outbox.deliveries(fingerprint=alert.fingerprint),
    }


def silence(
    system: System, outbox: SqliteOutbox, matches: Sequence[str], written: str, comment: str
) -> Silence:
    """Silence what has all of some labels; `written` is for how long."""
    pairs: dict[str, str] = {}
    for match in matches:
        key, equals, value = match.partition("=")
        if not equals:
            key, value = "fingerprint", match
        if not value:
            raise UsageError(
                f"{match}: a fingerprint, rule=NAME or LABEL=VALUE is wanted; see: "
                "ingestd alerts ls"
            )
        pairs[key] = value
    length = span(system, "--for", written)
    made = Silence(pairs, system.now() + length, comment)
    return replace(made, id=outbox.add_silence(made))


def tried(system: System, name: str) -> list[tuple[Event, Outcome]]:
    """Send a test firing and its resolve to one receiver; return what it said to each."""
    known = {receiver.name: receiver for receiver in receivers.receivers(system)}
    if name not in known:
        raise UsageError(
            f"{name}: no such receiver{nearest(name, known)}; there are "
            f"{', '.join(known) or 'none: add one with [[alerts.receivers]]'}"
        )
    said = []
    for event in Event:
        outcome = known[name].send(_sample(system, event))
        said.append((event, outcome))
        if not outcome.accepted:
            break
    return said


def told_at_once(system: System) -> int:
    """Make a round outside the daemon, and deliver where none runs; return what was written."""
    alerting = Alerting(system)
    written = alerting.round()
    if is_locked(system.folder) is None:
        alerting.deliver()
    return len(written)


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "rule": alert.rule,
        "labels": dict(alert.labels),
        "summary": alert.summary,
        "diagnosis": alert.diagnosis or None,
        "questions_total": alert.total,
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "told_at": alert.told_at,
        "silenced": alert.silenced,
        "unknown": alert.unknown,
        "reason": alert.reason,
    }


def _receiver(
    system: System, outbox: SqliteOutbox, name: str, number: int | None, counts: dict[str, int]
) -> dict[str, Any]:
    standing = outbox.standing(name)
    configured = number is not None
    return {
        "name": name,
        "kind": system.config.file.alerts.receivers[number].kind if number is not None else None,
        "address": receivers.shown(system, number) if number is not None else "not in the config",
        "configured": configured,
        "waiting": counts.get(DeliveryState.WAITING, 0),
        "delivered": counts.get(DeliveryState.DELIVERED, 0),
        "dead": counts.get(DeliveryState.DEAD, 0),
        "failures": standing.failures,
        "disabled": standing.gone or None,
    }


def _sample(system: System, event: Event) -> Notice:
    now = system.now()
    labels = {"document": "test:handbook.md"}
    line = Line(
        "a-test", Severity.INFO, "ANSWER_DRIFT", "25 days", "27 days", "27 days is not 25 days"
    )
    alert = Alert(
        fingerprint=fingerprint("test", labels),
        rule="test",
        labels=labels,
        state=AlertState.FIRING if event is Event.FIRING else AlertState.RESOLVED,
        severity=Severity.INFO,
        summary="a test of this receiver; nothing is wrong",
        diagnosis="ANSWER_DRIFT",
        starts_at=now,
        lines=(line,),
        total=1,
        caused_by=CausedBy(
            "handbook.md", 1, now, "You get 25 days of leave.", "You get 27 days of leave."
        ),
        ends_at=now if event is Event.RESOLVED else None,
    )
    return Notice(f"msg_{uuid.uuid4().hex}", event, now, alert, "asked for by alerts test")
