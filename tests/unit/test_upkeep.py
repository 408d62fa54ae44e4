"""An index over the vectors: exact enough, true to the next edit, and nothing that is verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from ingestd.backends.lancedb import compaction, generations, upkeep
from ingestd.backends.lancedb.store import LanceStore
from ingestd.errors import Unavailable
from ingestd.model.ids import ChunkId, DocId
from ingestd.model.index import Batch, ChunkRow, Committed, DocumentChange

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


class Large:
    """A table of three pieces, compacted and with an index over its vectors."""

    piece = 1000

    def __init__(self, path: Path) -> None:
        self.folder = generations.create(path, generations.Generation(0, "m", "m", _DIMENSIONS))
        self.store = LanceStore.create(self.folder)
        self.made = rows(_ROWS)
        for start in range(0, _ROWS, 500):
            self.store.append(self.made[start : start + 500])
        self.tables = (self.store.table("chunks"), self.store.table("documents"))
        self.tidy()

    def tidy(self, *, force: bool = True, forget: timedelta = timedelta(days=1)) -> bool:
        """Compact as if a thousand rows were large."""
        return upkeep.tidy(
            *self.tables, force=force, compared=_ROWS, piece=self.piece, forget=forget
        )

    def put(self, row: ChunkRow) -> Committed:
        """Commit a document of one row."""
        return self.store.commit(Batch((DocumentChange(row.doc_id, (row,)),), NOW))

    def files(self) -> dict[str, int]:
        """Return the sizes of the files of rows."""
        data = self.folder / "chunks.lance/data"
        return {path.name: path.stat().st_size for path in data.iterdir()}

    def vectors(self) -> str:
        """Return which files the index over the vectors has now."""
        (found,) = (i for i in self.tables[0].list_indices() if i.name == upkeep.VECTORS)
        return str(found.index_uuid)

    def fragments(self) -> int:
        """Return how many there are."""
        return int(self.tables[0].stats()["fragment_stats"]["num_fragments"])


def test_a_large_table_is_compacted_in_pieces_that_are_left_alone(tmp_path: Path) -> None:
    """Twelve edits and compactions: a full piece's file stays, small ones become one again."""
    large = Large(tmp_path)
    store, made, (chunks, _) = large.store, large.made, large.tables
    pieces = sorted(large.files().items(), key=lambda file: -file[1])[:3]
    assert large.fragments() == 3
    for number in range(12):
        fresh = replace(
            made[0], chunk_id=ChunkId(f"n{number}"), doc_id=DocId(f"new{number}"), text="a flap"
        )
        large.put(fresh)
        assert large.tidy()
    assert set(pieces) <= set(large.files().items())
    assert large.fragments() <= 3 + 2
    assert chunks.index_stats(upkeep.VECTORS).num_indexed_rows == _ROWS + 12
    assert chunks.index_stats(upkeep.VECTORS).num_indices == 1
    assert chunks.index_stats("text_idx").num_unindexed_rows == 0
    assert len(store.matching("flap", 20)) == 12
    assert store.nearest(made[1500].vector, 1)[0].chunk_id == "c1500"
    assert store.count() == (_ROWS // 10 + 12, _ROWS + 12)
    store.digests.add()
    assert [fault for fault in store.digests.check() if fault] == []


def test_an_index_over_vectors_stays_one_before_a_table_is_large(tmp_path: Path) -> None:
    """Each part that it came to would cost every search, each fragment every commit."""
    large = Large(tmp_path)
    large.piece = 10 * _ROWS
    for number in range(4):
        large.put(replace(large.made[0], chunk_id=ChunkId(f"n{number}"), doc_id=DocId(str(number))))
        assert large.tidy()
        assert large.tables[0].index_stats(upkeep.VECTORS).num_indices == 1
        assert large.fragments() <= 2
    large.tidy()
    before = large.vectors()
    assert large.tidy()
    assert large.vectors() == before  # Nothing is new: nothing is written anew.
    assert large.store.count() == (_ROWS // 10 + 4, _ROWS + 4)


def test_the_fragments_of_commits_become_one_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """Rows, their order of versions and what is on its way out are as before."""
    large = Large(tmp_path)
    store, made = large.store, large.made
    pieces = set(large.files())
    for number in range(6):
        large.put(
            replace(made[number * 10], text=f"flap {number}", vector=-made[number * 10].vector)
        )
    before = large.fragments()
    for _ in range(2):
        compaction.gather(*large.tables, small=large.piece // 2)
        assert large.fragments() == before - 5
    assert pieces <= set(large.files())
    assert store.count() == (_ROWS // 10, _ROWS - 6 * 9)
    assert sorted(s.chunk_id for s in store.matching("flap", 9)) == [f"c{n * 10}" for n in range(6)]
    for number in range(6):
        assert store.nearest(-made[number * 10].vector, 1)[0].chunk_id == f"c{number * 10}"
    again = replace(made[10], text="lid")
    assert large.put(again).removed == {"d1": 0}
    assert [row.text for row in store.rows([again.doc_id])] == ["lid"]


def test_a_small_table_stays_in_few_fragments_while_it_is_edited(tmp_path: Path) -> None:
    """Nobody tidies: an edit in a small index costs at the end what it cost at the beginning."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    made = rows(200)
    store.append(made)
    tables = (store.table("chunks"), store.table("documents"))
    most = [0, 0]
    for number in range(40):
        edited = replace(made[number * 3 % 50], text=f"flap{number}")
        documents = change(f"{number % 5}.md", f"lid{number}")
        alone = DocumentChange(edited.doc_id, (edited,))
        store.commit(Batch((alone, replace(documents, rows=())), NOW))
        for at, table in enumerate(tables):
            fragments = table.stats()["fragment_stats"]["num_fragments"]
            most[at] = max(most[at], fragments)
        assert [row.text for row in store.rows([edited.doc_id])] == [f"flap{number}"]
        assert [s.chunk_id for s in store.matching(f"flap{number}", 9)] == [edited.chunk_id]

    assert max(most) <= 20
    assert tables[0].index_stats("text_idx").num_unindexed_rows < 40
    store.digests.add()
    assert [fault for fault in store.digests.check() if fault] == []


def test_few_rows_that_are_large_are_not_written_anew_for_some_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait until somebody tidies."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    made = rows(50)
    store.append(made)
    monkeypatch.setattr(compaction, "_WHOLE", 1000)
    data = folder / "chunks.lance/data"
    before = {path.name for path in data.iterdir()}
    for number in range(20):
        edited = replace(made[number * 2], text=f"flap{number}")
        store.commit(Batch((DocumentChange(edited.doc_id, (edited,)),), NOW))
    assert store.table("chunks").stats()["fragment_stats"]["num_fragments"] > 20
    assert before <= {path.name for path in data.iterdir()}

    store.tidy(force=True)

    assert store.table("chunks").stats()["fragment_stats"]["num_fragments"] < 3


@pytest.mark.parametrize("piece", [1000, 10_000])
def test_deleted_rows_leave_the_disk_when_their_piece_is_a_day_old(
    tmp_path: Path, piece: int
) -> None:
    """Compaction itself leaves a piece alone that few rows were deleted from."""
    large = Large(tmp_path)
    large.piece = piece
    large.tidy()
    gone, other = large.made[1000], large.made[0]
    large.store.commit(Batch((DocumentChange(gone.doc_id),), NOW))
    before = large.files()
    assert large.tidy()
    assert set(before) & set(large.files())
    assert _rows_on_disk(large) > _ROWS - 10

    assert not large.tidy(force=False)
    assert large.tidy(force=False, forget=timedelta(0))

    assert _rows_on_disk(large) == _ROWS - 10
    assert large.store.count() == (_ROWS // 10 - 1, _ROWS - 10)
    assert large.store.nearest(other.vector, 1)[0].chunk_id == other.chunk_id
    assert not large.tidy(force=False, forget=timedelta(0)), "it is done once"


def _rows_on_disk(large: Large) -> int:
    """Return how many rows the files of the newest version hold, deleted ones too."""
    fragments = large.tables[0].to_lance().get_fragments()
    return sum(fragment.physical_rows for fragment in fragments)


def test_versions_that_nobody_reads_go_where_there_is_nothing_else_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was deleted is in their files; no file of today is written anew for that."""
    large = Large(tmp_path)
    large.store.commit(Batch((DocumentChange(large.made[0].doc_id),), NOW))
    assert large.tidy()
    large.put(replace(large.made[0], chunk_id=ChunkId("new"), doc_id=DocId("new")))
    before = (large.fragments(), large.vectors())
    assert not large.tidy(force=False)
    folder = large.folder / "chunks.lance"
    assert len(list((folder / "_versions").glob("*.manifest"))) > 1
    monkeypatch.setattr(compaction, "READERS_GRACE", timedelta(0))

    assert large.tidy(force=False)

    assert len(list((folder / "_versions").glob("*.manifest"))) == 1
    assert (large.fragments(), large.vectors()) == before
    assert not large.tidy(force=False)


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


def test_files_of_a_compaction_that_ended_before_its_digests_get_them_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, and the daemon goes on: its next scan leaves nothing for verify to tell."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", _DIMENSIONS))
    store = LanceStore.create(folder)
    store.commit(Batch((DocumentChange(DocId("d0"), tuple(rows(10))),), NOW))
    store.undo_unfinished()
    with monkeypatch.context() as patched:
        patched.setattr(store.digests, "add", mock.Mock(side_effect=OSError("No space left")))
        with pytest.raises(Unavailable):
            store.tidy(force=True)
    assert {fault.what for fault in store.digests.check() if fault} == {"has no digest"}

    store.undo_unfinished()

    assert [fault for fault in store.digests.check() if fault] == []
