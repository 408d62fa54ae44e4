"""A piece of personal data that a recognizer found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`text[start:end]` is of `entity_type` (Presidio's names), with a score from 0 to 1."""

    start: int
    end: int
    entity_type: str
    score: float = 1.0
