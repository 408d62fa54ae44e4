"""Grouping: failures that share a cause are one problem, with a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ingestd.model.alert import Line, Problem, Rule
from ingestd.model.golden import Severity


def drifts(rules: Sequence[Rule], lines: Iterable[Line]) -> list[Problem]:
    """Group failing questions; each is taken by the first rule that it fits."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    by_name = {rule.name: rule for rule in rules}
    for line in lines:
        rule = next((r for r in rules if fits(r, line)), None)
        if rule is not None:
            groups.setdefault((rule.name, *_cause(line)), []).append(line)
    made = []
    for (name, kind, cause), several in sorted(groups.items()):
        several.sort(key=lambda line: (-line.severity.rank, line.id))
        made.append(_problem(by_name[name], {kind: cause}, several))
    return made


def fits(rule: Rule, line: Line) -> bool:
    """Say whether a failure is a rule's."""
    return (
        line.severity.rank >= rule.least.rank
        and (not rule.tags or not rule.tags.isdisjoint(line.tags))
        and (not rule.codes or line.diagnosis in rule.codes)
    )


def _cause(line: Line) -> tuple[str, str]:
    """Return what a failure has in common with others: a document, else its diagnosis."""
    if line.path:
        return "document", f"{line.source}:{line.path}"
    if line.source:
        return "source", line.source
    return "diagnosis", line.diagnosis


def _problem(rule: Rule, labels: dict[str, str], lines: list[Line]) -> Problem:
    diagnosis = Counter(line.diagnosis for line in lines).most_common(1)[0][0]
    severity = rule.severity or max((line.severity for line in lines), key=_rank)
    first = next((line for line in lines if line.diagnosis == diagnosis), lines[0])
    where = next(iter(labels.values()))
    told = first.id if len(lines) == 1 else f"{len(lines)} questions"
    said = first.reason if len(lines) == 1 else ""
    # The reason names the document where it is the document's doing.
    place = "" if where == diagnosis or where in said else where
    summary = ": ".join(part for part in (diagnosis, told, place, said) if part)
    caused_by = next((line.caused_by for line in lines if line.caused_by is not None), None)
    return Problem(rule.name, labels, severity, summary, diagnosis, tuple(lines), caused_by)


def _rank(severity: Severity) -> int:
    return severity.rank
