"""One suite for every store and every ledger: in memory and real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from ingestd.backends.lancedb import generations, reading
from ingestd.backends.lancedb.store import LanceStore
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.backends.memory.store import MemoryStore
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.errors import Unavailable
from ingestd.model.ids import ContentHash, DocPath, chunk_id, doc_id, embed_key, text_hash
from ingestd.model.index import Batch, ChunkRow, DocumentChange, DocumentVersion
from ingestd.model.ledger import DocState, KnownSource, LedgerEntry
from ingestd.model.source import FileStat

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "lancedb", "large"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A new store of each kind; `large`: its rows are read as those of a large one are."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "large":
        monkeypatch.setattr(reading, "COMPARED", 0)
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", 4))
    return LanceStore.create(folder)


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A new ledger of each kind."""
    if request.param == "memory":
        return MemoryLedger()
    return SqliteLedger(Database(tmp_path / "ledger.db"))


def change(path: str, *texts: str, content: str = "c1") -> DocumentChange:
    """A document's rows: a text each, its direction by its length."""
    rows = []
    for ordinal, text in enumerate(texts):
        vector = np.eye(4, dtype=np.float32)[len(text) % 4]
        rows.append(
            ChunkRow(
                chunk_id=chunk_id("docs", path, text_hash(text), 0), doc_id=doc_id("docs", path),
                source="docs", path=path, title="Title", mime="text/markdown", lang="en",
                ordinal=ordinal, start=ordinal * 10, end=ordinal * 10 + len(text), page=None,
                heading=("A", "B"), prefix="A > B\n", text=text, text_hash=text_hash(text),
                embed_key=embed_key("m", text), vector=vector, acl=("staff",), meta={"k": "v"},
                content_hash=ContentHash(content), recipe="a.b.c.d", modified_at=NOW,
                indexed_at=NOW,
            )
        )  # fmt: skip
    identity = doc_id("docs", path)
    version = DocumentVersion(
        identity, 0, ContentHash(content), "a.b.c.d", " ".join(texts), NOW, NOW
    )
    return DocumentChange(identity, tuple(rows), version if rows else None)


def commit(store: Any, *changes: DocumentChange, hours: int = 0) -> Any:
    """Commit documents, as of then."""
    at = NOW + timedelta(hours=hours)
    stamped = tuple(
        replace(one, version=one.version and replace(one.version, indexed_at=at)) for one in changes
    )
    return store.commit(Batch(stamped, at))


def texts(store: Any, found: Any) -> set[str]:
    """The texts of what a search found, which is all there."""
    ids = [scored.chunk_id for scored in found]
    rows = store.passages(ids)
    assert set(rows) == set(ids)
    assert store.passages(ids, [one.place for one in found if one.place is not None]) == rows
    return {row.text for row in rows.values()}


def test_rows_come_back_as_they_went_in(store: Any) -> None:
    """Every column, of every row."""
    wanted = change("a.md", "the pump runs", "the seal holds")
    commit(store, wanted, change("b.md", "else"))
    found = store.rows([wanted.doc_id])
    assert len(found) == 2
    for mine, theirs in zip(wanted.rows, found, strict=True):
        for name in ChunkRow.__slots__:
            if name != "vector":
                assert getattr(mine, name) == getattr(theirs, name), name
        assert np.array_equal(mine.vector, theirs.vector)
    key = wanted.rows[1].chunk_id
    assert {
        k: row.text
        for k, row in store.passages([key, chunk_id("docs", "none", text_hash("none"), 0)]).items()
    } == {key: "the seal holds"}
    assert store.count() == (2, 3)


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize("at", ["_standing", "_table"])
def test_a_commit_that_failed_leaves_no_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, *, reopened: bool
) -> None:
    """Before the rows were read, or while they were written: what comes next is not mixed up."""
    folder = generations.create(tmp_path, generations.Generation(0, "m", "m", 4))
    store = LanceStore.create(folder)
    commit(store, change("a.md", "one"))
    full = OSError("No space left on device")
    failing = mock.Mock(side_effect=full, merge_insert=mock.Mock(side_effect=full))
    if at == "_table":
        failing.version = store.index_version
    with monkeypatch.context() as patched:
        patched.setattr(LanceStore, at, failing)
        with pytest.raises(Unavailable):
            commit(store, change("a.md", "two", content="c2"))
    if reopened:  # As after a compaction.
        store = LanceStore(folder)
    commit(store, change("b.md", "other"))
    commit(store, change("a.md", "three", content="c3"))
    assert [one.content_hash for one in store.versions(doc_id("docs", "a.md"))] == ["c3", "c1"]
    assert texts(store, store.matching("one two three", 9)) == {"three"}


