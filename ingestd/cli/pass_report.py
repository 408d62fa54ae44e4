"""A pass, told to who began it: as JSON, in lines, and on its way while somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingestd.cli.output import held_line, note, printable
from ingestd.model.ledger import DocState
from ingestd.model.passes import Action, DocumentDone, PassReport, Plan

SOME_FAILED = 3
UNTOLD = (Action.ADOPT, Action.RESTAMP)
_SIGNS = {
    Action.ADD: "+",
    Action.MODIFY: "~",
    Action.RENAME: ">",
    Action.DELETE: "-",
}


def report_json(report: PassReport) -> dict[str, Any]:
    """Return the JSON of `sync` and `reindex`."""
    return {
        "added": report.added,
        "modified": report.modified,
        "deleted": report.deleted,
        "renamed": report.renamed,
        "unchanged": report.unchanged,
        "failed": report.failed,
        "quarantined": report.quarantined,
        "skipped": report.skipped,
        "vetoed": report.vetoed,
        "chunks": {
            "total": report.chunks_total,
            "embedded": report.chunks_embedded,
            "reused": report.chunks_reused,
            "removed": report.chunks_removed,
        },
        "tokens_embedded": report.tokens_embedded,
        "index_version": report.index_version,
        "seconds": round(report.seconds, 3),
        "masked": report.masked,
        "newly_masked": report.newly_masked,
        "unreachable": report.unreachable,
        "held": report.held,
    }


def report_lines(report: PassReport) -> list[str]:
    """Say what a pass did."""
    counts = [
        (report.added, "added"),
        (report.modified, "modified"),
        (report.renamed, "renamed"),
        (report.deleted, "deleted"),
        (report.unchanged, "unchanged"),
        (report.skipped, "skipped"),
        (report.quarantined, "quarantined"),
        (report.vetoed, "vetoed"),
        (report.failed, "failed"),
    ]
    said = ", ".join(f"{count} {name}" for count, name in counts if count) or "nothing to index"
    lines = [
        f"Documents: {said}",
        (
            f"Chunks: {report.chunks_total} in all, {report.chunks_embedded} embedded "
            f"({report.tokens_embedded} tokens), {report.chunks_reused} reused, "
            f"{report.chunks_removed} removed"
        ),
    ]
    for what, by_source in (("Masked", report.masked), ("Newly masked", report.newly_masked)):
        for source, entities in sorted(by_source.items()):
            masked = ", ".join(f"{n} {entity}" for entity, n in sorted(entities.items()))
            lines.append(f"{what} in {source}: {masked}")
    lines.append(f"Index version {report.index_version}, {report.seconds:.1f} s")
    lines += [held_line(name, count) for name, count in sorted(report.held.items())]
    if report.quarantined:
        lines.append("Why documents are in quarantine: ingestd quarantine ls")
    return lines


def exit_code(report: PassReport) -> int:
    """Return 3 where some documents failed, else 0."""
    failed = report.failed or report.quarantined or report.unreachable or report.held
    return SOME_FAILED if failed else 0


def done_line(done: DocumentDone) -> str | None:
    """Say what became of one document; nothing where nothing new did."""
    if done.failed:
        return f"! {done.path}: {done.reason}"
    if done.state in (DocState.QUARANTINED, DocState.SKIPPED, DocState.VETOED):
        return f"! {done.path}: {done.state}: {done.reason}"
    if done.action in UNTOLD or (done.action is Action.RENAME and done.state is None):
        return None
    if done.state is None:
        return f"- {done.path or done.reason}"
    return (
        f"{_SIGNS.get(done.action, ' ')} {done.path}: {done.chunks} chunks, "
        f"{done.embedded} embedded"
    )


class Teller:
    """Follows a pass: a bar for a person, a line a document for a log, nothing beside JSON."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, plan: Plan, done: DocumentDone | None) -> None:
        """Take in the plan, then each document."""
        if self._bar is not None:
            if done is None:
                self._task = self._bar.add_task("", total=len(plan.steps))
            else:
                self._bar.advance(self._task)
        text = done_line(done) if done is not None else None
        if text is not None and not self._quiet and (self._bar is None or text.startswith("!")):
            self._bar.console.print(printable(text), markup=False) if self._bar else note(text)

    @contextmanager
    def showing(self) -> Iterator[Teller]:
        """Show a bar while the block runs, if somebody is looking."""
        if self._quiet or not sys.stderr.isatty():
            yield self
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

        with Progress(
            BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        ) as bar:  # fmt: skip
            self._bar = bar
            yield self
        self._bar = None
