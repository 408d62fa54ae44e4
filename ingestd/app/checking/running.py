"""Checks, answers and history for the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ingestd.app.build import System
from ingestd.app.checking import answerers, checks, golden, lags
from ingestd.app.checking.golden import golden_path
from ingestd.app.opening import reading
from ingestd.app.reports import need_state
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.config.loading import Config, one_of
from ingestd.errors import UsageError
from ingestd.model.answer import Asking
from ingestd.model.check import CheckReport
from ingestd.model.golden import Severity, ValueType
from ingestd.model.ids import doc_id
from ingestd.model.index import Hit
from ingestd.retrieval.wanted import wanted

__all__ = [
    "answer", "asking", "golden_path", "known_type", "once", "opened", "past", "severity",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is shown."""

    question: str
    text: str
    abstained: bool
    citations: tuple[Hit, ...]
    statement: str
    index_version: int


@contextmanager
def opened(config: Config) -> Iterator[tuple[System, SqliteHistory]]:
    """Open a system for questions, and its history to write in beside a running daemon."""
    with reading(config) as system:
        need_state(system)
        # First for writing: an older state folder gets the tables that reading needs.
        history = SqliteHistory(Database(system.folder.ledger))
        yield system, history


@contextmanager
def asking(config: Config) -> Iterator[System]:
    """Open a system for questions."""
    with reading(config) as system:
        need_state(system)
        yield system


def once(
    system: System,
    history: SqliteHistory,
    path: Path,
    ids: Collection[str],
    tags: Collection[str],
    trigger: str = "asked",
) -> CheckReport:
    """Check the questions that are asked for, and forget what is past its keeping."""
    questions = golden.questions(system, path, ids, tags)
    report = checks.check(system, history, questions, path, trigger=trigger)
    history.forget(system.now() - timedelta(days=system.config.file.freshness.keep_days))
    return lags.noted(system, history, report) if not ids else report


def answer(system: System, question: str, k: int | None, kind: str | None) -> Told:
    """Answer one question as the config's answerer does."""
    guard = system.redactor.redact_text
    asked = guard(question)
    locale = system.config.file.freshness.locale
    answerer = answerers.chosen(system, k)
    guessed = known_type(kind) if kind else wanted(asked)
    found = answerer.answer([Asking(asked, guessed, locale)])[0]
    if found.abstained and not kind and guessed is not ValueType.TEXT:
        # The words of the question may mislead about its type.
        found = answerer.answer([Asking(asked, ValueType.TEXT, locale)])[0]
    if found.error:
        raise UsageError(found.error)
    return Told(
        asked,
        guard(found.text),
        found.abstained,
        tuple(found.context[n] for n in found.cited),
        guard(found.statement),
        system.store.index_version,
    )


def past(system: System, target: str | None, limit: int) -> dict[str, Any]:
    """Return what `history --json` prints."""
    database = Database(system.folder.ledger, read_only=True)
    results = SqliteHistory(database).results(target, limit)
    source, _, path = (target or "").rpartition(":")
    entries = [
        e
        for e in (system.ledger.entries(source or None) if target else [])
        if e.shown_path == path or e.path == path
    ]
    return {
        "versions": [
            {
                "source": entry.source,
                "path": entry.shown_path,
                "version": version.version,
                "content_hash": version.content_hash,
                "indexed_at": version.indexed_at,
                "superseded_at": version.superseded_at,
            }
            for entry in entries
            for version in system.store.versions(doc_id(entry.source, entry.path))
        ],
        "results": [dict(one) for one in results],
    }


def known_type(word: str) -> ValueType:
    """Read a type from the command line; text for nothing."""
    try:
        return one_of(ValueType, word or "text", "type")
    except ValueError as error:
        raise UsageError(f"--type: {error}") from error


def severity(word: str) -> Severity:
    """Read a severity from the command line."""
    try:
        return one_of(Severity, word, "severity")
    except ValueError as error:
        raise UsageError(f"--fail-on: {error}") from error
