"""A round: one look at everything that can alert, and what is told after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestd.alerting.lifecycle import STILL, Decision, fingerprint, next_alert, unknown, well
from ingestd.alerting.silences import covers
from ingestd.model.alert import Alert, Change, Notice, Problem, Rule, Silence


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found."""

    problems: Sequence[Problem]
    blind: Collection[str] = ()
    """Rules that could not be looked at: nothing of theirs fires or resolves."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every alert of a config."""

    rules: Sequence[Rule]
    receivers: Sequence[str]
    repeat: timedelta
    new_id: Callable[[], str]


def changes(
    seen: Seen,
    terms: Terms,
    now: datetime,
    before: Mapping[str, Alert],
    silences: Sequence[Silence],
) -> Iterator[Change]:
    """Yield what changes for each fingerprint that is wrong or was."""
    rules = {rule.name: rule for rule in terms.rules}
    found = {fingerprint(one.rule, one.labels): one for one in seen.problems}
    for name in sorted({*found, *before}):
        last, problem = before.get(name), found.get(name)
        of = problem or last
        if of is None:
            continue
        rule = rules.get(of.rule)
        if of.rule in seen.blind:
            if last is not None:
                yield _change(name, unknown(last), terms, rule, now)
            continue
        if rule is None or problem is None:
            # A rule that the config names no more is at its end, and so are its alerts.
            decision = well(last, now)
        else:
            silenced = covers(silences, name, of.rule, of.labels, now)
            decision = next_alert(last, problem, rule, now, repeat=terms.repeat, silenced=silenced)
        yield _change(name, decision, terms, rule, now)


def _change(
    name: str, decision: Decision, terms: Terms, rule: Rule | None, now: datetime
) -> Change:
    if decision.alert is None or decision.event is None:
        return Change(name, decision.alert)
    notice = Notice(
        id=terms.new_id(),
        event=decision.event,
        at=now,
        alert=decision.alert,
        why=decision.reason,
        is_repeat=decision.reason == STILL,
    )
    wanted = rule.receivers if rule is not None and rule.receivers else terms.receivers
    return Change(name, decision.alert, notice, tuple(r for r in wanted if r in terms.receivers))
