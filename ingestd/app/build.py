"""Building a system from a config: every part made when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ingestd.app import policy, redactors
from ingestd.app.state import StateFolder
from ingestd.config.loading import Config, with_known
from ingestd.errors import UsageError
from ingestd.ingest.chunking import ChunkingPolicy
from ingestd.model.recipe import Recipe
from ingestd.redaction.policy import RedactionPolicy

if TYPE_CHECKING:
    from ingestd.backends.lancedb.store import LanceStore
    from ingestd.backends.sqlite.ledger import SqliteLedger
    from ingestd.backends.subprocess.pool import ChildPool
    from ingestd.backends.tokenizers import ModelTokenizer
    from ingestd.ingest.execution import Executor
    from ingestd.ingest.planning import Planner
    from ingestd.ingest.rereading import Reread
    from ingestd.model.embedding import ModelFolder
    from ingestd.model.ids import DocId
    from ingestd.model.index import Passage
    from ingestd.model.parsing import ParseRequest
    from ingestd.ports.embedder import Embedder
    from ingestd.ports.ledger import Ledger
    from ingestd.ports.store import Store
    from ingestd.redaction.redactor import Redactor
    from ingestd.retrieval.matching import TokenVectors
    from ingestd.retrieval.search import Searcher


def _opened(request: ParseRequest) -> int:
    from ingestd.backends.filesystem.beneath import open_beneath

    return open_beneath(request.root, os.path.relpath(request.file, request.root))


def utc_now() -> datetime:
    """The one wall clock; handed to whoever needs the time."""
    return datetime.now(UTC)


class System:
    """A config's parts, put together. Nothing is opened before it is asked for."""

    def __init__(
        self, config: Config, *, writing: bool = False, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.config = config
        self.now = now
        self.folder = StateFolder(config.state_dir)
        self._writing = writing
        self._kept_out: dict[DocId, bool] = {}

    @cached_property
    def policy(self) -> RedactionPolicy:
        """What is masked."""
        return policy.made(self.config)

    @cached_property
    def chunking(self) -> ChunkingPolicy:
        """How documents are cut."""
        section = self.config.file.chunking
        return ChunkingPolicy(section.min_tokens, section.max_tokens)

    @cached_property
    def redactor(self) -> Redactor:
        """What masks names and output in this process."""
        return redactors.in_main(self.policy)

    @cached_property
    def models_dir(self) -> Path:
        """Where converted models lie."""
        given = self.config.file.embedding.models_dir
        return self.config.base / Path(given).expanduser() if given else self.folder.models

    @cached_property
    def model(self) -> ModelFolder:
        """The embedding model, found on this machine."""
        from ingestd.backends.sentence_transformers import folders

        if self._writing:
            self.models_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folders.find(self.config.file.embedding.model, self.config.base, self.models_dir)

    @cached_property
    def recipe(self) -> Recipe:
        """By which rules documents become rows."""
        from ingestd.backends.unstructured.version import fingerprint

        return Recipe(
            parser=fingerprint(),
            redaction=redactors.fingerprint(self.policy),
            chunking=self.chunking.fingerprint(self.model.tokenizer_fingerprint),
            model=self.model.fingerprint,
        )

    @cached_property
    def tokenizer(self) -> ModelTokenizer:
        """The model's token counter."""
        from ingestd.backends.tokenizers import ModelTokenizer

        return ModelTokenizer(self.model.path, self.model.max_tokens)

    @cached_property
    def embedder(self) -> Embedder:
        """The model at work: OpenVINO on a CPU, torch on CUDA or when asked for."""
        from ingestd.backends.sentence_transformers import embedder as torch_backend

        section = self.config.file.embedding
        cuda = section.device == "cuda" or (
            section.device == "auto" and torch_backend.cuda_is_there()
        )
        if section.backend == "openvino" and section.device == "cuda":
            raise UsageError(
                'embedding.backend: "openvino" runs on CPUs; for device = "cuda" use "torch"'
            )
        if section.backend == "torch" or (cuda and section.backend == "auto"):
            return torch_backend.TorchEmbedder(self.model, "cuda" if cuda else "cpu")
        from ingestd.backends.openvino.embedder import OpenvinoEmbedder

        return OpenvinoEmbedder(self.model, self.tokenizer, self.models_dir, section.precision)

    @cached_property
    def token_vectors(self) -> TokenVectors:
        """The token vectors of passages that were looked at last."""
        from ingestd.retrieval.matching import TokenVectors

        return TokenVectors(self.embedder, self.tokenizer)

    @cached_property
    def ledger(self) -> SqliteLedger:
        """The ledger; for reading only unless this system writes."""
        from ingestd.backends.sqlite.database import Database
        from ingestd.backends.sqlite.ledger import SqliteLedger

        return SqliteLedger(Database(self.folder.ledger, read_only=not self._writing))

    @cached_property
    def store(self) -> LanceStore:
        """The index; made where it is missing and this system writes."""
        from ingestd.backends.lancedb import generations
        from ingestd.backends.lancedb.store import LanceStore

        language = self.config.file.retrieval.language
        current = generations.current(self.folder.path)
        if current is not None:
            return LanceStore(current, language=language)
        if not self._writing:
            raise UsageError(
                f"{self.folder.path}: no index here yet; make one with: ingestd sync FOLDER"
            )
        fresh = self.new_generation(base=0)
        generations.switch(self.folder.path, fresh)
        return LanceStore(fresh, language=language)

    def new_generation(self, base: int) -> Path:
        """Make an empty index for today's model beside the one that answers."""
        from ingestd.backends.lancedb import generations
        from ingestd.backends.lancedb.store import LanceStore

        folder = generations.create(
            self.folder.path,
            generations.Generation(
                base, self.model.fingerprint, self.model.name, self.model.dimensions
            ),
        )
        LanceStore.create(folder, language=self.config.file.retrieval.language)
        return folder

    def reopen(self) -> None:
        """Open ledger and index anew at their next use: another generation answers now."""
        for part in ("store", "searcher"):
            self.__dict__.pop(part, None)
        self._kept_out.clear()

    @cached_property
    def parser(self) -> ChildPool:
        """The parser children."""
        from ingestd.app.child import command, hello
        from ingestd.backends.subprocess.pool import ChildPool, Limits

        section = self.config.file.parsing
        return ChildPool(
            command(),
            hello=hello(self.policy),
            workers=section.workers,
            open_file=_opened,
            scratch=self.folder.scratch(),
            limits=Limits(section.timeout_seconds, section.memory_mb * 1_000_000),
        )

    def planner(
        self,
        ledger: Ledger | None = None,
        store: Store | None = None,
        reread: Reread | None = None,
    ) -> Planner:
        """What compares disk, ledger and index; `reread`: not the few files whose turn it is."""
        from ingestd.backends.filesystem.files import LocalFiles
        from ingestd.ingest.planning import Planner
        from ingestd.ingest.rereading import in_turn

        ledger = ledger or self.ledger
        every = timedelta(days=self.config.file.index.reread_days)
        scans = {one.name: one.last_scan_at for one in ledger.sources()}
        due = reread or in_turn(every, scans, self.now())
        return Planner(LocalFiles(), ledger, store or self.store, self.recipe, due)

    def executor(
        self,
        ledger: Ledger | None = None,
        store: Store | None = None,
        embedder: Embedder | None = None,
    ) -> Executor:
        """What carries plans out."""
        from ingestd.ingest.execution import Executor

        return Executor(
            parser=self.parser,
            embedder=embedder or self.embedder,
            counter=self.tokenizer,
            store=store or self.store,
            ledger=ledger or self.ledger,
            recipe=self.recipe,
            chunking=self.chunking,
            shown=self.redactor.redact_text,
            now=self.now,
        )

    @cached_property
    def searcher(self) -> Searcher:
        """What answers questions."""
        from ingestd.retrieval.search import Searcher, SearchPolicy

        section = self.config.file.retrieval
        generation = self.store.generation
        if generation.model != self.model.fingerprint:
            raise UsageError(
                f"embedding.model: the index was made with {generation.model_name!r}, the config "
                f"now says {self.model.name!r}; embed it again with: ingestd sync"
            )
        return Searcher(
            self.store,
            self.embedder,
            self.token_vectors,
            self.redactor.redact_text,
            SearchPolicy(
                section.vector_weight, section.candidates, section.rerank, section.rerank_weight
            ),
            self._is_kept_out,
        )

    def stale(self) -> frozenset[DocId]:
        """Return the documents that answer with an older version than the one on disk."""
        return self.ledger.stale() if self.folder.ledger.exists() else frozenset()

    def _is_kept_out(self, row: Passage) -> bool:
        """Say whether today's policy vetoes a document that an older one let in."""
        if Recipe.parse(row.recipe).redaction == self.recipe.redaction:
            return False
        if row.doc_id not in self._kept_out:
            rows = self.store.rows([row.doc_id])
            self._kept_out[row.doc_id] = any(
                self.redactor.is_vetoed(f"{one.title}\n{one.text}") for one in rows
            )
        return self._kept_out[row.doc_id]

    def remember_sources(self) -> None:
        """Take the state folder's own sources along where the command line gave folders."""
        if self.config.origin is None and self.folder.ledger.exists():
            known = [(s.name, s.root) for s in self.ledger.sources()]
            self.config = with_known(self.config, known)

    def beside(self) -> System:
        """Return a system that reads what this one writes, for another thread; one model for both.

        It has connections of its own, and a parser of its own where it needs one.
        """
        reader = System(self.config, now=self.now)
        for part in ("policy", "redactor", "model", "recipe", "tokenizer", "embedder"):
            reader.__dict__[part] = getattr(self, part)
        return reader

    def close(self) -> None:
        """End the parser children; they are started anew where they are needed again."""
        if "parser" in self.__dict__:
            self.__dict__.pop("parser").close()
