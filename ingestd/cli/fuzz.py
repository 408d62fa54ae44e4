"""`fuzz`: the launch checklist."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen
from ingestd.errors import UsageError

_INTERRUPTED = 130
LEAKED = 4
EXAMPLES = """\b
Examples:
  ingestd fuzz                                  the sources of the config, 2,000 plantings
  ingestd fuzz ~/Documents --trials 20000       any folder or file, without a config
  ingestd fuzz --json --report fuzz.html        in CI: exit code 4 when anything leaks

Your documents are only read: values are planted into copies in a temporary folder."""


def fuzz(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Folders and files; else the sources of the config.", metavar="PATH"),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="How many values to plant.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed plants the same values.")] = 1,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report as a page, too.")
    ] = None,
    reproducers: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where a minimal file for each leak goes.")
    ] = Path("ingestd-fuzz-leaks"),
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Plant invented personal data at every boundary of your documents, and look for leaks."""
    from ingestd.app.fuzz import rounds
    from ingestd.app.fuzz.report import page

    used = chosen(config)
    if not paths and not used.sources:
        raise UsageError(
            "no document to plant in: name a folder (ingestd fuzz FOLDER), or a config"
        )
    # Copies of the documents lie in a temporary folder: a stop must take them along.
    signal.signal(signal.SIGTERM, _stop)
    with _showing(quiet=json) as told:
        found = rounds.run(
            used, paths or (), trials=trials, seed=seed, told=told, reproducers=reproducers
        )
    if report is not None:
        try:
            report.write_text(page(found), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--report: {report}: cannot be written: {error.strerror}") from error
    if json:
        output.document(found.to_json())
        return LEAKED if found.leaks else 0
    for column, name in enumerate(("entity", "disguise", "boundary")):
        output.line(output.bold(f"{name:28} planted  leaked"))
        for key, planted, leaked in found.table(column):
            output.line(f"{key:28} {planted:7,} {leaked:7,}")
        output.line()
    for leak in found.leaks[:20]:
        how = "across" if leak.across else "at"
        output.line(
            f"! {leak.entity_type}, disguise {leak.disguise}, {how} {leak.boundary}: "
            f"{leak.seen!r} seen in {leak.where} of {leak.path}"
        )
        if leak.reproducer:
            output.line(f"  reproduce with: {leak.reproducer}")
    if found.not_planted:
        output.note(
            f"Nothing was planted in or of {len(found.not_planted)} files and entities (--json)"
        )
    output.line(
        f"{len(found.leaks)} leaks in {found.trials:,} plantings over {found.documents:,} "
        f"documents; {found.share_kept:.4f} of their words kept; seed {found.seed}, "
        f"{found.seconds:.0f} s"
    )
    return LEAKED if found.leaks else 0


@contextmanager
def _showing(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for a person; a program and a log get nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _, __, ___: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield told


def _stop(_: int, __: object) -> None:
    # No KeyboardInterrupt: where one passes an exec(), Python ends by SIGINT though it was caught.
    raise SystemExit(_INTERRUPTED)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EXAMPLES)(fuzz)
