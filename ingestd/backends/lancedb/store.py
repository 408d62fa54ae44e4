"""The store on LanceDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.expr import col, lit

from ingestd.backends.lancedb import caches, compaction, generations, searching, upkeep
from ingestd.backends.lancedb.border import border, guarded
from ingestd.backends.lancedb.digests import Digests
from ingestd.backends.lancedb.durability import syncfs
from ingestd.backends.lancedb.reading import Reader
from ingestd.backends.lancedb.schema import (
    DOCUMENTS_SCHEMA,
    HASHED,
    LIVE,
    OUTGOING,
    PASSAGE,
    chunk_rows,
    chunks_schema,
    chunks_table,
    document_versions,
    is_sound,
    outgoing_rows,
    passages,
    sound_vectors,
    versions_table,
)
from ingestd.errors import StateCorrupt
from ingestd.model.ids import ChunkId, ContentHash, DocId, EmbedKey
from ingestd.model.index import (
    Batch,
    ChunkRow,
    Committed,
    DocumentVersion,
    Passage,
    Scored,
    StoredDocument,
    Vector,
)

_ALL = 2**31 - 1
_PORTION = 2000
_GATHERED = 16
"""Commits whose fragments become one."""
_KEYS = 500
_FEW = 256
"""Rows that are read with their vectors although most of them stay: another look takes 3 ms."""
_COLUMNS_OF_A_DOCUMENT = ["doc_id", "source", "content_hash", "recipe", "acl"]


class LanceStore:
    """One generation of the index, opened for reading, or for writing by the one writer."""

    def __init__(self, folder: Path, *, language: str = "English") -> None:
        self._folder = folder
        self._generation = generations.read(folder)
        self._language = language
        session = caches.sized(folder)
        database = lancedb.connect(
            str(folder), read_consistency_interval=timedelta(0), session=session
        )
        with border(folder):
            names = set(database.list_tables().tables)
            self._chunks = database.open_table("chunks") if "chunks" in names else None
            self._documents = database.open_table("documents") if "documents" in names else None
            self._reader = Reader(folder, "chunks", session) if self._chunks is not None else None
        self._database = database
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="versions")
        # What wrote here last may have ended before its chunks, or its files' digests, came.
        self._unfinished = True
        self.digests = Digests(folder)
        self._commits = 0

    @classmethod
    def create(cls, folder: Path, *, language: str = "English") -> LanceStore:
        """Make the tables and their search indexes in an empty generation."""
        store = cls(folder, language=language)
        database = store._database
        chunks = database.create_table(
            "chunks", schema=chunks_schema(store._generation.dimensions), exist_ok=True
        )
        documents = database.create_table("documents", schema=DOCUMENTS_SCHEMA, exist_ok=True)
        upkeep.make_indexes(chunks, documents, language)
        store.digests.add()
        return cls(folder, language=language)

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._folder

    @property
    def generation(self) -> generations.Generation:
        """What is true of the whole database."""
        return self._generation

    @property
    def index_version(self) -> int:
        """LanceDB's version of `chunks`, counted on from the generation before."""
        return self._generation.base + int(self._table.version)

    @property
    def _vector_hash(self) -> list[str]:
        return ["vector_hash"] if self._generation.schema >= HASHED else []

    @property
    def _table(self) -> Any:
        if self._chunks is None:
            raise self._missing("chunks")
        return self._chunks

    @property
    def _rows(self) -> Reader:
        if self._reader is None:
            raise self._missing("chunks")
        return self._reader

    @property
    def _versions(self) -> Any:
        if self._documents is None:
            raise self._missing("documents")
        return self._documents

    def _missing(self, table: str) -> StateCorrupt:
        return StateCorrupt(
            f"{self._folder}: the table `{table}` is missing; nothing was changed. Build a new "
            "index: ingestd rebuild"
        )

    @cached_property
    def _schema(self) -> pa.Schema:
        return self._table.schema

    @guarded
    def commit(self, batch: Batch) -> Committed:
        """Write the new versions' rows, then upsert new and outgoing chunks in one commit."""
        identities = [change.doc_id for change in batch.changes]
        fresh = {row.chunk_id: row for change in batch.changes for row in change.rows}
        upcoming = self.index_version + 1
        versions = [
            replace(change.version, version=upcoming)
            for change in batch.changes
            if change.version is not None
        ]
        self.undo_unfinished()
        self._unfinished = True
        written = self._beside.submit(self.restore, versions)
        try:
            before = self._standing(identities)
            gone_rows = self._outgoing(before, fresh, batch.at)
        finally:
            written.result()
        rows = [*fresh.values(), *gone_rows]
        if rows:
            table = chunks_table(rows, self._schema)
            # A known id comes back live, a new one is added; nothing is read but the key's index.
            upsert = self._table.merge_insert("chunk_id").when_matched_update_all()
            upsert.when_not_matched_insert_all().execute(table)
        # A version that another follows ends where that begins; only a last one has to be told.
        gone = {DocId(doc) for table in before for doc in table.column("doc_id").to_pylist()}
        gone -= {version.doc_id for version in versions}
        if gone:
            self._supersede(gone, upcoming, batch.at)
        version = self.index_version
        self._commits += 1
        if self._commits % _GATHERED == 0:
            compaction.gather(self._table, self._versions)
        self.digests.add()
        syncfs(self._folder)
        self._unfinished = False
        removed = Counter(row.doc_id for row in gone_rows)
        return Committed(version, {doc: removed[doc] for doc in identities})

    def _standing(self, doc_ids: Collection[DocId]) -> list[pa.Table]:
        """Read where the live rows of some documents stand, and of few all that may go out."""
        found: list[pa.Table] = []
        for some in _portions(list(doc_ids)):
            table = self._rows.where(_of(some), ["_rowid", *OUTGOING], _FEW + 1)
            if table.num_rows > _FEW:
                table = self._rows.where(_of(some), ["_rowid", "chunk_id", "doc_id"])
            found.append(table)
        return found

    def _outgoing(
        self, standing: Iterable[pa.Table], staying: Collection[ChunkId], at: datetime
    ) -> list[ChunkRow]:
        found: list[ChunkRow] = []
        for table in standing:
            keys = table.column("chunk_id").to_pylist()
            going = table.filter(pa.array([key not in staying for key in keys], pa.bool_()))
            several = [going]
            if "vector" not in going.column_names:
                places = going.column("_rowid").to_pylist()
                several = [self._rows.taken(some, OUTGOING) for some in _portions(places)]
            found += [row for part in several for row in outgoing_rows(part, at)]
        return found

    def _supersede(self, identities: Collection[DocId], version: int, at: datetime) -> None:
        for some in _portions(sorted(identities)):
            older = col("doc_id").isin(some).and_(col("version").lt(lit(version)))
            self._versions.update(
                where=f"({older.to_sql()}) AND superseded_at IS NULL",
                values_sql={"superseded_at": _instant(at)},
            )

    @guarded
    def rows(self, doc_ids: Collection[DocId], *, checked: bool = False) -> list[ChunkRow]:
        """Return the live rows of some documents."""
        found: list[ChunkRow] = []
        for some in _portions(list(doc_ids)):
            table = self._rows.where(_of(some))
            rows = chunk_rows(table)
            if checked and not all(is_sound(table, rows)):
                raise StateCorrupt(
                    f"{self._folder}: a row is not as it was written; mend it with: ingestd verify "
                    "--repair"
                )
            found += rows
        return sorted(found, key=lambda row: (row.doc_id, row.ordinal))

    @guarded
    def passages(
        self, ids: Collection[ChunkId], places: Collection[int] = ()
    ) -> dict[ChunkId, Passage]:
        """Return what some live rows say.

        A place is never used twice, and no row is changed where it stands: one that is still there
        is what it was.
        """
        found: list[Passage] = []
        for standing in _portions(list(places)):
            found += passages(self._rows.taken(standing, PASSAGE))
        known = {row.chunk_id for row in found}
        for some in _portions([key for key in ids if key not in known]):
            where = f"({col('chunk_id').isin(some).to_sql()}) AND {LIVE}"
            found += passages(self._rows.where(where, PASSAGE))
        return {row.chunk_id: row for row in found}

    @guarded
    def vectors(self, keys: Collection[EmbedKey]) -> Mapping[EmbedKey, Vector]:
        """Return known vectors; rows on their way out count too."""
        known: dict[EmbedKey, Vector] = {}
        for some in _portions(list(keys)):
            found = self._rows.where(
                col("embed_key").isin(some).to_sql(), ["embed_key", "vector", *self._vector_hash]
            )
            known.update(sound_vectors(found))
        return known

    def documents(self, doc_ids: Collection[DocId] | None = None) -> Iterator[StoredDocument]:
        """Yield what is live of each document."""
        wheres = [LIVE]
        if doc_ids is not None:
            wheres = [_of(some) for some in _portions(list(doc_ids))]
        with border(self._folder):
            tables = [self._rows.where(where, _COLUMNS_OF_A_DOCUMENT) for where in wheres]
        if not tables:
            return
        counts: dict[str, int] = {}
        first: dict[str, dict[str, Any]] = {}
        for table in tables:
            for row in table.to_pylist():
                counts[row["doc_id"]] = counts.get(row["doc_id"], 0) + 1
                first.setdefault(row["doc_id"], row)
        for identity, row in first.items():
            yield StoredDocument(
                doc_id=DocId(identity),
                source=row["source"],
                content_hash=ContentHash(row["content_hash"]),
                recipe=row["recipe"],
                acl=tuple(row["acl"] or ()),
                chunks=counts[identity],
            )

    @guarded
    def versions(self, doc: DocId) -> list[DocumentVersion]:
        """Return a document's kept versions, the newest first."""
        where = col("doc_id").eq(lit(doc)).to_sql()
        found = self._versions.search().where(where).limit(_ALL).to_arrow()
        newest_first = sorted(document_versions(found), key=lambda v: v.version, reverse=True)
        return [*newest_first[:1], *map(_ended, newest_first[1:], newest_first)]

    def all_versions(self) -> Iterator[list[DocumentVersion]]:
        """Yield every kept document version, in bounded portions."""
        with border(self._folder):
            for batch in self._versions.search().limit(_ALL).to_batches(_PORTION):
                yield document_versions(pa.Table.from_batches([batch]))

    def table(self, name: str) -> Any:
        """Return one of the two tables, for whoever looks whether it is sound."""
        return self._table if name == "chunks" else self._versions

    def all_rows(self) -> Iterator[Sequence[ChunkRow]]:
        """Yield every live row, in bounded portions."""
        with border(self._folder):
            for batch in self._table.search().where(LIVE).limit(_ALL).to_batches(_PORTION):
                if batch.num_rows:
                    yield chunk_rows(pa.Table.from_batches([batch]))

    @guarded
    def nearest(self, vector: Vector, k: int) -> list[Scored]:
        """Return the ids of the highest cosine."""
        return searching.by_vector(self._rows, vector, k)

    @guarded
    def matching(self, query: str, k: int) -> list[Scored]:
        """Return the ids and vectors of the highest BM25 score, text and heading trail together."""
        return searching.by_words(self._rows, query, k)

    @guarded
    def count(self) -> tuple[int, int]:
        """Return how many documents and chunks are live."""
        found = self._rows.where(LIVE, ["doc_id"])
        return len(found.column("doc_id").unique()), found.num_rows

    @guarded
    def tidy(self, *, force: bool = False) -> None:
        """Sweep rows on their way out, compact, and bring the search indexes up to date."""
        self._unfinished = True  # It may end before its files have digests.
        if upkeep.tidy(self._table, self._versions, force=force):
            self.digests.add()
            syncfs(self._folder)

    @guarded
    def forget_versions(self, before: datetime) -> None:
        """Drop document versions that were superseded before an instant."""
        self._unfinished = True
        found = self._versions.search().select(["doc_id", "version", "indexed_at"])
        later = found.where(f"indexed_at < {_instant(before)}").limit(_ALL).to_arrow()
        newest = later.group_by("doc_id").aggregate([("version", "max"), ("version", "count")])
        # What such a version followed was over before it: its end is written nowhere else.
        wheres = [
            f"({col('doc_id').eq(lit(row['doc_id'])).to_sql()} AND version < {row['version_max']})"
            for row in newest.to_pylist()
            if row["version_count"] > 1
        ]
        several = [" OR ".join(some) for some in _portions(wheres)]
        for where in (f"superseded_at < {_instant(before)}", *several):
            if self._versions.count_rows(where):
                self._versions.delete(where)

    @guarded
    def undo_unfinished(self) -> int:
        """Drop document versions whose commit on `chunks` never came."""
        if not self._unfinished:
            return 0
        where = f"version > {self.index_version}"
        unfinished = int(self._versions.count_rows(where))
        if unfinished:
            self._versions.delete(where)
        self.digests.add()  # Of what was written by a pass that ended before it could say so.
        self._unfinished = False
        return unfinished

    @guarded
    def append(self, rows: Sequence[ChunkRow]) -> None:
        """Add rows that no other row of this generation shares an id with."""
        self._unfinished = True
        self._table.add(chunks_table(rows, self._schema))

    @guarded
    def restore(self, versions: Iterable[DocumentVersion]) -> None:
        """Write document versions as they are."""
        table = versions_table(versions)
        if table.num_rows:
            self._unfinished = True
            self._versions.add(table)


def _of(doc_ids: list[DocId]) -> str:
    """Return the condition of the live rows of some documents."""
    return f"({col('doc_id').isin(doc_ids).to_sql()}) AND {LIVE}"


def _ended(version: DocumentVersion, following: DocumentVersion) -> DocumentVersion:
    """Return a version with its end, where that is not written down yet."""
    return replace(version, superseded_at=version.superseded_at or following.indexed_at)


def _portions(keys: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), _KEYS):
        yield list(keys[start : start + _KEYS])


def _instant(at: datetime) -> str:
    return f"timestamp '{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%f')}Z'"
