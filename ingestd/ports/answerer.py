"""Answering questions from documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingestd.model.answer import Answer, Asking


class Answerer(Protocol):
    """Answers; one that cannot says so in `Answer.error`, and the others go on."""

    def answer(self, askings: Sequence[Asking]) -> list[Answer]:
        """Return an answer for each question, in their order."""
        ...
