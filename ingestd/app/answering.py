"""Answering: hits and answers as `search --json` and `ask --json` print them."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from ingestd.app.beside import Beside
from ingestd.app.build import System
from ingestd.app.checking import running
from ingestd.daemon.pulse import Pulse
from ingestd.daemon.service import QUESTIONS
from ingestd.errors import IngestdError
from ingestd.model.index import Hit

_PASSAGES = 64
"""Kept for the next question: people ask about the same things, and reading ten takes 0.15 s."""


def search(system: System, question: str, k: int) -> dict[str, Any]:
    """Return the best hits with their citations."""
    searcher = system.searcher
    began = time.monotonic()
    hits = searcher.search(question, k)
    seconds = time.monotonic() - began
    version = system.store.index_version
    stale = system.stale()
    return {
        "query": system.redactor.redact_text(question),
        "index_version": version,
        "seconds": round(seconds, 4),
        "hits": [_hit(hit, stale) for hit in hits],
    }


def answer(system: System, question: str, k: int | None, kind: str | None) -> dict[str, Any]:
    """Return an answer with its citations, or that there is none."""
    found = running.answer(system, question, k, kind)
    stale = system.stale()
    return {
        "question": found.question,
        "answer": found.text,
        "abstained": found.abstained,
        "citations": [_hit(hit, stale) for hit in found.citations],
        "index_version": found.index_version,
        "statement": found.statement,
    }


class Desk:
    """Answers who asks the daemon, from one thread."""

    def __init__(self, system: System, pulse: Pulse) -> None:
        self._beside = Beside(system, _PASSAGES)
        self._pulse = pulse
        self._rules = system.config.rules

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer a question; nothing under other rules than ours, or where it cannot be."""
        if asked.get("rules") != self._rules:
            return {}
        self._pulse.beat(QUESTIONS)
        try:
            return {"answer": self._answered(asked)}
        except IngestdError:
            return {}  # Whoever asked finds out by themselves, with the whole message.
        finally:
            self._pulse.rest(QUESTIONS)

    def _answered(self, asked: dict[str, Any]) -> dict[str, Any]:
        system = self._beside.system()
        if asked["ask"] == "search":
            return search(system, asked["question"], asked["k"])
        return answer(system, asked["question"], asked["k"], asked["kind"])


def _hit(hit: Hit, stale: Collection[str]) -> dict[str, Any]:
    row = hit.row
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "source": row.source,
        "path": row.path,
        "chunk_id": row.chunk_id,
        "text": row.text,
        "heading": list(row.heading),
        "page": row.page,
        "start": row.start,
        "end": row.end,
        "title": row.title,
        "modified_at": row.modified_at.isoformat(),
        "indexed_at": row.indexed_at.isoformat(),
        "stale": row.doc_id in stale,
        "why": {
            name: {"rank": standing.rank, "score": round(standing.score, 6)}
            for name, standing in hit.why.items()
        },
    }
