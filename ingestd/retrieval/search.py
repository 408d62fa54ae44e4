"""Search: vectors and BM25, fused, re-ordered, guarded on the way in and on the way out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ingestd.model.index import ChunkRow, Hit, Standing
from ingestd.ports.embedder import Embedder
from ingestd.ports.store import Store
from ingestd.retrieval.fusion import fuse
from ingestd.retrieval.late_interaction import blend, interactions


@dataclass(frozen=True, slots=True)
class SearchPolicy:
    """How hits are found and ordered."""

    vector_weight: float = 0.5
    """The share of the vector search in the fused score; the rest is BM25's."""
    candidates: int = 100
    """How many rows each search contributes at least."""
    rerank: int = 20
    """How many of the best fused candidates late interaction re-orders; 0: none."""
    rerank_weight: float = 0.75
    """The share of late interaction in the order of those."""


class Searcher:
    """Answers questions with hits."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        guard: Callable[[str], str],
        policy: SearchPolicy | None = None,
        kept_out: Callable[[ChunkRow], bool] = lambda _: False,
    ) -> None:
        """Take what masks on the way in and out, and what says that a document may not come out."""
        self._store = store
        self._embedder = embedder
        self._guard = guard
        self._policy = policy or SearchPolicy()
        self._kept_out = kept_out

    def search(self, question: str, k: int) -> list[Hit]:
        """Return the k best hits, the best first; none for a question without a word."""
        asked = self._guard(" ".join(question.split()))
        if not asked or k < 1:
            return []
        vector = self._embedder.embed([asked])[0]
        wide = max(self._policy.candidates, 4 * k)
        candidates = fuse(
            vector,
            self._store.nearest(vector, wide),
            self._store.matching(asked, wide),
            self._policy.vector_weight,
        )
        hits = [
            Hit(rank, candidate.score, candidate.row, candidate.why)
            for rank, candidate in enumerate(candidates, 1)
        ]
        found = (hit for hit in self._reordered(asked, hits) if not self._kept_out(hit.row))
        return [
            replace(self._guarded(hit), rank=rank)
            for rank, hit in enumerate(itertools.islice(found, k), 1)
        ]

    def _reordered(self, asked: str, hits: list[Hit]) -> list[Hit]:
        top, rest = hits[: self._policy.rerank], hits[self._policy.rerank :]
        if len(top) < 2:
            return hits
        passages = [hit.row.prefix + hit.row.text for hit in top]
        question, *tokens = self._embedder.embed_tokens([asked, *passages])
        late = interactions(question, tokens)
        blended = blend([hit.score for hit in top], late, self._policy.rerank_weight)
        # The re-ordered ones stand above all others, and their scores say so.
        floor = rest[0].score if rest else 0.0
        order = [int(i) for i in np.argsort(-blended, kind="stable")]
        by_late = {int(i): rank for rank, i in enumerate(np.argsort(-late, kind="stable"), 1)}
        moved = [
            replace(
                top[i],
                score=floor + (1.0 - min(floor, 1.0)) * float(blended[i]),
                why={**top[i].why, "late": Standing(by_late[i], float(late[i]))},
            )
            for i in order
        ]
        return [replace(hit, rank=rank) for rank, hit in enumerate([*moved, *rest], 1)]

    def _guarded(self, hit: Hit) -> Hit:
        """Mask what the policy of today masks, also where the rows are of an older one."""
        row = hit.row
        return replace(
            hit,
            row=replace(
                row,
                text=self._guard(row.text),
                path=self._guard(row.path),
                title=self._guard(row.title),
                heading=tuple(map(self._guard, row.heading)),
            ),
        )
