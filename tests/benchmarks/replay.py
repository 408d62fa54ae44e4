"""The handbook replay: 300 real commits, a pass after each, against an index from scratch."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestd.app import passes
from ingestd.app.build import System
from ingestd.ingest.units import units
from ingestd.model.document import Element, ElementKind, RedactedDocument
from ingestd.model.passes import Action, DocumentDone, Plan

from . import harness
from .harness import Figure, at_least, at_most, shown


def run() -> Iterator[Figure]:
    """Replay all commits."""
    with tempfile.TemporaryDirectory() as scratch:
        docs = harness.handbook(Path(scratch) / "docs")
        with harness.system(docs, Path(scratch) / "state") as system:
            passes.sync(system)
            yield shown("documents at start", system.store.count()[0])
            tokens: dict[Action, list[int]] = {Action.ADD: [], Action.MODIFY: []}

            def told(_: Plan, done: DocumentDone | None) -> None:
                if done is not None and done.action in tokens and done.state is not None:
                    tokens[done.action].append(done.tokens)

            writes = deletes = 0
            for operations in harness.commits():
                harness.apply(docs, operations)
                writes += sum(one["op"] == "write" for one in operations)
                deletes += sum(one["op"] == "delete" for one in operations)
                passes.sync(system, told)
            yield shown("commits' writes", writes)
            yield shown("commits' deletes", deletes)
            spent = sum(map(sum, tokens.values()))
            yield at_most("tokens embedded per written file", spent / writes, 380)
            yield shown("  of modified files", statistics.mean(tokens[Action.MODIFY]))
            yield shown("  of new files", statistics.mean(tokens[Action.ADD]))
            yield from _against_scratch(system, docs, Path(scratch))
            yield from _touched(system, docs)


def _against_scratch(system: System, docs: Path, scratch: Path) -> Iterator[Figure]:
    with harness.system(docs, scratch / "fresh") as fresh:
        passes.sync(fresh)
        mine, theirs = _rows(system), _rows(fresh)
        sizes = [
            count + fresh.tokenizer.special
            for count in fresh.tokenizer.count([r.prefix + r.text for r in theirs.values()])
        ]
        lost = _lost(fresh)
    yield at_most("stale chunks", len(mine.keys() - theirs.keys()), 0)
    yield at_most("missing chunks", len(theirs.keys() - mine.keys()), 0)
    both = mine.keys() & theirs.keys()
    names = ("doc_id", "path", "ordinal", "start", "end", "text", "prefix", "heading", "page")
    differing = sum(
        any(getattr(mine[key], name) != getattr(theirs[key], name) for name in names)
        for key in both
    )
    yield at_most("chunks that differ in id, text or offsets", differing, 0)
    yield at_most("duplicate chunk ids", _total(system) - len(mine), 0)
    cosine = min(float(mine[key].vector @ theirs[key].vector) for key in both)
    yield at_least("least cosine of vectors", cosine, 0.9999)
    yield at_least("mean tokens of a chunk", statistics.mean(sizes), 120)
    yield at_most("largest chunk, tokens", max(sizes), 256)
    yield at_most("characters of the text in no chunk", lost, 0)


def _touched(system: System, docs: Path) -> Iterator[Figure]:
    files = [path for path in docs.rglob("*") if path.is_file()]
    for path in files:
        path.touch()
    yield at_most("embedded after a touch of every file", passes.sync(system).chunks_embedded, 0)
    for path in files:
        path.rename(path.with_name("renamed-" + path.name))
    report = passes.sync(system)
    yield at_most("embedded after a rename of every file", report.chunks_embedded, 0)
    yield shown("  renames noticed", report.renamed)
    (docs / "pages").rename(docs / "moved")
    report = passes.sync(system)
    yield at_most("embedded after a folder was moved", report.chunks_embedded, 0)
    for path in system.folder.path.glob("ledger.db*"):
        path.unlink()
    system.__dict__.pop("ledger")
    report = passes.sync(system)
    yield at_most("embedded after the ledger was deleted", report.chunks_embedded, 0)
    yield shown("  documents found unchanged", report.unchanged)


def _rows(system: System) -> dict[str, Any]:
    return {row.chunk_id: row for rows in system.store.all_rows() for row in rows}


def _total(system: System) -> int:
    return sum(len(rows) for rows in system.store.all_rows())


def _lost(system: System) -> int:
    """Count the characters, white space aside, that stand in a document and in no chunk of it."""
    lost = 0
    for document in system.store.documents():
        text = system.store.versions(document.doc_id)[0].redacted_text
        whole = RedactedDocument(text, (Element(ElementKind.CODE, 0, len(text)),), "")
        kept = bytearray(len(text))
        for row in system.store.rows([document.doc_id]):
            kept[row.start : row.end] = b"\1" * (row.end - row.start)
        for unit in units(whole):
            lost += sum(
                not kept[at] and not text[at].isspace() for at in range(unit.start, unit.end)
            )
    return lost
