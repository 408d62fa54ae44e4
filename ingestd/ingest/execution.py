"""Execution: a plan carried out, step by step: copy, parse, redact, chunk, then commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ingestd.errors import StateCorrupt
from ingestd.ingest import rows
from ingestd.ingest.chunking import ChunkingPolicy, chunk
from ingestd.ingest.committing import Committer, Pending, leaving, orphan
from ingestd.model.document import RedactedDocument
from ingestd.model.ids import (
    MEMBER_SEPARATOR,
    ContentHash,
    DocPath,
    EmbedKey,
    doc_id,
)
from ingestd.model.index import DocumentChange, Vector
from ingestd.model.ledger import MOST_ATTEMPTS, DocState, LedgerEntry
from ingestd.model.parsing import ParseOutcome, ParseRequest, Rejection
from ingestd.model.passes import Action, DocumentDone, Plan, Step
from ingestd.model.recipe import Recipe
from ingestd.ports.embedder import Embedder
from ingestd.ports.ledger import Ledger
from ingestd.ports.parser import Parser
from ingestd.ports.store import Store
from ingestd.ports.tokens import TokenCounter

BATCH_CHUNKS = 256
"""New chunks that are embedded and committed together, unless the pass ends sooner."""
BATCH_DOCUMENTS = 200

_BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 720, 1440))


class Executor:
    """Carries out plans with the parts that it is given."""

    def __init__(
        self,
        *,
        parser: Parser,
        embedder: Embedder,
        counter: TokenCounter,
        store: Store,
        ledger: Ledger,
        recipe: Recipe,
        chunking: ChunkingPolicy,
        shown: Callable[[str], str],
        now: Callable[[], datetime],
    ) -> None:
        self._parser = parser
        self._counter = counter
        self._store = store
        self._ledger = ledger
        self._recipe = recipe
        self._chunking = chunking
        self._shown = shown
        self._now = now
        self._committer = Committer(embedder, store, ledger, now)

    def run(self, plan: Plan, *, reuse: bool = True) -> Iterator[DocumentDone]:
        """Yield each document once what became of it is on disk, in index and ledger.

        Without `reuse` every chunk is embedded, also where the index has its vector.
        """
        self._committer.reuse = reuse
        yield from self._committer.commit(self._noted(plan))
        parse: list[Step] = []
        pending: list[Pending] = []
        for step in plan.steps:
            if step.action is Action.RESTAMP or step.twin is not None:
                copies = self._copies(step)
                if copies is None:
                    parse.append(step)
                pending += copies or ()
                if len(pending) >= BATCH_DOCUMENTS:
                    yield from self._committer.commit(pending)
                    pending = []
            elif step.action in (Action.ADD, Action.MODIFY):
                parse.append(step)
        yield from self._committer.commit(pending)
        yield from self._parsed(parse)
        departing = [p for s in plan.steps if s.action is Action.DELETE for p in self._leaves(s)]
        orphans = [orphan(source, identity) for source, identity in plan.orphans]
        yield from self._committer.commit(departing + orphans)

    def _noted(self, plan: Plan) -> list[Pending]:
        """Prepare the steps that need no parser: what is skipped, unreadable or known already."""
        adopted = [s for s in plan.steps if s.action is Action.ADOPT]
        stored = (
            {
                document.doc_id: document
                for document in self._store.documents(
                    [doc_id(s.source.name, s.path) for s in adopted]
                    if len(adopted) < 2000
                    else None
                )
            }
            if adopted
            else {}
        )
        noted: list[Pending] = []
        for step in plan.steps:
            entry = self._entry(step, DocState.INDEXED)
            if step.action is Action.ADOPT:
                document = stored.get(doc_id(step.source.name, step.path))
                if document is None:
                    continue
                entry = replace(
                    entry,
                    chunks=document.chunks,
                    indexed_hash=step.content_hash,
                    index_version=self._store.index_version,
                    acl=document.acl,
                )
                done = DocumentDone(
                    step.action, step.source.name, entry.shown_path, entry.state,
                    chunks=document.chunks,
                )  # fmt: skip
                noted.append(Pending(done, None, entry))
            elif step.action is Action.SKIP:
                noted += self._rejected(step, Rejection(DocState.SKIPPED, step.because[0]))
            elif step.action is Action.OBSTRUCT:
                noted += self._rejected(step, Rejection(DocState.QUARANTINED, step.because[0]))
        return noted

    def _copies(self, step: Step) -> list[Pending] | None:
        """Prepare a document whose text is known; `None`: its twin is not there any more."""
        before = step.twin or step.before
        if before is None or step.content_hash is None or step.file is None:
            return None
        restamp = step.action is Action.RESTAMP
        if restamp and (before.indexed_hash is None or before.acl == step.source.acl):
            # The file was touched, not changed: the ledger takes its new times, the index nothing.
            entry = replace(before, stat=step.file.stat, acl=step.source.acl, seen_at=self._now())
            done = DocumentDone(step.action, entry.source, entry.shown_path, entry.state)
            return [Pending(done, None, entry)]
        prepared: list[Pending] = []
        for old in self._with_members(before) if restamp else [before]:
            twin = doc_id(old.source, old.path)
            try:
                rows_of = self._store.rows([twin], checked=True)
            except StateCorrupt:
                return None  # What is damaged is not copied: the file is there to be parsed.
            versions = self._store.versions(twin)
            if not rows_of or not versions or rows_of[0].content_hash != old.indexed_hash:
                return None
            path = old.path if restamp else step.path
            content = old.indexed_hash if restamp else step.content_hash
            entry = replace(
                old,
                source=step.source.name,
                path=path,
                real_path=old.real_path if restamp else step.file.real_path,
                shown_path=self._shown(path),
                stat=step.file.stat if old.container is None else None,
                acl=step.source.acl,
                seen_at=self._now(),
            )
            modified_at = rows_of[0].modified_at
            if not restamp:
                modified_at = rows.instant(step.file.stat.mtime_ns)
            origin = self._origin(entry, content, rows_of[0].recipe, modified_at)
            change = rows.copied(origin, rows_of, versions[0].redacted_text, self._now())
            done = DocumentDone(
                step.action, entry.source, entry.shown_path, entry.state, chunks=len(rows_of)
            )
            prepared.append(Pending(done, change, entry))
        if step.action is Action.RENAME and step.before is not None:
            key = (step.before.source, step.before.path)
            prepared.append(
                Pending(
                    DocumentDone(Action.RENAME, key[0], step.before.shown_path, None),
                    DocumentChange(doc_id(*key)),
                    None,
                    key,
                )
            )
        return prepared

    def _parsed(self, steps: list[Step]) -> Iterator[DocumentDone]:
        by_path = {(step.source.name, step.path): step for step in steps}
        requests = (
            ParseRequest(
                step.source.name,
                step.path,
                os.fsencode(step.source.root) + b"/" + step.file.real_path,
                step.source.max_bytes,
                os.fsencode(step.source.root),
            )
            for step in steps
            if step.file is not None
        )
        pending: list[Pending] = []
        new = 0
        for outcome in self._parser.parse(requests):
            step = by_path[(outcome.request.source, outcome.request.path)]
            prepared = self._taken(step, outcome)
            pending += prepared
            new += sum(len(one.chunks) for one in prepared)
            if new >= BATCH_CHUNKS or len(pending) >= BATCH_DOCUMENTS:
                yield from self._committer.commit(pending)
                pending, new = [], 0
        yield from self._committer.commit(pending)
        # A rename whose rows could not be copied was parsed: its old path is left to go.
        left = [step for step in steps if step.action is Action.RENAME and step.before is not None]
        yield from self._committer.commit([p for step in left for p in self._leaves(step)])

    def _taken(self, step: Step, outcome: ParseOutcome) -> list[Pending]:
        if isinstance(outcome.outcome, Rejection) and not outcome.members:
            return self._rejected(step, outcome.outcome, outcome)
        if outcome.fingerprint is None:
            raise AssertionError("a parsed document without its fingerprint")
        content = outcome.fingerprint.content_hash
        modified_at = rows.instant(outcome.fingerprint.stat.mtime_ns)
        if isinstance(outcome.outcome, Rejection):
            prepared = self._rejected(step, outcome.outcome, outcome)
        else:
            entry = self._entry(step, DocState.INDEXED, outcome)
            prepared = self._document(step, entry, outcome.outcome, content, modified_at)
        before = {e.path: e for e in self._with_members(step.before)[1:]} if step.before else {}
        for member in outcome.members:
            path = DocPath(step.path + MEMBER_SEPARATOR + member.name)
            entry = LedgerEntry(
                source=step.source.name,
                path=path,
                real_path=os.fsencode(member.name),
                shown_path=self._shown(path),
                state=DocState.INDEXED,
                reason="",
                stat=None,
                content_hash=content,
                recipe=str(self._recipe),
                acl=step.source.acl,
                container=step.path,
                seen_at=self._now(),
            )
            old = before.pop(path, None)
            if isinstance(member.outcome, Rejection):
                prepared.append(self._unindexed(entry, member.outcome, old, step.action))
            else:
                inner = replace(step, action=Action.MODIFY if old else Action.ADD)
                prepared += self._document(inner, entry, member.outcome, content, modified_at)
        prepared += [leaving(entry) for entry in before.values()]
        return prepared

    def _document(
        self,
        step: Step,
        entry: LedgerEntry,
        document: RedactedDocument,
        content: ContentHash,
        modified_at: datetime,
    ) -> list[Pending]:
        chunks = chunk(document, self._counter, self._chunking)
        if not chunks:
            rejection = Rejection(DocState.SKIPPED, "empty: it holds no text")
            return [self._unindexed(entry, rejection, step.before, step.action)]
        origin = self._origin(entry, content, entry.recipe, modified_at)
        model = self._recipe.model

        def make(vectors: dict[EmbedKey, Vector], now: datetime) -> DocumentChange:
            return rows.made(origin, document, chunks, model, vectors, now)

        entry = replace(entry, indexed_hash=content, chunks=len(chunks), findings=document.findings)
        done = DocumentDone(
            step.action,
            entry.source,
            entry.shown_path,
            entry.state,
            chunks=len(chunks),
            newly_masked=_newly_masked(step, entry, document),
        )
        return [Pending(done, None, entry, make=make, chunks=chunks, keys=rows.keys(chunks, model))]

    def _rejected(
        self, step: Step, rejection: Rejection, outcome: ParseOutcome | None = None
    ) -> list[Pending]:
        shown = self._shown(step.path)
        if rejection.vanished:
            return []
        if rejection.transient:
            done = DocumentDone(
                step.action, step.source.name, shown, None, rejection.reason, failed=True
            )
            return [Pending(done, None, None)]
        entry = self._entry(step, rejection.state, outcome)
        prepared = [self._unindexed(entry, rejection, step.before, step.action)]
        if rejection.state is not DocState.QUARANTINED and step.before is not None:
            prepared += [leaving(e) for e in self._with_members(step.before)[1:]]
        return prepared

    def _unindexed(
        self, entry: LedgerEntry, rejection: Rejection, before: LedgerEntry | None, action: Action
    ) -> Pending:
        """Prepare a document that gives no rows now; a quarantined one keeps those it had."""
        done = DocumentDone(
            action, entry.source, entry.shown_path, rejection.state, rejection.reason
        )
        entry = replace(entry, state=rejection.state, reason=rejection.reason)
        indexed = before is not None and before.indexed_hash is not None
        if rejection.state is DocState.QUARANTINED:
            attempts = (before.attempts if before is not None else 0) + 1
            same = before is not None and before.content_hash == entry.content_hash
            attempts = attempts if same else 1
            wait = _BACKOFF[min(attempts, len(_BACKOFF)) - 1]
            due = self._now() + wait if attempts < MOST_ATTEMPTS else None
            entry = replace(entry, attempts=attempts, next_attempt_at=due)
            if before is not None and indexed:
                entry = replace(
                    entry,
                    indexed_hash=before.indexed_hash,
                    index_version=before.index_version,
                    chunks=before.chunks,
                    findings=before.findings,
                    acl=before.acl,
                )
            return Pending(done, None, entry)
        change = DocumentChange(doc_id(entry.source, entry.path)) if indexed else None
        return Pending(done, change, entry)

    def _leaves(self, step: Step) -> list[Pending]:
        if step.before is None:
            return []
        return [leaving(entry) for entry in self._with_members(step.before)]

    def _with_members(self, entry: LedgerEntry) -> list[LedgerEntry]:
        """Return an entry and those of its members, the entry first."""
        below = self._ledger.entries(entry.source, [entry.path])
        return [entry, *(e for e in below if e.container == entry.path)]

    def _entry(
        self, step: Step, state: DocState, outcome: ParseOutcome | None = None
    ) -> LedgerEntry:
        read = outcome.fingerprint if outcome is not None else None
        return LedgerEntry(
            source=step.source.name,
            path=step.path,
            real_path=step.file.real_path if step.file is not None else b"",
            shown_path=self._shown(step.path),
            state=state,
            reason="",
            stat=read.stat if read else step.file.stat if step.file else None,
            content_hash=read.content_hash if read else step.content_hash,
            recipe=str(self._recipe),
            acl=step.source.acl,
            seen_at=self._now(),
        )

    def _origin(
        self,
        entry: LedgerEntry,
        content: ContentHash | None,
        recipe: str,
        modified_at: datetime,
    ) -> rows.Origin:
        if content is None:
            raise AssertionError("rows need the hash of their content")
        return rows.Origin(
            entry.source, entry.path, entry.shown_path, entry.acl, content, recipe, modified_at
        )


def _newly_masked(step: Step, entry: LedgerEntry, document: RedactedDocument) -> dict[str, int]:
    """Count what a changed policy masks more, where the content is what it was."""
    before = step.before
    if before is None or "redaction" not in step.because or before.path != entry.path:
        return {}
    if before.indexed_hash != entry.indexed_hash:
        return {}
    more = {e: n - before.findings.get(e, 0) for e, n in document.findings.items()}
    return {entity: count for entity, count in more.items() if count > 0}
