"""Searching the living rows of `chunks`: by vector, and by words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from lancedb.query import MatchQuery

from ingestd.backends.lancedb.reading import Reader
from ingestd.backends.lancedb.schema import LIVE, vectors_of
from ingestd.model.ids import ChunkId
from ingestd.model.index import Scored, Vector

_Look = tuple[bool, list[Scored]]
"""Whether all that was found was there to be read, and what was."""
_PROBES = 20
"""Parts of a vector index that a search looks into."""
_REFINED = (3, 300)
"""Times as many as are asked for, and how many at least, are compared in full."""
_LOOKS = 3
"""For rows that move while they are read."""
_LONGEST = 30.0
"""Seconds: where the index of `live` is damaged, a search by words never comes back by itself."""


def by_vector(reader: Reader, vector: Vector, k: int) -> list[Scored]:
    """Return the ids of the highest cosine."""
    query = (
        reader.query()
        .nearest_to(vector)
        .column("vector")
        .distance_type("cosine")
        .nprobes(_PROBES)
        .where(LIVE)
        .with_row_id()
    )
    times = max(_REFINED[0], -(-_REFINED[1] // k))
    if reader.is_large:
        wide = query.select(["_distance"]).limit(times * k)
        return _settled(lambda: _compared(reader, wide, vector, k))
    query = query.refine_factor(times).select(["chunk_id", "_distance"]).limit(k)
    (found,) = reader.together(query)
    columns = (found.column(name).to_pylist() for name in ("chunk_id", "_distance", "_rowid"))
    return [
        Scored(ChunkId(key), 1.0 - far, place=place)
        for key, far, place in zip(*columns, strict=True)
    ]


def _compared(reader: Reader, query: Any, vector: Vector, k: int) -> _Look:
    """Compare what a query finds in full; LanceDB takes half as much time again to do it itself."""
    places = reader.together(query)[0].column("_rowid").to_pylist()
    rows = reader.taken(places, ["_rowid", "vector"])
    cosines = vectors_of(rows) @ vector
    order = np.argsort(-cosines, kind="stable")[:k]
    best = rows.column("_rowid").take(order).to_pylist()
    keys = _by_place(reader.taken(best, ["_rowid", "chunk_id"]), "chunk_id")
    found = [
        Scored(ChunkId(keys[place]), float(cosines[at]), place=place)
        for place, at in zip(best, order, strict=True)
        if place in keys
    ]
    return len(found) == len(best) and rows.num_rows == len(places), found


def by_words(reader: Reader, query: str, k: int) -> list[Scored]:
    """Return the ids and vectors of the highest BM25 score, text and heading trail added up."""
    return _settled(lambda: _matching(reader, query, k))


def _matching(reader: Reader, query: str, k: int) -> _Look:
    """Search, and read the best only: each search by itself would read all that it finds."""
    scores = _scores(reader, query, k)
    best = sorted(scores, key=lambda place: -scores[place])[:k]
    rows = reader.taken(best, ["_rowid", "chunk_id", "vector"])
    keys, vectors = _by_place(rows, "chunk_id"), vectors_of(rows)
    found = [
        Scored(ChunkId(key), scores[place], vector, place)
        for (place, key), vector in zip(keys.items(), vectors, strict=True)
    ]
    return len(found) == len(best), sorted(found, key=lambda one: -one.score)


def _settled(look: Callable[[], _Look]) -> list[Scored]:
    """Look again where a commit has moved rows between finding and reading them."""
    for _ in range(_LOOKS):
        whole, found = look()
        if whole:
            break
    return found


def _by_place(rows: pa.Table, column: str) -> dict[int, Any]:
    return dict(
        zip(rows.column("_rowid").to_pylist(), rows.column(column).to_pylist(), strict=True)
    )


def _scores(reader: Reader, query: str, k: int) -> dict[int, float]:
    """Return scores by where the rows stand.

    One search each: LanceDB reads a query over two columns to the end, where these stop early (20
    ms instead of 120 at a million rows).
    """
    several = reader.together(
        *(
            reader.query()
            .nearest_to_text(MatchQuery(query, column))
            .where(LIVE)
            .select(["_score"])
            .with_row_id()
            .limit(k)
            for column in ("text", "prefix")
        ),
        seconds=_LONGEST,
    )
    scores: dict[int, float] = {}
    for found in several:
        for place, score in _by_place(found, "_score").items():
            scores[place] = scores.get(place, 0.0) + score
    return scores
