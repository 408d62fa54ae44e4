"""Remembering checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ingestd.model.check import CheckReport, QuestionState


class History(Protocol):
    """What was checked and what came of it; everything in it is redacted before."""

    def record(self, report: CheckReport, states: Iterable[QuestionState]) -> None:
        """Write a check and what is remembered of its questions, in one transaction."""
        ...

    def states(self, ids: Collection[str] | None = None) -> Mapping[str, QuestionState]:
        """Return what is remembered, by question id."""
        ...

    def remember(self, states: Iterable[QuestionState]) -> None:
        """Write what is remembered of questions, without a check."""
        ...

    def results(self, question: str | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return past results, the newest first."""
        ...

    def forget(self, before: datetime) -> None:
        """Drop checks from before an instant."""
        ...
