"""Retrieval: recall within the first 800 tokens returned, three corpora indexed together."""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestd.app import passes
from ingestd.config.schema import ConfigFile
from ingestd.model.index import Hit

from . import harness
from .harness import Figure, at_least, shown

BUDGET = 800


def run() -> Iterator[Figure]:
    """Ask all questions, with and without late interaction."""
    folder = harness.DATA / "retrieval"
    questions = [
        json.loads(line)
        for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    corpora = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    with tempfile.TemporaryDirectory() as scratch:
        docs = Path(scratch) / "docs"
        docs.mkdir()
        for path in folder.glob("*.md"):
            shutil.copy(path, docs)
        for name, rerank in (("hybrid with late interaction", 20), ("hybrid alone", 0)):
            section = ConfigFile().retrieval.model_copy(update={"rerank": rerank})
            with harness.system(
                docs, Path(scratch) / f"state{rerank}", retrieval=section
            ) as system:
                passes.sync(system)
                places = _places(system, corpora)
                recalls = [
                    _recall(
                        question,
                        system.searcher.search(question["question"], 20),
                        places,
                        system.tokenizer,
                    )
                    for question in questions
                ]
            yield shown("questions", len(recalls))
            yield at_least(f"recall in {BUDGET} tokens, {name}", statistics.mean(recalls), 0.91)


def _places(system: Any, corpora: dict[str, str]) -> dict[str, tuple[str, int, int]]:
    """Find each chunk in its corpus file, white space aside: parsing folds it."""
    solid = {
        name: [at for at, character in enumerate(text) if not character.isspace()]
        for name, text in corpora.items()
    }
    flat = {name: "".join(text.split()) for name, text in corpora.items()}
    found: dict[str, tuple[str, int, int]] = {}
    reached = dict.fromkeys(corpora, 0)
    rows = [row for rows in system.store.all_rows() for row in rows]
    for row in sorted(rows, key=lambda row: (row.path, row.ordinal)):
        name = Path(row.path).stem
        squeezed = "".join(row.text.split())
        at = flat[name].find(squeezed, reached[name])
        if at < 0:
            raise AssertionError(f"{row.path}: chunk {row.ordinal} is not in its file")
        found[row.chunk_id] = (name, solid[name][at], solid[name][at + len(squeezed) - 1] + 1)
        reached[name] = at + len(squeezed)
    return found


def _recall(question: Any, hits: list[Hit], places: Any, tokenizer: Any) -> float:
    """Return which share of the passages that answer lies in the first tokens returned."""
    left = BUDGET
    read: list[tuple[str, int, int]] = []
    for hit in hits:
        tokens = tokenizer.count([hit.row.text])[0]
        name, start, end = places[hit.row.chunk_id]
        read.append((name, start, start + int((end - start) * min(1.0, left / tokens))))
        left -= tokens
        if left <= 0:
            break
    wanted = covered = 0
    for reference in question["references"]:
        positions = range(reference["start_index"], reference["end_index"])
        wanted += len(positions)
        covered += sum(
            any(name == question["corpus"] and s <= at < e for name, s, e in read)
            for at in positions
        )
    return covered / wanted
