"""Whatever is wrong with the index's files: what comes out is an answer, or our own error."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ingestd.backends.lancedb import generations, reading, searching
from ingestd.backends.lancedb.border import border
from ingestd.backends.lancedb.store import LanceStore
from ingestd.errors import IngestdError, StateCorrupt, Unavailable
from ingestd.model.index import Batch

from .test_contracts import NOW, change

_CHANGES = tuple(change(f"{n}.md", *(f"pump {n} {part}" for part in range(5))) for n in range(40))


def _store(root: Path) -> LanceStore:
    store = LanceStore.create(generations.create(root, generations.Generation(0, "m", "m", 4)))
    store.commit(Batch(_CHANGES, NOW))
    store.tidy(force=True)
    return store


@pytest.mark.parametrize(
    ("kind", "base"),
    [("PanicException", BaseException), ("RustPanic", Exception), ("ValueError", ValueError)],
)
def test_what_lancedb_raises_over_damage_is_told_as_damage(
    kind: str, base: type[BaseException]
) -> None:
    """Its panics have a class of their own by the interface they come through."""
    with pytest.raises(StateCorrupt, match="ingestd verify"), border(Path("index")):
        raise type(kind, (base,), {})("a row's own words")


def test_a_full_disk_is_no_damage() -> None:
    """It goes on once there is room."""
    with pytest.raises(Unavailable), border(Path("index")):
        raise OSError("LanceError(IO): No space left on device (os error 28)")


def test_a_search_by_words_over_a_damaged_index_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LanceDB itself waits for ever where the index of `live` cannot be read."""
    monkeypatch.setattr(searching, "_LONGEST", 1.0)
    store = _store(tmp_path)
    path = max(
        store.folder.glob("chunks.lance/_indices/*/bitmap_page_lookup.lance"),
        key=lambda path: path.stat().st_size,  # The other is of the table while it was empty.
    )
    whole = bytearray(path.read_bytes())
    whole[128:256] = b"\xff" * 128
    path.write_bytes(whole)
    with pytest.raises(StateCorrupt, match="ingestd verify"):
        LanceStore(store.folder).matching("pump", 5)


@pytest.mark.parametrize("large", [0, reading.COMPARED])
def test_a_bit_that_is_flipped_anywhere_raises_nothing_but_our_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """Through every way of reading; a thousand of them: make bench PART=bits."""
    monkeypatch.setattr(searching, "_LONGEST", 1.0)
    monkeypatch.setattr(reading, "COMPARED", large)
    folder = _store(tmp_path).folder
    row = _CHANGES[0].rows[0]
    reads: list[Callable[[LanceStore], object]] = [
        lambda store: store.count(),
        lambda store: store.rows([row.doc_id]),
        lambda store: store.passages([row.chunk_id]),
        lambda store: store.passages([], [0]),
        lambda store: store.vectors([row.embed_key]),
        lambda store: store.nearest(np.ones(4, np.float32), 5),
        lambda store: store.matching("pump", 5),
        lambda store: list(store.all_rows()),
        lambda store: list(store.documents()),
    ]
    files = [path for kind in ("data", "_indices") for path in folder.glob(f"*/{kind}/**/*")]
    chance = random.Random(4)
    refused = 0
    for _ in range(60):
        path = chance.choice([path for path in files if path.is_file()])
        whole = path.read_bytes()
        flipped = bytearray(whole)
        bit = chance.randrange(len(flipped) * 8)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        for read in reads:
            try:
                read(LanceStore(folder))
            except IngestdError:
                refused += 1
        path.write_bytes(whole)
    assert refused