def test_a_commit_replaces_a_document_and_says_what_went(store: Any) -> None:
    """Rows that stay, stay; those that went are found nowhere; versions grow."""
    commit(store, change("a.md", "one", "two", "three"))
    before = store.index_version
    done = commit(store, change("a.md", "two", "four", content="c2"), hours=1)
    identity = doc_id("docs", "a.md")
    assert [row.text for row in store.rows([identity])] == ["two", "four"]
    assert done.removed == {identity: 2}
    assert done.index_version == store.index_version > before
    assert texts(store, store.matching("one two three four", 9)) == {"two", "four"}
    assert texts(store, store.nearest(np.ones(4, np.float32), 9)) == {"two", "four"}
    new, old = store.versions(identity)
    assert (new.redacted_text, new.superseded_at) == ("two four", None)
    assert (old.redacted_text, old.superseded_at) == ("one two three", NOW + timedelta(hours=1))
    assert old.version < new.version == store.index_version
    commit(store, change("a.md", "one", content="c3"))
    assert [row.text for row in store.rows([identity])] == ["one"]


def test_a_deleted_document_is_gone_and_its_last_version_ends(store: Any) -> None:
    """It answers no search, also before anything is compacted, and not after it either."""
    commit(store, change("a.md", "the pump runs"), change("b.md", "the seal holds"))
    commit(store, change("a.md"), hours=2)
    for _ in range(2):
        assert texts(store, store.matching("pump seal", 9)) == {"the seal holds"}
        assert [d.doc_id for d in store.documents()] == [doc_id("docs", "b.md")]
        store.tidy(force=True)
    assert store.versions(doc_id("docs", "a.md"))[0].superseded_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_row_that_moved_since_it_was_found_is_read_where_it_is(
    store: Any, *, compacted: bool
) -> None:
    """One that went is left out."""
    commit(
        store, change("a.md", "the pump runs", "the seal holds"), change("b.md", "the lid shuts")
    )
    found = store.matching("pump seal lid", 9)
    ids = [one.chunk_id for one in found]
    places = [one.place for one in found if one.place is not None]
    assert len(ids) == 3
    commit(store, change("a.md", "the pump runs", "else"), change("b.md"), hours=1)
    if compacted:
        store.tidy(force=True)
    assert [row.text for row in store.passages(ids, places).values()] == ["the pump runs"]


