"""The life of an alert: ok, pending, firing, resolved; one decision with its reason at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingestd.model.alert import Alert, AlertState, Event, Problem, Rule

_LINES = 100
STILL = "it still fires"


@dataclass(frozen=True, slots=True)
class Decision:
    """What an alert becomes, and what is told."""

    alert: Alert | None
    """`None`: there is nothing to remember."""
    event: Event | None
    reason: str


def fingerprint(rule: str, labels: Mapping[str, str]) -> str:
    """Return the identity of an alert: its rule and labels."""
    pairs = "\0".join(f"{key}\1{value}" for key, value in sorted(labels.items()))
    return hashlib.sha256(f"{rule}\0{pairs}".encode()).hexdigest()[:16]


def next_alert(
    last: Alert | None,
    problem: Problem,
    rule: Rule,
    now: datetime,
    *,
    repeat: timedelta,
    silenced: bool = False,
) -> Decision:
    """Decide what one more look at something that is wrong means."""
    if last is None or last.state is AlertState.RESOLVED:
        fresh = Alert(
            fingerprint=fingerprint(problem.rule, problem.labels),
            rule=problem.rule,
            labels=problem.labels,
            state=AlertState.PENDING,
            severity=problem.severity,
            summary=problem.summary,
            diagnosis=problem.diagnosis,
            starts_at=now,
        )
        return _wrong(fresh, problem, rule, now, repeat, silenced=silenced)
    return _wrong(last, problem, rule, now, repeat, silenced=silenced)


def unknown(last: Alert) -> Decision:
    """Keep an alert as it is while nobody can see whether it still holds."""
    reason = f"still {last.state}: whether it holds cannot be seen at the moment"
    return Decision(replace(last, unknown=True, reason=reason), None, reason)


def well(last: Alert | None, now: datetime) -> Decision:
    """Decide what it means that nothing is wrong."""
    if last is None:
        return Decision(None, None, "nothing is wrong")
    if last.state is AlertState.RESOLVED:
        return Decision(last, None, "resolved before")
    if last.state is AlertState.PENDING:
        return Decision(None, None, "it was well again before it was due")
    reason = "it is well again"
    ended = replace(
        last, state=AlertState.RESOLVED, ends_at=now, unknown=False, silenced=False, reason=reason
    )
    # Who was told of the fire is told of its end, silenced or not; who was not hears nothing.
    return Decision(ended, Event.RESOLVED if last.told_at is not None else None, reason)


def _wrong(
    last: Alert,
    problem: Problem,
    rule: Rule,
    now: datetime,
    repeat: timedelta,
    *,
    silenced: bool,
) -> Decision:
    waited = now - last.starts_at
    is_due = last.state is AlertState.FIRING or waited >= rule.hold
    alert = replace(
        last,
        state=AlertState.FIRING if is_due else AlertState.PENDING,
        severity=problem.severity,
        summary=problem.summary,
        diagnosis=problem.diagnosis,
        lines=problem.lines[:_LINES],
        total=len(problem.lines),
        caused_by=problem.caused_by,
        unknown=False,
        silenced=silenced,
    )
    if not is_due:
        reason = f"wrong for {waited}, told from {rule.hold} on"
        return Decision(replace(alert, reason=reason), None, reason)
    reason = _occasion(last, problem, now, repeat)
    if not reason or silenced:
        said = "silenced" if silenced else "told before, and nothing has changed"
        return Decision(replace(alert, reason=said), None, said)
    told = frozenset(line.id for line in problem.lines)
    return Decision(replace(alert, told_at=now, told=told, reason=reason), Event.FIRING, reason)


def _occasion(last: Alert, problem: Problem, now: datetime, repeat: timedelta) -> str:
    """Say why a firing alert is told now; nothing where there is no reason to."""
    if last.told_at is None:
        return "it fires"
    if last.severity is not problem.severity:
        return f"its severity went from {last.severity} to {problem.severity}"
    if last.diagnosis != problem.diagnosis:
        return f"its cause went from {last.diagnosis} to {problem.diagnosis}"
    more = {line.id for line in problem.lines} - last.told
    if more:
        return f"{len(more)} more questions fail"
    if now - last.told_at >= repeat:
        return STILL
    return ""
