"""Upkeep of the tables: what is on its way out is swept, files compacted, indexes made by size."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

from lancedb.index import FTS, Bitmap, BTree, IvfRq

VECTORS = "vector_idx"
COMPARED = 20_000
"""Vectors that a search compares with all, in 20 ms or so; with more they get an index."""
PIECE = 65_536
"""Rows of a fragment that is not compacted any further."""
_PARTS = 8
"""That an index over the vectors may come to, one at each compaction, before they are merged."""
_TIDY_FRAGMENTS = 24
_UNINDEXED = 200
"""Rows that a text search looks through one by one: 2,000 of them take 70 ms each time."""
_READERS_GRACE = timedelta(minutes=10)
_BUILDING = timedelta(hours=2)


def make_indexes(chunks: Any, documents: Any, language: str) -> None:
    """Make the indexes that empty tables begin with."""
    for column in ("chunk_id", "doc_id", "embed_key"):
        chunks.create_index(column, config=BTree())
    chunks.create_index("live", config=Bitmap())
    text = FTS(
        language=language,
        stem=True,
        remove_stop_words=True,
        ascii_folding=True,
        with_position=False,
    )
    for column in ("text", "prefix"):
        chunks.create_index(column, config=text)
    documents.create_index("doc_id", config=BTree())


def tidy(
    chunks: Any, documents: Any, *, force: bool, compared: int = COMPARED, piece: int = PIECE
) -> bool:
    """Sweep, compact and bring indexes up to date where that is worth it; say whether it was."""
    outgoing = chunks.count_rows("live = false")
    fragments = chunks.stats()["fragment_stats"]["num_fragments"]
    unindexed = chunks.index_stats("text_idx").num_unindexed_rows
    if not force and not outgoing and fragments < _TIDY_FRAGMENTS and unindexed < _UNINDEXED:
        return False
    if outgoing:
        chunks.delete("live = false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for table in (chunks, documents):
            if table.count_rows() < piece:
                # One writer: a file that no version knows is what a crash or a full disk left.
                table.optimize(cleanup_older_than=_READERS_GRACE, delete_unverified=True)
            else:
                _compact_in_pieces(table, piece)
    _index_vectors(chunks, compared)
    return True


def _compact_in_pieces(table: Any, piece: int) -> None:
    """Compact a large table without touching what is compacted already.

    LanceDB's own `optimize` aims at a million rows a fragment: until then it writes all of them
    anew each time, two gigabytes for sixty edits.
    """
    dataset = table.to_lance()
    parts = {
        index.name: table.index_stats(index.name).num_indices for index in table.list_indices()
    }
    if parts.get(VECTORS, 0) > _PARTS:
        # Fragments of different parts of an index cannot become one.
        dataset.optimize.optimize_indices(index_names=[VECTORS], num_indices_to_merge=2 * _PARTS)
    dataset.optimize.compact_files(target_rows_per_fragment=piece, num_threads=1)
    dataset.optimize.optimize_indices()
    dataset.cleanup_old_versions(older_than=_READERS_GRACE, delete_unverified=True)


def gather(*tables: Any, piece: int = PIECE) -> None:
    """Make one fragment of the last commits' in large tables: the next commit looks into each.

    Those that no index knows yet: what is written anew is a few rows, and no index.
    """
    for table in tables:
        if table.count_rows() < piece:
            continue  # As `tidy` does it, it takes a second, and no further library in memory.
        from lance.optimize import Compaction

        dataset = table.to_lance()
        known = {
            fragment
            for index in dataset.describe_indices()
            for part in index.segments
            for fragment in part.fragment_ids
        }
        plan = Compaction.plan(dataset, {"target_rows_per_fragment": piece, "num_threads": 1})
        fresh = [one for one in plan.tasks if not any(f.id in known for f in one.fragments)]
        if fresh:
            Compaction.commit(dataset, [task.execute(dataset) for task in fresh])


def _index_vectors(chunks: Any, compared: int) -> None:
    """Give many vectors an index; from then on it is kept up by compaction.

    One bit a dimension (Gao and Long, "RaBitQ", SIGMOD 2024): built in seconds where product
    quantisation takes minutes, and exact again once the best are compared in full.
    """
    if chunks.count_rows() < compared:
        return
    if VECTORS not in {index.name for index in chunks.list_indices()}:
        chunks.create_index(
            "vector", config=IvfRq(distance_type="cosine"), name=VECTORS, wait_timeout=_BUILDING
        )
