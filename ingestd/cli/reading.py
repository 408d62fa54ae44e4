"""`search`, `status` and `explain`: commands that only read."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen, located

SEARCH_EXAMPLES = """\b
Examples:
  ingestd search "How many days of leave?"
  ingestd search "price of the pump" -k 3 --json"""
STATUS_EXAMPLES = """\b
Examples:
  ingestd status
  ingestd status --json"""
EXPLAIN_EXAMPLES = """\b
Examples:
  ingestd explain policies/leave.md      its state, its chunks, what was masked
  ingestd explain 3f6c1d0a...            one chunk, by its id"""


def search(
    question: Annotated[str, typer.Argument(help="A question, or words.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many hits.")] = 5,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Find the passages that answer a question, with citations."""
    from ingestd.app import asking

    found = asking.search(located(config), question, k)
    if json:
        output.document(found)
        return 0
    if not found["hits"]:
        output.line("Nothing found.")
    for hit in found["hits"]:
        title = f"{hit['rank']}. {hit['source']}:{hit['path']}"
        page = f", page {hit['page']}" if hit["page"] is not None else ""
        old = " (stale: its newest version cannot be read)" if hit["stale"] else ""
        output.line(f"{output.bold(title)}{page}{old}")
        if hit["heading"]:
            output.line(f"   {' > '.join(hit['heading'])}")
        for text in hit["text"].splitlines():
            output.line(f"   {text}")
        why = ", ".join(f"{name} {s['rank']} ({s['score']:.3f})" for name, s in hit["why"].items())
        place = f"[{hit['start']}:{hit['end']}]"
        output.line(f"   {place} score {hit['score']:.3f}; ranks: {why}")
    return 0


def status(config: ConfigPath = None, json: Json = False) -> int:
    """Say what the index holds, and how fresh it is."""
    from ingestd.app.opening import reading
    from ingestd.app.reports import status as report

    with reading(chosen(config)) as system:
        found = report(system)
    if json:
        output.document(found)
        return 0
    output.line(
        f"{found['documents']} documents, {found['chunks']} chunks, index version "
        f"{found['index_version']}; {found['quarantined']} quarantined, {found['pending']} pending"
    )
    daemon = found["daemon_pid"]
    output.line(f"Daemon: {'running, pid ' + str(daemon) if daemon else 'not running'}")
    if found["paused"]:
        output.line(f"Paused: {found['paused']}")
    alerts = found["alerts"]
    if any(alerts.values()):
        output.line(
            f"Alerts: {alerts['firing']} firing, {alerts['pending']} pending; {alerts['waiting']} "
            f"deliveries waiting, {alerts['dead']} given up; see: ingestd alerts ls"
        )
    for source in found["sources"]:
        output.line(
            f"  {source['name']}: {source['documents']} documents in {source['path']}, watching: "
            f"{source['watching']}, last scan {source['last_scan_at'] or 'never'}"
        )
        if source["fault"]:
            output.line(f"    {source['fault']}")
        if source["held"]:
            output.line("    " + output.held_line(source["name"], source["held"]))
        if source["lag"]:
            lag = source["lag"]
            output.line(
                f"    changes were found after {lag['p50']:g} s (p50), {lag['p95']:g} s (p95)"
            )
    for source, entities in found["masked"].items():
        masked = ", ".join(f"{n} {entity}" for entity, n in entities.items())
        output.line(f"  masked in {source}: {masked}")
    return 0


def explain(
    target: Annotated[
        str, typer.Argument(help="A document's path, or a chunk's id.", metavar="PATH|CHUNK")
    ],
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Say what became of a document: its state and why, its chunks, what was masked."""
    from ingestd.app.opening import reading
    from ingestd.app.reports import explain as report

    with reading(chosen(config)) as system:
        found = report(system, target)
    if json:
        output.document(found)
        return 0
    for document in found["documents"]:
        output.line(output.bold(f"{document['source']}:{document['path']}"))
        reason = f": {document['reason']}" if document["reason"] else ""
        output.line(f"  {document['state']}{reason}")
        for key in ("title", "mime", "lang", "modified_at", "indexed_at", "index_version"):
            if document.get(key):
                output.line(f"  {key}: {document[key]}")
        masked = ", ".join(f"{n} {entity}" for entity, n in document["masked"].items())
        output.line(f"  masked: {masked or 'nothing'}")
        for place in document["placeholders"]:
            output.line(f"    [{place['start']}:{place['end']}] {place['entity_type']}")
        for chunk in document["chunks"]:
            page = f", page {chunk['page']}" if chunk["page"] is not None else ""
            output.line(
                f"  {chunk['ordinal']:4} [{chunk['start']}:{chunk['end']}]{page} "
                f"{chunk['tokens']} tokens  {' > '.join(chunk['heading'])}"
            )
    return 0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=SEARCH_EXAMPLES)(search)
    app.command(epilog=STATUS_EXAMPLES)(status)
    app.command(epilog=EXPLAIN_EXAMPLES)(explain)
