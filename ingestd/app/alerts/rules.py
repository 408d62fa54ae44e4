"""The rules of alerting: those that are always there, and those of the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from ingestd.app.build import System
from ingestd.app.checking.lags import span
from ingestd.config.loading import nearest
from ingestd.config.schema import RuleSection
from ingestd.model.alert import Rule, RuleKind
from ingestd.model.check import Diagnosis
from ingestd.model.golden import Severity

DEFAULTS: Mapping[RuleKind, Rule] = {
    rule.kind: rule
    for rule in (
        Rule("drift", RuleKind.DRIFT),
        Rule("check_error", RuleKind.CHECK_ERROR, timedelta(minutes=10), Severity.WARN),
        Rule("lag", RuleKind.LAG, timedelta(minutes=5), Severity.WARN),
        Rule("source", RuleKind.SOURCE, timedelta(minutes=1), Severity.PAGE),
        Rule("deletion", RuleKind.DELETION, timedelta(0), Severity.PAGE),
        Rule("quarantine", RuleKind.QUARANTINE, timedelta(0), Severity.WARN, threshold=10),
        Rule("disk", RuleKind.DISK, timedelta(0), Severity.PAGE, threshold=0.05),
        Rule("lane", RuleKind.LANE, timedelta(0), Severity.PAGE),
    )
}


def rules(system: System) -> tuple[Rule, ...]:
    """Return the rules of a config, its own before the default ones; raises ConfigError."""
    section = system.config.file.alerts
    known = {receiver.name for receiver in section.receivers}
    own = [
        (one, _rule(system, f"alerts.rules[{number}]", one, known))
        for number, one in enumerate(section.rules)
    ]
    names = [rule.name for _, rule in own]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise system.config.fault(
                f"alerts.rules[{number}].name", f"{name!r} is taken by another"
            )
    return (
        *(rule for one, rule in own if one.enabled),
        *(rule for rule in DEFAULTS.values() if rule.name not in names),
    )


def _rule(system: System, key: str, section: RuleSection, known: set[str]) -> Rule:
    default = DEFAULTS[RuleKind(section.kind)]
    for receiver in section.receivers:
        if receiver not in known:
            hint = nearest(receiver, known) or f"; there are {', '.join(sorted(known)) or 'none'}"
            raise system.config.fault(f"{key}.receivers", f"{receiver!r} is no receiver{hint}")
    for code in section.codes:
        if code not in Diagnosis.__members__:
            raise system.config.fault(
                f"{key}.codes", f"{code!r} is no diagnosis{nearest(code, Diagnosis)}"
            )
    hold = default.hold
    if section.hold is not None:
        hold = span(system, f"{key}.for", section.hold)
    return replace(
        default,
        name=section.name,
        hold=hold,
        severity=Severity(section.severity) if section.severity else default.severity,
        least=Severity(section.least),
        tags=frozenset(section.tags),
        codes=frozenset(section.codes),
        receivers=tuple(section.receivers),
        threshold=default.threshold if section.threshold is None else section.threshold,
    )
