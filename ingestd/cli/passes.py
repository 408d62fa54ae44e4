"""`sync`, `plan`, `reindex` and `run`: commands that go over the sources."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Folders, Json, chosen, with_sources

if TYPE_CHECKING:
    from ingestd.model.passes import PassReport

SYNC_EXAMPLES = """\b
Examples:
  ingestd sync ~/Documents      index a folder; again: only what changed
  ingestd sync                  the sources of the config
  ingestd sync docs --json      the same, for a program"""
PLAN_EXAMPLES = """\b
Examples:
  ingestd plan                  what the next sync would add, change, delete and embed
  ingestd plan ~/Documents --json"""
REINDEX_EXAMPLES = """\b
Examples:
  ingestd reindex --dry-run                      what it would cost
  ingestd reindex                                build anew beside the old index, then switch
  ingestd reindex --source docs --path a/b.pdf   one document, or all below one folder"""
APPROVE_EXAMPLES = """\b
Examples:
  ingestd approve handbook      the folder is meant to be that empty"""
RUN_EXAMPLES = """\b
Examples:
  ingestd run ~/Documents       watch a folder, no config needed; Ctrl-C stops
  ingestd run                   the sources of the config
  kill -HUP PID                 take a changed config, whole or not at all"""


def sync(folders: Folders = None, config: ConfigPath = None, json: Json = False) -> int:
    """Bring the index to what the documents say, once."""
    from ingestd.app import passes
    from ingestd.app.opening import writing
    from ingestd.cli import pass_report

    with writing(with_sources(chosen(config, folders))) as system:
        stale = passes.stale_rules(system)
        if stale and not json:
            said = ", ".join(f"{part} ({count} documents)" for part, count in stale.items())
            output.note(f"Rules changed since the last pass: {said}; redoing what they touch")
        with pass_report.Teller(quiet=json).showing() as teller:
            report = passes.sync(system, teller)
    if json:
        output.document(pass_report.report_json(report))
    else:
        _say(report)
    return pass_report.exit_code(report)


def plan(folders: Folders = None, config: ConfigPath = None, json: Json = False) -> int:
    """Say what the next pass would add, change, delete and embed; change nothing."""
    from ingestd.app import passes
    from ingestd.app.opening import reading
    from ingestd.cli import pass_report

    with reading(with_sources(chosen(config, folders))) as system:
        made, report = passes.plan(system)
        steps = [
            {
                "action": step.action.value,
                "source": step.source.name,
                "path": system.redactor.redact_text(step.path),
                "because": list(step.because),
            }
            for step in made.steps
            if step.action not in pass_report.UNTOLD
        ]
    if json:
        output.document({**pass_report.report_json(report), "steps": steps})
        return 0
    for step in steps:
        because = f" ({', '.join(step['because'])})" if step["because"] else ""
        output.line(f"{step['action']:9} {step['path']}{because}")
    output.line(
        f"Would add {report.added}, change {report.modified}, rename {report.renamed}, delete "
        f"{report.deleted}; leave {report.unchanged}; embed {report.chunks_embedded} chunks "
        f"({report.tokens_embedded} tokens)"
    )
    for name, count in sorted(report.held.items()):
        output.line(output.held_line(name, count))
    return 0


def reindex(
    source: Annotated[str | None, typer.Option(help="Only this source, in place.")] = None,
    path: Annotated[str | None, typer.Option(help="Only this document or folder.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost.")] = False,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Build the index anew beside the old one, which goes on answering, and switch in one step."""
    from ingestd.app import passes
    from ingestd.app.opening import reading, writing
    from ingestd.cli import pass_report

    chosen_config = chosen(config)
    if dry_run:
        with reading(chosen_config) as system:
            cost = passes.cost(system)
        if json:
            output.document({"dry_run": True, **cost})
        else:
            output.line(
                f"Would parse {cost['documents']} documents ({cost['bytes']:,} bytes) and embed "
                f"about {cost['chunks']} chunks ({cost['tokens']:,} tokens)"
            )
        return 0
    with writing(chosen_config) as system:
        with_sources(system.config)
        with pass_report.Teller(quiet=json).showing() as teller:
            if source is None and path is None:
                report = passes.reindex(system, teller)
            else:
                report = passes.redo(system, source, path, teller)
    if json:
        output.document(pass_report.report_json(report))
    else:
        _say(report)
    return pass_report.exit_code(report)


def run(folders: Folders = None, config: ConfigPath = None) -> int:
    """Watch the sources and keep the index true until stopped."""
    from ingestd.app.opening import writing

    with writing(with_sources(chosen(config, folders))) as system:
        # It loads as long as what is imported next: side by side.
        system.parser.warm(1)
        from ingestd.app.serving import RELOAD, serve

        code = serve(system)
    if code == RELOAD:
        # The same process anew: what another config builds otherwise is a start like any other.
        os.execv(sys.executable, [sys.executable, "-m", "ingestd", *sys.argv[1:]])  # noqa: S606
    return code


def _say(report: PassReport) -> None:
    from ingestd.cli import pass_report

    for text in pass_report.report_lines(report):
        output.line(text)
    for reason in report.unreachable.values():
        output.note(f"! {reason}")


def approve(
    source: Annotated[str, typer.Argument(help="The source that it is held back in.")],
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Let deletions go that were held back because they were so many."""
    from ingestd.app import holding
    from ingestd.app.opening import reading
    from ingestd.app.reports import need_state

    with reading(chosen(config)) as system:
        need_state(system)
        count = holding.approve(system, source)
    if json:
        output.document({"source": source, "approved": count})
    else:
        output.line(
            f"{count} deletions in {source} go in the next pass; now: ingestd sync. A daemon makes "
            "one within daemon.scan_minutes"
        )
    return 0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=RUN_EXAMPLES)(run)
    app.command(epilog=SYNC_EXAMPLES)(sync)
    app.command(epilog=PLAN_EXAMPLES)(plan)
    app.command(epilog=REINDEX_EXAMPLES)(reindex)
    app.command(epilog=APPROVE_EXAMPLES)(approve)
