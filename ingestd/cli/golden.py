"""`golden add|verify|import`: the questions whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestd.cli import output
from ingestd.cli.checking import DRIFT, show
from ingestd.cli.options import ConfigPath, Json, chosen

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The questions whose answers are known, and what is true.",
    epilog="""\b
A golden file (golden.yaml, or freshness.golden in the config):
  questions:
    - id: annual-leave
      question: How many days of annual leave does a new employee get?
      truth: 25 days        # or {csv: prices.csv, column: Price, where: {Article: HP-250}},
                            # {sql: "SELECT ...", url: sqlite:///x.db}, {http: "https://...",
                            # path: $.x}
      type: duration        # number quantity currency percent date duration boolean version
                            # one_of set regex text; guessed where it is not said
      tolerance: 0          # 0.5, 5%, "2 days"
      source: handbook:policies/leave.md
      max_lag: 15m          # the index may be behind the document so long
      pace: 90d             # the document promises a change at least this often
      review_after: 2027-06-30
      tags: [leave]
      severity: page        # info, warn, page
      references:           # what retrieval should find; recall is kept and compared
        - handbook:policies/leave.md""",
)
_Golden = Annotated[
    Path | None, typer.Option("--golden", metavar="FILE", help="Instead of freshness.golden.")
]


@app.command(epilog="\b\nExample:\n  ingestd golden add 'What does the HP-250 cost?'")
def add(
    question: Annotated[str, typer.Argument(help="A question.")],
    name: Annotated[str, typer.Option("--id", help="Its id; made from its words.")] = "",
    truth: Annotated[str, typer.Option("--truth", help="What is true; else what is found.")] = "",
    kind: Annotated[str, typer.Option("--type", help="Its type; else guessed.")] = "",
    source: Annotated[str, typer.Option("--source", help="The document, as source:path.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print it, and write nothing.")
    ] = False,
    golden: _Golden = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Find a question's answer, propose truth, type and document, and add it to the golden file."""
    from ingestd.app.checking import curating, running
    from ingestd.config.golden.writing import as_yaml

    running.known_type(kind)
    with running.asking(chosen(config)) as system:
        path = running.golden_path(system, golden)
        made = curating.propose(system, question, name, truth, kind, source)
        if not dry_run:
            curating.add(system, path, made)
    if json:
        output.document({**made, "file": str(path), "written": not dry_run})
        return 0
    for line in as_yaml([made]).splitlines():
        output.line(line)
    if not dry_run:
        output.line(
            f"Added to {path}; correct it there if it is wrong, then: ingestd golden verify"
        )
    return 0


@app.command(epilog="\b\nExample:\n  ingestd golden verify annual-leave")
def verify(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Questions; all, if none.", metavar="[ID]...")
    ] = None,
    golden: _Golden = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Say which questions hold today, and anchor each to the version it was confirmed against."""
    from ingestd.app.checking import curating, reports, running
    from ingestd.model.check import Status

    with running.opened(chosen(config)) as (system, history):
        path = running.golden_path(system, golden)
        report = curating.verify(system, history, path, ids or [])
    if json:
        output.document(reports.check_json(report))
    else:
        show(report)
    return DRIFT if report.count(Status.FAIL) else 0


@app.command("import", epilog="\b\nExample:\n  ingestd golden import testset.jsonl --from ragas")
def take_over(
    file: Annotated[Path, typer.Argument(help="A file of another tool.", metavar="FILE")],
    tool: Annotated[
        str | None,
        typer.Option("--from", metavar="TOOL", help="ragas, deepeval, promptfoo, giskard, azure."),
    ] = None,
    golden: _Golden = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Take over another tool's questions; nothing in the file is run, what is left is named."""
    from ingestd.app.checking import curating
    from ingestd.app.checking.golden import path_of

    loaded = chosen(config)
    target = path_of(loaded, golden)
    found = curating.take_over(file, tool, target)
    if json:
        output.document({"added": len(found.questions), "left": found.left, "file": str(target)})
        return 0
    for left in found.left:
        output.note(left)
    output.line(f"{len(found.questions)} questions added to {target}; next: ingestd golden verify")
    return 0
