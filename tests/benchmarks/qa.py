"""Answers by extraction: 1,190 questions over 240 paragraphs of XQuAD, each its own document."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingestd.app import passes
from ingestd.app.checking import answerers
from ingestd.model.answer import Asking

from . import harness
from .harness import Figure, at_least, shown


def run() -> Iterator[Figure]:
    """Index the paragraphs, ask everything, and look where the true span stands."""
    articles = json.loads((harness.DATA / "qa" / "xquad.en.json").read_text("utf-8"))["data"]
    asked: list[tuple[str, str, list[str]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        docs = Path(scratch) / "docs"
        docs.mkdir()
        for number, paragraph in enumerate(p for a in articles for p in a["paragraphs"]):
            name = f"p{number:03d}.txt"
            (docs / name).write_text(paragraph["context"], encoding="utf-8")
            asked += [
                (one["question"], name, [a["text"] for a in one["answers"]])
                for one in paragraph["qas"]
            ]
        with harness.system(docs, Path(scratch) / "state") as system:
            passes.sync(system)
            answers = answerers.extractive(system).answer([Asking(q) for q, _, _ in asked])
    hits = right = wrong = declined = 0
    for (_, name, truths), answer in zip(asked, answers, strict=True):
        first = list(dict.fromkeys(hit.row.path for hit in answer.context))[:5]
        hits += name in first
        holds = any(truth in answer.statement for truth in truths)
        right += holds
        declined += answer.abstained
        wrong += not holds and not answer.abstained
    yield shown("questions", len(asked))
    yield at_least("document among the first five", hits / len(asked), 0.97)
    yield at_least("the answering sentence holds the truth", right / len(asked), 0.75)
    yield shown("wrong, and not declined", wrong / len(asked))
    yield shown("declined", declined / len(asked))
