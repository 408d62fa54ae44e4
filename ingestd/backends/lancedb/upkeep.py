"""Upkeep of the tables: what is on its way out is swept, files compacted, indexes made by size."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

from lancedb.index import FTS, Bitmap, BTree, IvfRq

from ingestd.backends.lancedb import compaction

VECTORS = "vector_idx"
COMPARED = 20_000
"""Vectors that a search compares with all, in 20 ms or so; with more they get an index."""
_TIDY_FRAGMENTS = 24
_UNINDEXED = 200
"""Rows that a text search looks through one by one: 2,000 of them take 70 ms each time."""
_FORGET = timedelta(days=1)
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
    chunks: Any,
    documents: Any,
    *,
    force: bool,
    compared: int = COMPARED,
    piece: int = compaction.PIECE,
    forget: timedelta = _FORGET,
) -> bool:
    """Sweep, compact and bring indexes up to date where that is worth it; say whether it was."""
    tables = (chunks, documents)
    outgoing = chunks.count_rows("live = false")
    fragments = chunks.stats()["fragment_stats"]["num_fragments"]
    unindexed = chunks.index_stats("text_idx").num_unindexed_rows
    worth = force or outgoing or fragments >= _TIDY_FRAGMENTS or unindexed >= _UNINDEXED
    if not (worth or any(_is_overdue(table, forget) for table in tables)):
        return False
    if outgoing:
        chunks.delete("live = false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for table in tables:
            # Once vectors have an index, LanceDB's own leaves a part of it and a fragment a time.
            if table.count_rows() < min(piece, compared):
                # One writer: a file that no version knows is what a crash or a full disk left.
                table.optimize(cleanup_older_than=compaction.READERS_GRACE, delete_unverified=True)
            else:
                if worth:  # Not where there are but versions that nobody reads any more.
                    compaction.in_pieces(table, piece, VECTORS)
                table.to_lance().cleanup_old_versions(
                    older_than=compaction.READERS_GRACE, delete_unverified=True
                )
            if left := compaction.overdue(table, forget):
                compaction.forget(table, left, piece)
    _index_vectors(chunks, compared)
    return True


def _is_overdue(table: Any, forget: timedelta) -> bool:
    return compaction.has_old_versions(table, compaction.READERS_GRACE) or bool(
        compaction.overdue(table, forget)
    )


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
