"""Searching the living rows of `chunks`: by vector, and by words."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
from lancedb.query import MatchQuery

from ingestd.backends.lancedb.reading import Reader
from ingestd.backends.lancedb.schema import LIVE, vectors_of
from ingestd.model.ids import ChunkId
from ingestd.model.index import Scored, Vector

_PROBES = 20
"""Parts of a vector index that a search looks into."""
_REFINED = (5, 500)
"""Times as many as are asked for, and how many at least, are compared in full."""

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
        .refine_factor(max(_REFINED[0], -(-_REFINED[1] // k)))
        .where(LIVE)
        .select(["chunk_id", "_distance"])
        .with_row_id()
        .limit(k)
    )
    (found,) = reader.together(query)
    columns = (found.column(name).to_pylist() for name in ("chunk_id", "_distance", "_rowid"))
    return [
        Scored(ChunkId(key), 1.0 - far, place=place)
        for key, far, place in zip(*columns, strict=True)
    ]


def by_words(reader: Reader, query: str, k: int) -> list[Scored]:
    """Return the ids and vectors of the highest BM25 score, text and heading trail added up.

    One search each: LanceDB reads a query over two columns to the end, where these stop early (20
    ms instead of 120 at a million rows).
    """
    in_text, in_prefix = reader.together(
        *(
            reader.query()
            .nearest_to_text(MatchQuery(query, column))
            .where(LIVE)
            .select(["chunk_id", "vector", "_score"])
            .with_row_id()
            .limit(k)
            for column in ("text", "prefix")
        ),
        seconds=_LONGEST,
    )
    found = {one.chunk_id: one for one in _scored(in_text)}
    for one in _scored(in_prefix):
        other = found.get(one.chunk_id)
        found[one.chunk_id] = replace(one, score=one.score + (other.score if other else 0))
    return sorted(found.values(), key=lambda one: -one.score)[:k]


def _scored(found: pa.Table) -> list[Scored]:
    if not found.num_rows:
        return []
    columns = (found.column(name).to_pylist() for name in ("chunk_id", "_score", "_rowid"))
    return [
        Scored(ChunkId(key), float(score), vector, place)
        for key, score, place, vector in zip(*columns, vectors_of(found), strict=True)
    ]
