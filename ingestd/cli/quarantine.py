"""`quarantine`: documents that gave no text, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen

app = typer.Typer(
    help="Documents that are not indexed, or not in their newest version, and why.",
    epilog="""\b
Examples:
  ingestd quarantine ls                   what is out, and why
  ingestd quarantine retry                try all of them again in the next pass
  ingestd quarantine drop old/broken.pdf  leave it out until its content changes""",
    no_args_is_help=True,
)
_Paths = Annotated[
    list[str] | None, typer.Argument(help="Documents; none: all.", metavar="[PATH]...")
]
_SomePaths = Annotated[list[str], typer.Argument(help="Documents.", metavar="PATH...")]


@app.command(epilog="\b\nExample:\n  ingestd quarantine ls --json")
def ls(config: ConfigPath = None, json: Json = False) -> int:
    """List documents that are skipped, quarantined or vetoed."""
    from ingestd.app.opening import reading
    from ingestd.app.quarantine import listed
    from ingestd.model.ledger import MOST_ATTEMPTS

    with reading(chosen(config)) as system:
        found = listed(system)
    if json:
        output.document({"documents": found})
        return 0
    for one in found:
        again = (
            f" (attempt {one['attempts']}, next {one['next_attempt_at']:%Y-%m-%d %H:%M} UTC)"
            if one["next_attempt_at"]
            else ""
        )
        if one["state"] == "quarantined" and one["attempts"] >= MOST_ATTEMPTS:
            again = f" (tried {one['attempts']} times; tried again when it changes)"
        stale = "; the version before goes on answering" if one["stale"] else ""
        output.line(
            f"{one['state']:11} {one['source']}:{one['path']}: {one['reason']}{stale}{again}"
        )
    if not found:
        output.line("Nothing is in quarantine, and nothing was skipped.")
    return 0


@app.command(epilog="\b\nExample:\n  ingestd quarantine retry reports/q3.pdf")
def retry(paths: _Paths = None, config: ConfigPath = None, json: Json = False) -> int:
    """Try quarantined documents again in the next pass, instead of when their time comes."""
    from ingestd.app.opening import writing
    from ingestd.app.quarantine import retry as act

    with writing(chosen(config)) as system:
        count = act(system, paths or [])
    if json:
        output.document({"retried": count})
    else:
        output.line(f"{count} documents will be tried again; now: ingestd sync")
    return 0


@app.command(epilog="\b\nExample:\n  ingestd quarantine drop reports/q3.pdf")
def drop(paths: _SomePaths, config: ConfigPath = None, json: Json = False) -> int:
    """Leave quarantined documents out until their content changes; what is indexed of them goes."""
    from ingestd.app.opening import writing
    from ingestd.app.quarantine import drop as act

    with writing(chosen(config)) as system:
        count = act(system, paths)
    if json:
        output.document({"dropped": count})
    else:
        output.line(f"{count} documents are left out until their content changes")
    return 0