@pytest.mark.parametrize("store", ["lancedb", "large"], indirect=True)
def test_rows_that_move_while_they_are_read_are_looked_for_again(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit between finding and reading takes no row from an answer."""
    commit(store, change("a.md", "the pump runs", "the seal holds"))
    taken, edits = reading.Reader.taken, iter(["the lid shuts", "the flap opens"])

    def moving(reader: reading.Reader, places: Sequence[int], columns: Sequence[str]) -> Any:
        if edit := next(edits, None):
            commit(store, change("a.md", "the pump runs", edit, content=edit))
        return taken(reader, places, columns)

    monkeypatch.setattr(reading.Reader, "taken", moving)
    found = store.matching("pump", 9)
    edits = iter(["the gate shuts", "the door opens"])
    near = store.nearest(np.ones(4, np.float32), 9)
    edits = iter(())
    assert texts(store, found) == {"the pump runs"}
    assert len(texts(store, near)) == 2


@pytest.mark.parametrize("store", ["lancedb", "large"], indirect=True)
def test_a_row_on_its_way_out_is_found_by_no_search(store: Any) -> None:
    """Not even one that still says something, as an earlier ingestd wrote them."""
    row = change("a.md", "the pump runs").rows[0]
    store.append([replace(row, live=False)])
    assert store.matching("pump", 9) == store.nearest(row.vector, 9) == []
    assert store.passages([row.chunk_id]) == {}
    assert set(store.vectors([row.embed_key])) == {row.embed_key}


@pytest.mark.parametrize("store", ["lancedb", "large"], indirect=True)
def test_versions_are_forgotten_by_when_they_ended(store: Any) -> None:
    """One that another followed, and the last of a document that went; never one that answers."""
    commit(store, change("a.md", "one"), change("b.md", "two"), change("c.md", "three"))
    commit(store, change("a.md", "one", "more", content="c2"), change("c.md"), hours=2)
    kept = [doc_id("docs", name) for name in ("a.md", "b.md", "c.md")]
    for hours, left in ((1, [2, 1, 1]), (3, [1, 1, 0])):
        store.forget_versions(NOW + timedelta(hours=hours))
        assert [len(store.versions(one)) for one in kept] == left
    assert store.versions(kept[0])[0].redacted_text == "one more"


def test_vectors_are_found_by_what_was_embedded(store: Any) -> None:
    """Whatever document has them."""
    commit(store, change("a.md", "one", "two"))
    known = store.vectors([embed_key("m", "two"), embed_key("m", "unknown")])
    assert list(known) == [embed_key("m", "two")]
    assert store.vectors([]) == {}


def test_search_takes_any_words(store: Any) -> None:
    """Quotes, operators and filters in a question are words, and nothing more."""
    commit(store, change("a.md", "the pump runs"))
    for question in ("x' OR 1=1 --", '"pump" AND (', "pump*", "+-&|!", "the", ""):
        assert len(store.matching(question, 5)) <= 1
    assert store.matching("pump", 5)[0].score > 0


def entry(path: str, **more: Any) -> LedgerEntry:
    """A ledger entry."""
    base = {
        "source": "docs", "path": DocPath(path), "real_path": path.encode(), "shown_path": path,
        "state": DocState.INDEXED, "reason": "", "stat": FileStat(1, 2, 3, 4),
        "content_hash": ContentHash("c"), "recipe": "a.b.c.d", "acl": ("x",),
        "indexed_hash": ContentHash("c"), "index_version": 3, "chunks": 2,
        "findings": {"EMAIL_ADDRESS": 1}, "attempts": 1, "next_attempt_at": NOW, "seen_at": NOW,
    }  # fmt: skip
    return LedgerEntry(**{**base, **more})


def test_entries_come_back_by_path_folder_and_content(ledger: Any) -> None:
    """Also those of members, and of names that only look alike."""
    names = ["a", "a/b", "a/c/d", "a.md", "ab", "m.eml", "m.eml!/x.pdf", "m.emlx"]
    made = [entry(name, indexed_hash=ContentHash(f"h{len(name)}")) for name in names]
    ledger.record(made)
    assert sorted(ledger.entries("docs"), key=lambda e: e.path) == sorted(
        made, key=lambda e: e.path
    )

    def below(*paths: str) -> list[str]:
        return sorted(e.path for e in ledger.entries("docs", [DocPath(p) for p in paths]))

    assert below("a") == ["a", "a/b", "a/c/d"]
    assert below("m.eml") == ["m.eml", "m.eml!/x.pdf"]
    assert below("ab", "a/c") == ["a/c/d", "ab"]
    assert below("") == sorted(names)
    assert below("none") == []
    assert ledger.entries("other") == []
    assert [e.path for e in ledger.with_content(ContentHash("h3"))] == ["a/b"]


def test_what_a_scan_need_not_look_at_is_told_from_the_rest(ledger: Any) -> None:
    """Not settled: by another recipe or acl, no stat, quarantined, a member, what has members."""
    others = [
        entry("old", recipe="a.b.c.x"),
        entry("open", acl=()),
        entry("none", stat=None),
        entry("bad", state=DocState.QUARANTINED),
        entry("m.eml"),
        entry("m.eml!/x.pdf", container=DocPath("m.eml")),
    ]
    skipped = entry("s", state=DocState.SKIPPED, indexed_hash=None, acl=())
    ledger.record([*others, entry("a"), skipped, entry("b", source="other")])
    settled, rest = ledger.divided("docs", "a.b.c.d", ("x",))
    assert settled == {
        "a": ("a", 1, 2, 3, 4, "indexed"),
        "s": ("s", 1, 2, 3, 4, "skipped"),
    }
    assert sorted(rest, key=lambda e: e.path) == sorted(others, key=lambda e: e.path)


def test_recording_writes_and_forgets_together(ledger: Any) -> None:
    """An entry of the same path is replaced."""
    ledger.record([entry("a"), entry("b")])
    ledger.record([entry("a", reason="new", stat=None)], [("docs", DocPath("b"))])
    assert [(e.path, e.reason, e.stat) for e in ledger.entries()] == [("a", "new", None)]


def test_sources_are_remembered(ledger: Any) -> None:
    """With the bytes of their root; how they are watched is written by itself."""
    known = KnownSource("docs", b"/srv/\xff", NOW, held=3, deleted=2, deleted_since=NOW)
    ledger.record_watching("docs", b"/srv/\xff", "inotify", "a fault")
    ledger.record_source(known)
    assert list(ledger.sources()) == [replace(known, watching="inotify", fault="a fault")]
    ledger.record_watching("docs", b"/srv/\xff", "poll")
    assert list(ledger.sources()) == [replace(known, watching="poll")]
    assert ledger.indexed() == {}
