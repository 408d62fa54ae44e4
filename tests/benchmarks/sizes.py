"""One edit's commit and one search at 10,000, 100,000 and 1,000,000 chunks.

Texts are pieces of the handbook's own words under its own headings, vectors noisy copies of its
real ones; SIZES="10000 100000" takes others.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil

from ingestd.app import passes, serving
from ingestd.app.build import System
from ingestd.backends.lancedb import generations
from ingestd.backends.lancedb.store import LanceStore
from ingestd.ingest import rows
from ingestd.model.document import Chunk, RedactedDocument
from ingestd.model.ids import ContentHash, DocPath, digest
from ingestd.model.index import Batch, ChunkRow, DocumentChange, Vector
from ingestd.retrieval.search import Searcher, SearchPolicy

from . import harness
from .harness import Figure, at_least, at_most, shown

_SIZES = "10000 100000 1000000"
_EACH = 10
"""Chunks of a document."""
_WORDS = 100
_NOISE = 0.6
"""Length of what is added to a real vector, of length one."""
_COMMITS = 192
_TIDY = 64
"""Commits between two compactions, as in the daemon."""
_QUESTIONS = 200
_SOURCES = ("contracts", "handbook", "manuals", "prices")
_KINDS = ("application/pdf", "text/html", "text/markdown")
_LANGUAGES = ("de", "en")
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def run() -> Iterator[Figure]:
    """Build each size; edit and search it in a process of its own, as a daemon is one."""
    medians: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        docs = harness.handbook(home / "handbook")
        with harness.system(docs, home / "handbook-state") as system:
            passes.sync(system)
            company = _Company(_rows(system))
            of_the_model = system.store.generation
        for size in map(int, os.environ.get("SIZES", _SIZES).split()):
            folder = generations.create(home / f"state-{size}", replace(of_the_model, base=0))
            LanceStore.create(folder)
            yield from _built(LanceStore(folder), company, size)
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
                figures = other.submit(_used, home, folder, size).result()
            yield from figures
            medians[size] = figures[0].value
    if len(medians) > 1:
        ratio = medians[max(medians)] / medians[min(medians)]
        yield at_most("a commit, the largest index against the smallest", ratio, 2)


def _rows(system: System) -> list[ChunkRow]:
    return [row for some in system.store.all_rows() for row in some]


def _used(home: Path, folder: Path, size: int) -> list[Figure]:
    serving.keep_memory_low()
    with harness.system(home / "handbook", home / "handbook-state") as system:
        company = _Company(_rows(system))
        edited = list(_edited(folder, company, size))
        return [*edited, *_searched(LanceStore(folder), company, system)]


class _Company:
    """Documents made of a real company's words and vectors."""

    def __init__(self, real: list[ChunkRow]) -> None:
        self.words = [word for row in real for word in row.text.split()]
        self._headings = [(row.heading, row.prefix) for row in real]
        self.vectors = np.stack([row.vector for row in real])
        self.model = "synthetic"
        self._chance = random.Random(7)
        self._noise = np.random.default_rng(7)

    def change(self, number: int, edited: int | None = None) -> DocumentChange:
        """Return a document as it is at first, or with one chunk edited."""
        chance = random.Random(number)
        noise = np.random.default_rng(number)
        texts = [self._text(chance, f"{number}.{part}") for part in range(_EACH)]
        vectors = self._vectors(noise, _EACH)
        if edited is not None:
            part = edited % _EACH
            texts[part] = self._text(self._chance, f"{number}.{part}.{edited}")
            vectors[part] = self._vectors(self._noise, 1)[0]
        chunks, at = [], 0
        for ordinal, text in enumerate(texts):
            heading, prefix = chance.choice(self._headings)
            chunks.append(Chunk(ordinal, at, at + len(text), text, prefix, heading, None, _WORDS))
            at += len(text)
        document = RedactedDocument(
            "".join(texts), (), chance.choice(_KINDS), f"Page {number}", chance.choice(_LANGUAGES)
        )
        origin = rows.Origin(
            chance.choice(_SOURCES), DocPath(f"{number}.md"), f"{number}.md", (),
            ContentHash(digest(str(number), str(edited))), "{}", _NOW - timedelta(minutes=number),
        )  # fmt: skip
        known = dict(zip(rows.keys(tuple(chunks), self.model), vectors, strict=True))
        at_once = _NOW + timedelta(minutes=number // 100)
        return rows.made(origin, document, tuple(chunks), self.model, known, at_once)

    def _text(self, chance: random.Random, name: str) -> str:
        start = chance.randrange(len(self.words) - _WORDS)
        return f"Note {name}: " + " ".join(self.words[start : start + _WORDS]) + "\n"

    def _vectors(self, noise: np.random.Generator, count: int) -> Vector:
        picked = self.vectors[noise.integers(0, len(self.vectors), count)]
        added = noise.standard_normal(picked.shape).astype(np.float32)
        made = picked + _NOISE * added / np.linalg.norm(added, axis=1, keepdims=True)
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    def questions(self, count: int) -> tuple[list[str], Vector]:
        """Return words to look for, and vectors."""
        chance = random.Random(3)
        starts = [chance.randrange(len(self.words) - 8) for _ in range(count)]
        texts = [" ".join(self.words[start : start + 8]) for start in starts]
        return texts, self._vectors(np.random.default_rng(3), count)


def _built(store: LanceStore, company: _Company, size: int) -> Iterator[Figure]:
    began = time.monotonic()
    for start in range(0, size // _EACH, 1000):
        changes = [company.change(n) for n in range(start, min(start + 1000, size // _EACH))]
        store.append([row for change in changes for row in change.rows])
        store.restore([change.version for change in changes if change.version is not None])
    built = time.monotonic()
    store.tidy(force=True)
    print(f"  {size}: rows {built - began:.0f} s", file=sys.stderr, flush=True)
    yield shown(f"{size:,} chunks: indexes built and compacted", time.monotonic() - built, "s")
    for name in ("chunks", "documents"):  # What readers may hold on to for ten minutes.
        # Not by `optimize`: it makes one fragment of a million rows, which ours never does.
        table = store.table(name).to_lance()
        table.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)
    raw = size * (company.vectors.shape[1] * 4)
    texts = sum(len(row.text.encode()) for row in company.change(1).rows) * size / _EACH
    used = sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(store.folder)
        for name in names
    )
    yield at_most("  disk against raw vectors and texts", used / (raw + texts), 1.5)


def _edited(folder: Path, company: _Company, size: int) -> Iterator[Figure]:
    store = LanceStore(folder)
    took: list[float] = []
    tidied: list[float] = []
    chance = random.Random(11)
    for number in range(_COMMITS):
        change = company.change(chance.randrange(size // _EACH), number)
        began = time.monotonic()
        store.commit(Batch((change,), _NOW + timedelta(seconds=number)))
        took.append(time.monotonic() - began)
        if number % _TIDY == _TIDY - 1:
            began = time.monotonic()
            store.tidy()
            store = LanceStore(folder)  # As the daemon does: old caches go.
            tidied.append(time.monotonic() - began)
    yield at_most("  one edit's commit, p50", statistics.median(took) * 1000, 50, "ms")
    yield shown("  one edit's commit, p95", _share(took, 0.95) * 1000, "ms")
    yield shown("  compaction after 64 of them, longest", max(tidied), "s")


def _searched(store: LanceStore, company: _Company, system: System) -> Iterator[Figure]:
    texts, vectors = company.questions(_QUESTIONS)
    searcher = Searcher(store, system.embedder, system.token_vectors, str, SearchPolicy(rerank=0))
    for number in range(10):
        searcher.search_many([texts[number]], 10, None, vectors[number : number + 1])
    took = []
    for number in range(_QUESTIONS):
        began = time.monotonic()
        searcher.search_many([texts[number]], 10, None, vectors[number : number + 1])
        took.append(time.monotonic() - began)
    yield at_most("  hybrid search, p50", statistics.median(took) * 1000, 50, "ms")
    yield at_most("  hybrid search, p99", _share(took, 0.99) * 1000, 150, "ms")
    system.embedder.embed(texts[:1])
    resident = psutil.Process().memory_info().rss / 1e6
    yield at_most("  resident after it, the model loaded", resident, 1500, "MB")
    found = exact = 0
    for vector in vectors[:50]:
        wanted = _exactly(store, vector)
        found += len(wanted & {scored.chunk_id for scored in store.nearest(vector, 10)})
        exact += len(wanted)
    yield at_least("  recall@10 of its vector part", found / exact, 0.95)


def _exactly(store: LanceStore, vector: Vector) -> set[str]:
    """Return the nearest ten, without any index."""
    query = store.table("chunks").search(vector, vector_column_name="vector")
    query = query.distance_type("cosine").bypass_vector_index().where("live = true", prefilter=True)
    found = query.select(["chunk_id", "_distance"]).limit(10).to_arrow()
    return set(found.column("chunk_id").to_pylist())


def _share(took: list[float], share: float) -> float:
    return sorted(took)[min(int(len(took) * share), len(took) - 1)]
