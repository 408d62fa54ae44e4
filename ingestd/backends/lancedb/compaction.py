"""Compaction by fragment: of large tables, of the last commits, and of what holds deleted rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

PIECE = 65_536
"""Rows of a fragment that is not compacted any further, and of a table that becomes several."""
_SMALL = 4096
"""Rows of a fragment that commits' fragments are not gathered into any more."""
_WHOLE = 32 << 20
"""Bytes of a table that is written anew for the sake of sixteen commits."""
READERS_GRACE = timedelta(minutes=10)
"""For which a version stays that another has followed."""


def in_pieces(table: Any, piece: int, vectors: str) -> None:
    """Compact a large table without touching what is compacted already.

    LanceDB's own `optimize` aims at a million rows a fragment: until then it writes all of them
    anew each time, two gigabytes for sixty edits.
    """
    dataset = table.to_lance()
    dataset.optimize.compact_files(target_rows_per_fragment=piece, num_threads=1)
    names = [index.name for index in table.list_indices()]
    dataset.optimize.optimize_indices(index_names=[name for name in names if name != vectors])
    if vectors in names:
        # By itself it takes new rows as a part of its own, and each costs every search 1.5 ms;
        # nor can fragments of different parts become one. A million rows are merged in 0.7 s.
        made = table.index_stats(vectors)
        if made.num_indices > 1 or made.num_unindexed_rows:
            dataset.optimize.optimize_indices(
                index_names=[vectors], num_indices_to_merge=made.num_indices
            )


def gather(*tables: Any, small: int = _SMALL) -> None:
    """Make one fragment of the last commits', which the next commit looks into one by one.

    Those that no index knows yet: what is written anew is a few rows, and no index. The smallest
    tables are written anew whole, in half a second, and do without a further library in memory;
    few rows that are large, or beside a table that is not small, wait for `tidy`.
    """
    counts = [table.count_rows() for table in tables]
    for table, count in zip(tables, counts, strict=True):
        if count < 2 * small:
            if max(counts) < 2 * small and table.stats()["total_bytes"] <= _WHOLE:
                table.optimize(cleanup_older_than=READERS_GRACE)
            continue
        dataset = table.to_lance()
        known = {
            fragment
            for index in dataset.describe_indices()
            for part in index.segments
            for fragment in part.fragment_ids
        }
        _rewrite(dataset, small, known.isdisjoint)


def overdue(table: Any, age: timedelta) -> set[int]:
    """Return the fragments older than an age that hold deleted rows.

    Compaction leaves a fragment alone that few rows were deleted from: their text stays on disk.
    """
    folder, before = Path(table.uri), time.time() - age.total_seconds()
    files = (folder / "data").glob("*.lance")
    old = {path.name for path in files if path.stat().st_mtime <= before}
    if not old or not any((folder / "_deletions").glob("*")):
        return set()
    return {
        fragment.fragment_id
        for fragment in table.to_lance().get_fragments()
        if fragment.deletion_file() and any(file.path in old for file in fragment.data_files())
    }


def forget(table: Any, fragments: Collection[int], piece: int) -> None:
    """Write fragments anew without their deleted rows."""
    _rewrite(
        table.to_lance(),
        piece,
        lambda some: not set(fragments).isdisjoint(some),
        materialize_deletions_threshold=0.0,
    )


def has_old_versions(table: Any, grace: timedelta) -> bool:
    """Say whether there are versions that nobody reads any more: their files go with them."""
    manifests = (Path(table.uri) / "_versions").glob("*.manifest")
    written = sorted(path.stat().st_mtime for path in manifests)
    return any(at < time.time() - grace.total_seconds() for at in written[:-1])


def _rewrite(
    dataset: Any, rows: int, chosen: Callable[[Iterable[int]], bool], **options: Any
) -> None:
    # In a small index nothing needs this library: 23 MB of an idle daemon's memory.
    from lance.optimize import Compaction

    plan = Compaction.plan(dataset, {"target_rows_per_fragment": rows, "num_threads": 1, **options})
    tasks = [task for task in plan.tasks if chosen([one.id for one in task.fragments])]
    if tasks:
        Compaction.commit(dataset, [task.execute(dataset) for task in tasks])
