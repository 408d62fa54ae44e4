"""Summing a pass up."""

from __future__ import annotations

from collections.abc import Iterable

from ingestd.model.ledger import DocState
from ingestd.model.passes import Action, DocumentDone, PassReport, Plan


def begin(plan: Plan) -> PassReport:
    """Start a report with what a plan leaves as it is."""
    return PassReport(
        unchanged=plan.unchanged,
        quarantined=plan.standing.get(DocState.QUARANTINED, 0),
        skipped=plan.standing.get(DocState.SKIPPED, 0),
        vetoed=plan.standing.get(DocState.VETOED, 0),
        unreachable=dict(plan.unreachable),
        held=dict(plan.held),
    )


def add(report: PassReport, done: DocumentDone) -> None:
    """Count one document."""
    report.chunks_removed += done.removed
    if done.failed:
        report.failed += 1
    elif done.state is DocState.INDEXED:
        _indexed(report, done)
    elif done.state is DocState.QUARANTINED:
        report.quarantined += 1
    elif done.state is DocState.SKIPPED:
        report.skipped += 1
    elif done.state is DocState.VETOED:
        report.vetoed += 1
    elif done.action is Action.DELETE:
        report.deleted += 1


def _indexed(report: PassReport, done: DocumentDone) -> None:
    match done.action:
        case Action.ADD:
            report.added += 1
        case Action.RENAME:
            report.renamed += 1
        case Action.MODIFY:
            report.modified += 1
        case _:
            report.unchanged += 1
            return
    report.chunks_embedded += done.embedded
    report.chunks_reused += done.chunks - done.embedded
    report.tokens_embedded += done.tokens
    for counts, total in ((done.findings, report.masked), (done.newly_masked, report.newly_masked)):
        for entity, count in counts.items():
            mine = total.setdefault(done.source, {})
            mine[entity] = mine.get(entity, 0) + count


def summarised(plan: Plan, done: Iterable[DocumentDone]) -> PassReport:
    """Report a whole pass."""
    report = begin(plan)
    for one in done:
        add(report, one)
    return report
