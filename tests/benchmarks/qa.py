"""Answers by extraction: 1,190 questions over 240 paragraphs of XQuAD, each its own document."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingestd.app import passes
from ingestd.app.checking import answerers
from ingestd.model.answer import Answer, Asking

from . import harness
from .harness import Figure, at_least, shown

Asked = tuple[str, str, list[str]]
"""A question, the paragraph that answers it, and the true spans."""


def run() -> Iterator[Figure]:
    """Ask everything of all paragraphs, then each half of the articles about the other half."""
    articles = json.loads((harness.DATA / "qa" / "xquad.en.json").read_text("utf-8"))["data"]
    asked, answers = _answers(articles, articles)
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
    half = len(articles) // 2
    foreign, answers = _answers(articles[:half], articles[half:])
    yield shown("questions that no document answers", len(foreign))
    yield shown("of them declined", sum(a.abstained for a in answers) / len(foreign))


def _answers(indexed: list[dict], about: list[dict]) -> tuple[list[Asked], list[Answer]]:
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory() as scratch:
        docs = Path(scratch) / "docs"
        docs.mkdir()
        for number, article in enumerate(indexed):
            for index, paragraph in enumerate(article["paragraphs"]):
                (docs / f"{number}-{index}.txt").write_text(paragraph["context"], "utf-8")
        for number, article in enumerate(about):
            for index, paragraph in enumerate(article["paragraphs"]):
                asked += [
                    (one["question"], f"{number}-{index}.txt", [a["text"] for a in one["answers"]])
                    for one in paragraph["qas"]
                ]
        with harness.system(docs, Path(scratch) / "state") as system:
            passes.sync(system)
            answers = answerers.extractive(system).answer([Asking(q) for q, _, _ in asked])
    return asked, answers
