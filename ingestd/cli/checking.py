"""`check`, `ask` and `history`: what the documents answer, and whether it is true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen, located
from ingestd.errors import UsageError

if TYPE_CHECKING:
    from ingestd.model.check import CheckReport, Result

DRIFT = 4
CHECK_EXAMPLES = """\b
Examples:
  ingestd check                          every question of the golden file
  ingestd check annual-leave --json      one of them
  ingestd check --tag prices --junit report.xml
  ingestd check --alert                  and tell the receivers of the config
  ingestd check --golden other.yaml --fail-on page

Exit codes: 0 all that matters holds, 4 drift. A question that could not be checked is unknown: it
neither passes nor fails. A golden file: ingestd golden --help"""
ASK_EXAMPLES = """\b
Examples:
  ingestd ask "How many days of leave does a new employee get?"
  ingestd ask "What does the HP-250 cost?" --json"""
HISTORY_EXAMPLES = """\b
Examples:
  ingestd history                        the last results
  ingestd history annual-leave -n 5      of one question
  ingestd history policies/leave.md      of one document: its versions, and answers from it"""


def check(
    ids: Annotated[
        list[str] | None,
        typer.Argument(help="Questions to check; all, if none is named.", metavar="[ID]..."),
    ] = None,
    golden: Annotated[
        Path | None, typer.Option("--golden", metavar="FILE", help="Instead of freshness.golden.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Only questions with this tag.")
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="SEVERITY",
            help="info, warn or page: from which severity on to exit 4.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML.")
    ] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Print failures as GitHub annotations.")
    ] = False,
    alert: Annotated[
        bool,
        typer.Option("--alert", help="Tell the receivers of the config, as the daemon does."),
    ] = False,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Ask the golden questions, compare answers with the truth, and name the cause of a drift."""
    from ingestd.app.checking import reports, running

    least = running.severity(fail_on) if fail_on else None
    with running.opened(chosen(config)) as (system, history):
        path = running.golden_path(system, golden)
        report = running.once(system, history, path, ids or (), tag or ())
        least = least or running.severity(system.config.file.freshness.fail_on)
        if alert:
            from ingestd.app.alerts.telling import told_at_once

            output.note(f"{told_at_once(system)} alerts written; see: ingestd alerts ls")
    if junit is not None:
        try:
            junit.write_bytes(reports.junit(report, path))
        except OSError as error:
            raise UsageError(f"--junit: {junit}: cannot be written: {error.strerror}") from error
    code = DRIFT if reports.fails(report, least) else 0
    if github:
        for line in reports.github(report, path):
            (output.note if json else output.line)(line)
    if json:
        output.document(reports.check_json(report))
    else:
        show(report)
    return code


def show(report: CheckReport) -> None:
    """Print a check for a person."""
    for result in report.results:
        _show_one(result)
    from ingestd.model.check import Status

    counts = [
        (report.count(status), word)
        for status, word in zip(Status, ("passed", "failed", "unknown"), strict=True)
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts)
    output.line(f"{len(report.results)} checked: {said}; {report.seconds:.1f} s")
    if report.regression is not None:
        found = report.regression
        beside = (
            f" (baseline {found.baseline_recall:.3f}, lost {found.lost}, gained {found.gained}, "
            f"p = {found.p_value:.3f})"
            if found.baseline_recall is not None and found.p_value is not None
            else ""
        )
        worse = "; retrieval is worse than its baseline" if found.regressed else ""
        output.line(f"Retrieval: recall {found.recall:.3f}, MRR {found.mrr:.3f}{beside}{worse}")
    for lag in report.notes:
        output.line(lag)
    for name, was in report.changed.items():
        output.line(f"Changed since the last check: {name} was {was}")


def _show_one(result: Result) -> None:
    signs = {"pass": ("ok", "green"), "fail": ("FAIL", "red"), "unknown": ("??", "yellow")}
    sign, colour = signs[result.status.value]
    place = f"{result.source}:{result.path}" if result.path else ""
    code = f" {result.diagnosis.value}" if result.diagnosis else ""
    flaps = " (flapping)" if result.flapping else ""
    shown = output.coloured(f"{sign:4}", colour)
    output.line_with(shown, f" {result.question.id}{code}{flaps}  {result.answer[:80]}")
    if result.status.value == "pass":
        return
    output.line(f"       {result.reason}")
    output.line(
        f"       expected {result.expected or '(unread)'}, "
        f"answered {result.answer[:200] or '(nothing)'}  [{place}]"
    )
    by = result.caused_by
    if by is not None and (by.before or by.after) and by.before != by.after:
        when = f" on {by.at:%Y-%m-%d %H:%M} UTC" if by.at else ""
        version = f", index version {by.index_version}" if by.index_version else ""
        output.line(f"       caused by {by.path}{when}{version}")
        output.line(f"         before: {by.before or '(nothing)'}")
        output.line(f"         after:  {by.after or '(nothing)'}")
    if result.proposal:
        output.line(
            f"       if the document is right, say so in the golden file: {result.proposal}"
        )


def ask(
    question: Annotated[str, typer.Argument(help="A question.")],
    k: Annotated[
        int | None, typer.Option("-k", min=1, max=100, help="From how many passages.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="What to answer with: duration, currency, ...; else told by the question.",
        ),
    ] = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Answer a question from the index, with citations, or decline."""
    from ingestd.app import asking

    found = asking.ask(located(config), question, k, kind)
    if json:
        output.document(found)
        return 0
    if found["abstained"]:
        output.line("The documents do not say.")
        return 0
    output.line(output.bold(found["answer"]))
    if found["statement"] and found["statement"] != found["answer"]:
        output.line(f"  {found['statement']}")
    for hit in found["citations"]:
        page = f", page {hit['page']}" if hit["page"] is not None else ""
        heading = f", {' > '.join(hit['heading'])}" if hit["heading"] else ""
        old = " (stale: its newest version cannot be read)" if hit["stale"] else ""
        output.line(f"  [{hit['source']}:{hit['path']}{page}{heading}]{old}")
    return 0


def history(
    target: Annotated[
        str | None,
        typer.Argument(help="A question's id or a document's path.", metavar="[ID|PATH]"),
    ] = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=10_000, help="How many results.")] = 20,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Say what was asked and answered before, and which versions of a document there were."""
    from ingestd.app.checking import running

    with running.asking(chosen(config)) as system:
        found = running.past(system, target, limit)
    if json:
        output.document(found)
        return 0
    for version in found["versions"]:
        output.line(
            f"{version['path']}: version {version['version']}, "
            f"indexed {version['indexed_at']:%Y-%m-%d %H:%M:%S}"
        )
    for one in found["results"]:
        code = f" {one['diagnosis']}" if one["diagnosis"] else ""
        output.line(f"{one['at'][:19]}  {one['status']:8}{one['id']}{code}  {one['answer'][:80]}")
    if not found["versions"] and not found["results"]:
        output.line("Nothing was checked yet: ingestd check")
    return 0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=CHECK_EXAMPLES)(check)
    app.command(epilog=ASK_EXAMPLES)(ask)
    app.command(epilog=HISTORY_EXAMPLES)(history)
