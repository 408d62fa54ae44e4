"""Fusing two searches by their normalised scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingestd.model.ids import ChunkId
from ingestd.model.index import Scored, Standing, Vector


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that at least one search found."""

    chunk_id: ChunkId
    score: float
    why: dict[str, Standing]
    place: int | None = None
    """Where the search saw it."""


def fuse(
    question: Vector, by_vector: Sequence[Scored], by_text: Sequence[Scored], weight: float
) -> list[Candidate]:
    """Add up `weight` times the cosine and the rest times BM25, each over its best; best first.

    A row that only the text search found still has its true cosine, from its own vector. One that
    only the vector search found has no word of the question, or scores below all the others: zero.
    """
    cosines = {scored.chunk_id: scored.score for scored in by_vector}
    bm25 = {scored.chunk_id: scored.score for scored in by_text}
    for scored in by_text:
        if scored.chunk_id not in cosines and scored.vector is not None:
            cosines[scored.chunk_id] = float(np.dot(question, scored.vector))
    best_cosine = max(cosines.values(), default=0.0)
    best_bm25 = max(bm25.values(), default=0.0)
    ranks = {"vector": _ranks(by_vector), "text": _ranks(by_text)}
    scores = {"vector": cosines, "text": bm25}
    places = {scored.chunk_id: scored.place for scored in (*by_text, *by_vector)}
    candidates = [
        Candidate(
            key,
            weight * _share(cosines.get(key, 0.0), best_cosine)
            + (1 - weight) * _share(bm25.get(key, 0.0), best_bm25),
            {
                search: Standing(ranks[search][key], scores[search][key])
                for search in ranks
                if key in ranks[search]
            },
            places[key],
        )
        for key in {**bm25, **cosines}
    ]
    return sorted(candidates, key=lambda c: (-c.score, c.chunk_id))


def _ranks(found: Sequence[Scored]) -> dict[ChunkId, int]:
    return {scored.chunk_id: rank for rank, scored in enumerate(found, 1)}


def _share(score: float, best: float) -> float:
    return max(score, 0.0) / best if best > 0 else 0.0
