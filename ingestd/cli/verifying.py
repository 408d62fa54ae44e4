"""`verify` and `rebuild`: whether disk, ledger and index are right, and making them so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen, with_sources

if TYPE_CHECKING:
    from ingestd.app.repairing import Repaired

VERIFY_EXAMPLES = """\b
Examples:
  ingestd verify                  every file, row and document; a daemon may be running
  ingestd verify --sample 0.1     a random tenth of rows and documents, all index files
  ingestd verify --repair         and make good what is wrong, from what is right

Exit code 3: something is wrong, or could not be made good."""
REBUILD_EXAMPLES = """\b
Examples:
  ingestd rebuild                 a ledger or an index that cannot be opened any more"""


def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Make good what is wrong.")] = False,
    sample: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of rows and documents to look at.")
    ] = 1.0,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Check every row against its own hash, the ledger against the disk, the index against both."""
    from ingestd.app import repairing, verifying
    from ingestd.app.opening import reading, writing
    from ingestd.app.reports import need_state
    from ingestd.cli.pass_report import Teller

    if not repair:
        with reading(with_sources(chosen(config))) as system:
            need_state(system)
            found = verifying.verify(system, sample)
            said = found.as_json(system.ledger.entries())
        _tell(said, None, json=json)
        return 0 if found.is_sound else 3
    with writing(with_sources(chosen(config))) as system:
        bits = repairing.mend_files(system.folder)
        found = verifying.verify(system, sample)
        done = repairing.Repaired()
        if not found.is_sound or bits:
            with Teller(quiet=json).showing() as teller:
                done = repairing.repair(system, found, teller)
            found = verifying.verify(system)
        done.bits = bits
        said = found.as_json(system.ledger.entries())
    _tell(said, done, json=json)
    return 0 if found.is_sound else 3


def rebuild(config: ConfigPath = None, json: Json = False) -> int:
    """Make ledger and index anew from disk and from what can be read of them; damage goes aside."""
    from ingestd.app import repairing, verifying
    from ingestd.app.build import utc_now
    from ingestd.app.opening import writing
    from ingestd.cli.pass_report import Teller

    aside: list[str] = []
    settings = with_sources(chosen(config))
    prepare = lambda folder: aside.append(repairing.put_aside(folder, utc_now()))  # noqa: E731
    with writing(settings, prepare=prepare) as system:
        with Teller(quiet=json).showing() as teller:
            done = repairing.rebuild(system, teller, aside[0])
        found = verifying.verify(system)
        said = found.as_json(system.ledger.entries())
    _tell(said, done, json=json)
    return 0 if found.is_sound else 3


def _tell(said: dict[str, Any], done: Repaired | None, *, json: bool) -> None:
    if done is not None:
        report = done.report
        said["repaired"] = {
            "bits": done.bits, "rows_kept": done.rows_kept, "rows_lost": done.rows_lost,
            "chunks_embedded": report.chunks_embedded if report else 0,
            "documents": report.added + report.modified if report else 0,
            "aside": done.aside or None,
        }  # fmt: skip
    if json:
        output.document(said)
        return
    for text in _lines(said):
        output.line(text)


def _lines(said: dict[str, Any]) -> list[str]:
    files, rows, disk = said["files"], said["rows"], said["disk"]
    lines = [f"{one['path']}: {one['what']}" for one in files["bad"]]
    lines += [f"{name}: damaged or missing in the index" for name in said["documents"]]
    lines += [f"{part}: {said[part]}" for part in ("ledger", "index") if said[part]]
    lines.append(
        f"Index files: {files['checked']} looked at, {len(files['bad'])} bad; rows: "
        f"{rows['checked']} looked at, {rows['bad']} bad, {rows['duplicates']} twice; documents: "
        f"{rows['orphaned_documents']} without a file, {said['versions']['bad']} bad versions"
    )
    if disk["unnoticed"]:
        lines.append(f"{disk['unnoticed']} files changed while their times say that they did not")
    if disk["changed"]:
        lines.append(f"{disk['changed']} files differ from the index; the next pass sees to them")
    done = said.get("repaired")
    if done is not None:
        lines.append(
            f"Mended {done['bits']} files bit by bit; kept {done['rows_kept']} rows of an index "
            f"that was made anew, lost {done['rows_lost']}; made {done['documents']} documents "
            f"anew, embedding {done['chunks_embedded']} chunks"
        )
        if done["aside"]:
            lines.append(f"What could not be opened is kept in {done['aside']}")
    if said["sound"]:
        lines.append("All is right")
    elif done is None:
        lines.append("Something is wrong; make it good with: ingestd verify --repair")
    else:
        lines.append("Something is still wrong; make all of it anew with: ingestd rebuild")
    return lines


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=VERIFY_EXAMPLES)(verify)
    app.command(epilog=REBUILD_EXAMPLES)(rebuild)
