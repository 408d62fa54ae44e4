"""Observing: what of a running system can alert, looked at now."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from ingestd.alerting.grouping import drifts, fits
from ingestd.alerting.round import Seen
from ingestd.app.build import System
from ingestd.app.checking import golden, lags
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.gauges import SqliteGauges
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.errors import IngestdError
from ingestd.model.alert import Line, Problem, Rule, RuleKind
from ingestd.model.check import Diagnosis
from ingestd.model.golden import Severity
from ingestd.model.ledger import DocState
from ingestd.model.source import WatchMode

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Running:
    """What only the daemon knows; empty outside it."""

    unreachable: Mapping[str, str] | None = None
    """Why sources could not be scanned; `None`: not one scan is done."""
    lanes: Mapping[str, str] | None = None
    """What is wrong with each part of the daemon, if anything; `None`: there is none."""
    is_checking: bool = False
    """A check is at work: what it has found so far is not yet all that there is to tell."""


class Observer:
    """Looks at history, ledger and disk; its database is its own."""

    def __init__(self, system: System, database: Database, rules: Sequence[Rule]) -> None:
        self._system = system
        self._history = SqliteHistory(database)
        self._ledger = SqliteLedger(database)
        self._gauges = SqliteGauges(database)
        self._rules = rules
        self._tags: tuple[object, Mapping[str, frozenset[str]]] = ((), {})
        self._lines: tuple[object, list[Line], list[Line]] = ((), [], [])

    def look(self, running: Running) -> Seen:
        """Find what is wrong now, and what cannot be seen."""
        problems: list[Problem] = []
        blind = set()
        for kind in RuleKind:
            rules = [rule for rule in self._rules if rule.kind is kind]
            found = self._of(kind, rules, running)
            if found is None:
                blind |= {rule.name for rule in rules}
            else:
                problems += found
        return Seen(problems, blind)

    def _of(self, kind: RuleKind, rules: list[Rule], running: Running) -> list[Problem] | None:
        match kind:
            case RuleKind.DRIFT | RuleKind.CHECK_ERROR:
                asked = self._asked(running)
                if asked is None:
                    return None
                return (
                    drifts(rules, asked[0]) if kind is RuleKind.DRIFT else _errors(rules, asked[1])
                )
            case RuleKind.LAG:
                return self._late(rules)
            case RuleKind.SOURCE:
                return self._away(rules, running)
            case RuleKind.DELETION:
                return self._held(rules)
            case RuleKind.QUARANTINE:
                return self._quarantined(rules)
            case RuleKind.DISK:
                return _full(rules, self._system.folder.path)
            case RuleKind.LANE:
                if running.lanes is None:
                    return None
                return [
                    _problem(rule, {"lane": name}, f"{name}: {why}")
                    for rule in rules
                    for name, why in running.lanes.items()
                    if why
                ]

    def _asked(self, running: Running) -> tuple[list[Line], list[Line]] | None:
        """Return the questions that fail and those that cannot be checked; read once a check."""
        if running.is_checking:
            return (self._lines[1], self._lines[2]) if self._lines[0] else None
        path = golden.golden_path(self._system)
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._tags[0] != stamp:
                questions = golden.questions(self._system, path)
                self._tags = (stamp, {q.id: frozenset(q.tags) for q in questions})
        except (OSError, IngestdError):
            return None
        tags = self._tags[1]
        marker = (stamp, self._history.last_check())
        if self._lines[0] != marker:
            self._lines = (
                marker,
                [replace(o, tags=tags[o.id]) for o in self._history.failing() if o.id in tags],
                [replace(o, tags=tags[o.id]) for o in self._history.unchecked() if o.id in tags],
            )
        return self._lines[1], self._lines[2]

    def _late(self, rules: list[Rule]) -> list[Problem]:
        written = self._system.config.file.freshness.lag.p95
        if not written or not rules:
            return []
        bar = lags.span(self._system, "freshness.lag.p95", written).total_seconds()
        return [
            replace(
                _problem(
                    rule,
                    {"source": name},
                    f"changes of {name} wait {found['p95']:g} s (p95) until they can be found; "
                    f"{written} is promised",
                ),
                diagnosis=Diagnosis.INDEX_LAG.value,
            )
            for rule in rules
            for name, found in lags.summaries(self._system, self._history).items()
            if found["p95"] > bar
        ]

    def _away(self, rules: list[Rule], running: Running) -> list[Problem] | None:
        if running.unreachable is None:
            return None
        why = dict(running.unreachable)
        known = {source.name: source for source in self._ledger.sources()}
        for source in self._system.config.sources:
            watched = known.get(source.name)
            if source.watch is not WatchMode.NONE and watched and watched.watching == "none":
                why.setdefault(source.name, f"source {source.name} is not watched")
            elif watched and watched.fault:
                why.setdefault(source.name, f"source {source.name}: {watched.fault}")
        return [
            _problem(rule, {"source": name}, said) for rule in rules for name, said in why.items()
        ]

    def _held(self, rules: list[Rule]) -> list[Problem]:
        names = {source.name for source in self._system.config.sources}
        return [
            _problem(
                rule,
                {"source": one.name},
                f"{one.held} deletions in {one.name} are held back; if they are meant: "
                f"ingestd approve {one.name}",
            )
            for rule in rules
            for one in self._ledger.sources()
            if one.held and not one.approved and one.name in names
        ]

    def _quarantined(self, rules: list[Rule]) -> list[Problem]:
        if not rules:
            return []
        counts, now = self._ledger.count(DocState.QUARANTINED), self._system.now()
        problems = []
        for source in self._system.config.sources:
            count = counts.get(source.name, 0)
            least = self._gauges.note(f"quarantined {source.name}", count, now, _DAY)
            problems += [
                _problem(
                    rule,
                    {"source": source.name},
                    f"{count - least} documents of {source.name} joined the quarantine within a "
                    f"day, {count} are in it; see: ingestd quarantine ls",
                )
                for rule in rules
                if count - least >= max(rule.threshold, 1)
            ]
        return problems


def _errors(rules: list[Rule], lines: Iterable[Line]) -> list[Problem]:
    problems = []
    left = list(lines)
    for rule in rules:
        taken = [line for line in left if fits(rule, line)]
        left = [line for line in left if not fits(rule, line)]
        if taken:
            summary = f"{len(taken)} golden questions cannot be checked; {taken[0].reason}"
            one = _problem(rule, {}, summary)
            problems.append(replace(one, diagnosis=Diagnosis.CHECK_ERROR.value, lines=tuple(taken)))
    return problems


def _full(rules: list[Rule], folder: Path) -> list[Problem]:
    usage = shutil.disk_usage(folder)
    share = usage.free / usage.total
    return [
        _problem(
            rule,
            {"folder": str(folder)},
            f"{usage.free / 1e9:.1f} GB, {share:.1%} of the disk of {folder}, are free",
        )
        for rule in rules
        if share < rule.threshold
    ]


def _problem(rule: Rule, labels: dict[str, str], summary: str) -> Problem:
    return Problem(rule.name, labels, rule.severity or Severity.WARN, summary)
