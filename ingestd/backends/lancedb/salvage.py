"""Salvage: reading tables that may be damaged, a portion at a time and then row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pyarrow as pa

from ingestd.backends.lancedb.border import border
from ingestd.backends.lancedb.schema import (
    chunk_rows,
    is_sound,
    sound_vectors,
    sound_versions,
)
from ingestd.backends.lancedb.store import LanceStore
from ingestd.errors import StateCorrupt
from ingestd.model.ids import EmbedKey
from ingestd.model.index import ChunkRow, DocumentVersion, Vector

T = TypeVar("T")
_PORTION = 2048
_VECTORS = ["embed_key", "vector", "vector_hash"]


@dataclass(slots=True)
class Found:
    """What could be read of a portion of rows, and what not."""

    rows: list[ChunkRow] = field(default_factory=list)
    """As they were written, those on their way out too."""
    damaged: list[ChunkRow] = field(default_factory=list)
    """They can be read, and say something else than was written."""
    unread: int = 0
    vectors: dict[EmbedKey, Vector] = field(default_factory=dict)
    """Of rows that are damaged otherwise."""


def chunks(store: LanceStore, chosen: Callable[[int], bool] = lambda _: True) -> Iterator[Found]:
    """Read the table `chunks`, or the portions of it that are chosen by their number."""
    table = store.table("chunks")
    for number, offsets in _portions(table):
        if chosen(number):
            yield _chunks(store, table, offsets)


def versions(store: LanceStore) -> tuple[list[DocumentVersion], int]:
    """Read the table `documents`; return what is as it was written, and how many are not."""
    table = store.table("documents")
    sound: list[DocumentVersion] = []
    bad = 0
    for _, offsets in _portions(table):
        for part in _read(store, table, offsets, sound_versions):
            sound += [version for version, is_right in part or () if is_right]
            bad += 1 if part is None else sum(not is_right for _, is_right in part)
    return sound, bad


def _chunks(store: LanceStore, table: Any, offsets: Sequence[int]) -> Found:
    found = Found()
    for part in _read(store, table, offsets, _checked):
        if part is None:
            found.unread += 1
            continue
        for row, is_right in part:
            (found.rows if is_right else found.damaged).append(row)
    if found.damaged or found.unread:
        for vectors in _read(store, table, offsets, sound_vectors, _VECTORS):
            found.vectors.update(vectors or {})
    return found


def _checked(table: pa.Table) -> list[tuple[ChunkRow, bool]]:
    rows = chunk_rows(table)
    return list(zip(rows, is_sound(table, rows), strict=True))


def _portions(table: Any) -> Iterator[tuple[int, range]]:
    count = table.count_rows()
    for number, start in enumerate(range(0, count, _PORTION)):
        yield number, range(start, min(start + _PORTION, count))


def _read(
    store: LanceStore,
    table: Any,
    offsets: Sequence[int],
    convert: Callable[[pa.Table], T],
    columns: list[str] | None = None,
) -> Iterator[T | None]:
    """Yield what can be read; for each single row that cannot, nothing."""
    try:
        with border(store.folder):
            asked = table.take_offsets(list(offsets))
            part = convert((asked.select(columns) if columns else asked).to_arrow())
    except (StateCorrupt, KeyError, TypeError, AttributeError, OverflowError):
        if len(offsets) == 1:
            yield None
            return
        middle = len(offsets) // 2
        yield from _read(store, table, offsets[:middle], convert, columns)
        yield from _read(store, table, offsets[middle:], convert, columns)
        return
    yield part
