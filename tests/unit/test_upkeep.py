"""An index over the vectors: exact enough, true to the next edit, and nothing that is verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ingestd.backends.lancedb import generations, upkeep
from ingestd.backends.lancedb.store import LanceStore
from ingestd.model.ids import ChunkId, DocId
from ingestd.model.index import Batch, ChunkRow, DocumentChange

from .test_contracts import NOW, change

_DIMENSIONS = 64
_ROWS = 3000


def rows(count: int) -> list[ChunkRow]:
    """Rows of ten a document, around fifty directions."""
    made = np.random.default_rng(5)
    centres = made.standard_normal((50, _DIMENSIONS))
    vectors = centres[made.integers(0, 50, count)] + 0.5 * made.standard_normal(
        (count, _DIMENSIONS)
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    one = change("a.md", "some text").rows[0]
    return [
        replace(
            one, chunk_id=ChunkId(f"c{n}"), doc_id=DocId(f"d{n // 10}"),
            vector=vector.astype(np.float32),
        )
        for n, vector in enumerate(vectors)
    ]  # fmt: skip


def test_many_vectors_get_an_index_that_finds_what_comparing_all_finds(tmp_path: Path) -> None:
    """Also what was written since, and nothing that was deleted since."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    made = rows(_ROWS)
    store.append(made)
    tables = (store.table("chunks"), store.table("documents"))
    vectors = np.stack([row.vector for row in made])

    def exact(question: np.ndarray[tuple[int], np.dtype[np.float32]], gone: str = "") -> set[str]:
        best = np.argsort(-(vectors @ question))
        return set([made[n].chunk_id for n in best if made[n].doc_id != gone][:10])

    assert upkeep.tidy(*tables, force=True, compared=_ROWS + 1)
    assert upkeep.VECTORS not in {index.name for index in tables[0].list_indices()}
    assert upkeep.tidy(*tables, force=True, compared=_ROWS)
    assert tables[0].index_stats(upkeep.VECTORS).num_indexed_rows == _ROWS

    questions = vectors[:40]
    found = [{s.chunk_id for s in store.nearest(q, 10)} for q in questions]
    assert sum(len(one & exact(q)) for one, q in zip(found, questions, strict=True)) >= 380

    fresh = replace(made[0], chunk_id=ChunkId("new"), doc_id=DocId("new"), vector=-vectors[0])
    changes = (DocumentChange(DocId("new"), (fresh,)), DocumentChange(made[0].doc_id))
    store.commit(Batch(changes, NOW))
    for _ in range(2):
        assert store.nearest(-vectors[0], 1)[0].chunk_id == "new"
        found = [{s.chunk_id for s in store.nearest(q, 10)} for q in questions]
        assert not set().union(*found) & {f"c{n}" for n in range(10)}
        wanted = [exact(q, made[0].doc_id) for q in questions]
        assert sum(len(one & other) for one, other in zip(found, wanted, strict=True)) >= 380
        assert upkeep.tidy(*tables, force=True)


def test_a_large_table_is_compacted_in_pieces_that_are_left_alone(tmp_path: Path) -> None:
    """Twelve edits and compactions: a full piece's file stays, small ones become one again."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    made = rows(_ROWS)
    for start in range(0, _ROWS, 500):
        store.append(made[start : start + 500])
    tables = (store.table("chunks"), store.table("documents"))

    def files() -> dict[str, int]:
        return {path.name: path.stat().st_size for path in (folder / "chunks.lance/data").iterdir()}

    assert upkeep.tidy(*tables, force=True, compared=_ROWS, piece=1000)
    pieces = sorted(files().items(), key=lambda file: -file[1])[:3]
    for number in range(12):
        fresh = replace(made[0], chunk_id=ChunkId(f"n{number}"), doc_id=DocId("new"), text="a flap")
        store.commit(Batch((DocumentChange(DocId("new"), (fresh,)),), NOW))
        assert upkeep.tidy(*tables, force=True, compared=_ROWS, piece=1000)
    assert set(pieces) <= set(files().items())
    assert tables[0].stats()["fragment_stats"]["num_fragments"] < 3 + 12
    assert tables[0].index_stats(upkeep.VECTORS).num_indexed_rows == _ROWS + 1
    assert tables[0].index_stats("text_idx").num_unindexed_rows == 0
    assert [scored.chunk_id for scored in store.matching("flap", 5)] == ["n11"]
    assert store.nearest(made[1500].vector, 1)[0].chunk_id == "c1500"
    assert store.count() == (_ROWS // 10 + 1, _ROWS + 1)
    store.digests.add()
    assert [fault for fault in store.digests.check() if fault] == []


def test_the_fragments_of_commits_become_one_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """Rows, their order of versions and what is on its way out are as before."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    made = rows(_ROWS)
    for start in range(0, _ROWS, 1000):
        store.append(made[start : start + 1000])
    tables = (store.table("chunks"), store.table("documents"))
    assert upkeep.tidy(*tables, force=True, compared=_ROWS, piece=1000)

    def files() -> set[str]:
        return {path.name for path in (folder / "chunks.lance/data").iterdir()}

    def fragments() -> int:
        return int(tables[0].stats()["fragment_stats"]["num_fragments"])

    pieces = files()
    for number in range(6):
        one = replace(made[number * 10], text=f"flap {number}", vector=-made[number * 10].vector)
        store.commit(Batch((DocumentChange(one.doc_id, (one,)),), NOW))
    before = fragments()
    upkeep.gather(*tables, piece=1000)
    assert fragments() == before - 5
    assert pieces <= files()
    upkeep.gather(*tables, piece=1000)
    assert fragments() == before - 5
    assert store.count() == (_ROWS // 10, _ROWS - 6 * 9)
    assert sorted(s.chunk_id for s in store.matching("flap", 9)) == [f"c{n * 10}" for n in range(6)]
    for number in range(6):
        assert store.nearest(-made[number * 10].vector, 1)[0].chunk_id == f"c{number * 10}"
    again = replace(made[10], text="lid")
    assert store.commit(Batch((DocumentChange(again.doc_id, (again,)),), NOW)).removed == {"d1": 0}
    assert [row.text for row in store.rows([again.doc_id])] == ["lid"]


def test_files_of_a_pass_that_ended_before_its_digests_get_them_at_the_next_start(
    tmp_path: Path,
) -> None:
    """A kill or a full disk between a commit and its digests leaves nothing for verify to tell."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    store.append(rows(20))
    assert {fault.what for fault in store.digests.check() if fault} == {"has no digest"}

    again = LanceStore(folder)
    again.undo_unfinished()

    assert [fault for fault in again.digests.check() if fault] == []
