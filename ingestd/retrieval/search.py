"""Search: vectors and BM25, fused, re-ordered, guarded on the way in and on the way out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ingestd.model.ids import DocId
from ingestd.model.index import Hit, Passage, Scored, Standing, Vector
from ingestd.ports.embedder import Embedder
from ingestd.ports.store import Store
from ingestd.retrieval.fusion import Candidate, fuse
from ingestd.retrieval.late_interaction import blend, interactions
from ingestd.retrieval.matching import Tokens, TokenVectors

_NAMES = 1024


@dataclass(frozen=True, slots=True)
class SearchPolicy:
    """How hits are found and ordered."""

    vector_weight: float = 0.5
    """The share of the vector search in the fused score; the rest is BM25's."""
    candidates: int = 100
    """How many rows each search contributes at least."""
    rerank: int = 10
    """How many of the best fused candidates late interaction re-orders; 0: none."""
    rerank_weight: float = 0.75
    """The share of late interaction in the order of those."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What one question found: the best with their rows, and who comes after them."""

    head: list[Hit]
    tail: Sequence[Candidate]


class Searcher:
    """Answers questions with hits."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        tokens: TokenVectors,
        guard: Callable[[str], str],
        policy: SearchPolicy | None = None,
        kept_out: Callable[[Passage], bool] = lambda _: False,
    ) -> None:
        """Take what masks on the way in and out, and what says that a document may not come out."""
        self._store = store
        self._embedder = embedder
        self._tokens = tokens
        self._guard = guard
        # Many hits share a document: its name is looked through once.
        self._guarded_name = lru_cache(maxsize=_NAMES)(guard)
        self._policy = policy or SearchPolicy()
        self._kept_out = kept_out
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="words")

    def search(self, question: str, k: int) -> list[Hit]:
        """Return the k best hits, the best first; none for a question without a word."""
        return self.search_many([question], k)[0]

    def search_many(
        self,
        questions: Sequence[str],
        k: int,
        within: Sequence[DocId | None] | None = None,
        vectors: Vector | None = None,
    ) -> list[list[Hit]]:
        """Search for several questions; `within`: each one's only document.

        `vectors`: the questions' own, shape (questions, dimensions), where they are known. Returns
        the hits of each question, the best first.
        """
        asked = self._asked(questions)
        wanted = [i for i, one in enumerate(asked) if one and k > 0]
        found: list[list[Hit]] = [[] for _ in asked]
        if not wanted:
            return found
        texts = [asked[i] for i in wanted]
        wide = max(self._policy.candidates, 4 * k)
        documents = [within[i] if within is not None else None for i in wanted]

        def begun(at: int) -> Future[list[Scored]] | None:
            """Search by words, which need no vector: beside the model, one question ahead."""
            if at == len(texts) or documents[at] is not None:
                return None
            return self._beside.submit(self._store.matching, texts[at], wide)

        ahead = begun(0)
        own_vectors = self._embedder.embed(texts) if vectors is None else vectors[wanted]
        tokens = self._tokens.of_texts(texts) if self._policy.rerank else [None] * len(texts)
        raw: list[_Found] = []
        for at, (vector, document) in enumerate(zip(own_vectors, documents, strict=True)):
            words, ahead = ahead, begun(at + 1)
            if document is not None:
                raw.append(self._of_document(vector, document))
            elif words is not None:
                raw.append(self._found(vector, words, wide, k))
        if self._policy.rerank and len(raw) > 1:
            # All in one go, by length: passages of many questions fill the model's batches.
            self._tokens.of_rows([h.row for one in raw for h in one.head[: self._policy.rerank]])
        for i, own, one in zip(wanted, tokens, raw, strict=True):
            hits = itertools.chain(self._reordered(own, one), self._hits(one.tail, k))
            open_hits = (hit for hit in hits if not self._kept_out(hit.row))
            found[i] = [
                replace(self._guarded(hit), rank=rank)
                for rank, hit in enumerate(itertools.islice(open_hits, k), 1)
            ]
        return found

    def embedded(self, questions: Sequence[str]) -> Vector:
        """Return questions' vectors, made in one batch; shape (questions, dimensions)."""
        return self._embedder.embed(self._asked(questions))

    def _asked(self, questions: Sequence[str]) -> list[str]:
        return [self._guard(" ".join(question.split())) for question in questions]

    def _found(self, vector: Vector, words: Future[list[Scored]], wide: int, k: int) -> _Found:
        """Search by the vector, fuse, and read the rows of the best only."""
        near = self._store.nearest(vector, wide)
        candidates = fuse(vector, near, words.result(), self._policy.vector_weight)
        head = max(self._policy.rerank, k)
        return _Found(list(self._hits(candidates[:head], head)), candidates[head:])

    def _of_document(self, vector: Vector, document: DocId) -> _Found:
        """Rank one document's rows; they are few, and every one of them is looked at."""
        rows = {row.chunk_id: row for row in self._store.rows([document])}
        scored = sorted(
            (Scored(key, float(np.dot(vector, row.vector))) for key, row in rows.items()),
            key=lambda s: (-s.score, rows[s.chunk_id].ordinal),
        )
        hits = [Hit(0, c.score, rows[c.chunk_id], c.why) for c in fuse(vector, scored, [], 1.0)]
        return _Found(hits, [])

    def _hits(self, candidates: Sequence[Candidate], portion: int) -> Iterator[Hit]:
        """Read candidates' rows, some at a time; one that was replaced meanwhile is left out."""
        for start in range(0, len(candidates), portion):
            some = candidates[start : start + portion]
            rows = self._store.passages(
                [one.chunk_id for one in some],
                [one.place for one in some if one.place is not None],
            )
            for one in some:
                if one.chunk_id in rows:
                    yield Hit(0, one.score, rows[one.chunk_id], one.why)

    def _reordered(self, question: Tokens | None, found: _Found) -> list[Hit]:
        top, rest = found.head[: self._policy.rerank], found.head[self._policy.rerank :]
        if len(top) < 2 or question is None or not len(question.vectors):
            return found.head
        passages = self._tokens.of_rows([hit.row for hit in top])
        late = interactions(question.vectors, [passage.vectors for passage in passages])
        blended = blend([hit.score for hit in top], late, self._policy.rerank_weight)
        # The re-ordered ones stand above all others, and their scores say so.
        below = [hit.score for hit in rest[:1]] or [one.score for one in found.tail[:1]]
        floor = below[0] if below else 0.0
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
        return [*moved, *rest]

    def _guarded(self, hit: Hit) -> Hit:
        """Mask what the policy of today masks, also where the rows are of an older one."""
        row = hit.row
        return replace(
            hit,
            row=replace(
                row,
                text=self._guard(row.text),
                path=self._guarded_name(row.path),
                title=self._guarded_name(row.title),
                heading=tuple(map(self._guarded_name, row.heading)),
            ),
        )
