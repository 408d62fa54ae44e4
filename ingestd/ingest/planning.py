"""Planning: disk against ledger against index, and the steps that make the index true again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from ingestd.errors import SourceUnavailable
from ingestd.ingest import kinds, rereading
from ingestd.ingest.rereading import Reread
from ingestd.model.ids import ContentHash, DocId, DocPath, doc_id
from ingestd.model.index import StoredDocument
from ingestd.model.ledger import DocState, LedgerEntry, Settled
from ingestd.model.passes import Action, Plan, Step
from ingestd.model.recipe import Recipe
from ingestd.model.source import FileStat, FoundFile, Obstacle, Root, Source
from ingestd.ports.files import Files
from ingestd.ports.ledger import Ledger
from ingestd.ports.store import Store

Scope = Mapping[str, Collection[bytes]]
"""Real paths by source name: what may have changed. No scope: everything may have."""

_FEW = 2000
_NO_STAT = FileStat(0, 0, 0, 0)


@dataclass(slots=True)
class _Seen:
    """One source while it is compared."""

    source: Source
    steps: list[Step]
    new: list[tuple[FoundFile, ContentHash]]
    gone: list[LedgerEntry]
    obstacles: list[Obstacle]
    unchanged: int = 0
    root: Root | None = None
    """Where the whole source was looked at."""
    met: bool = False
    """A document was found as it was."""


class Planner:
    """Compares without changing anything."""

    def __init__(
        self,
        files: Files,
        ledger: Ledger,
        store: Store,
        recipe: Recipe,
        reread: Reread = rereading.nothing,
    ) -> None:
        """Take which files are read although nothing says that they have changed."""
        self._reread = reread
        self._files = files
        self._ledger = ledger
        self._store = store
        self._recipe = recipe
        self._rules = str(recipe)

    def plan(
        self,
        sources: Iterable[Source],
        now: datetime,
        scope: Scope | None = None,
        *,
        orphans: bool = False,
    ) -> Plan:
        """Compare the sources, or what the scope names of them, with ledger and index."""
        seen: list[_Seen] = []
        unreachable: dict[str, str] = {}
        standing: Counter[DocState] = Counter()
        sources = tuple(sources)
        for source in sources:
            below = None if scope is None else scope.get(source.name, ())
            if below is not None and not below:
                continue
            try:
                seen.append(self._compare(source, now, below, standing))
            except SourceUnavailable as error:
                unreachable[source.name] = str(error)
        steps = [step for one in seen for step in one.steps]
        steps += self._arrivals(seen)
        return Plan(
            sources=sources,
            steps=tuple(sorted(steps, key=_order)),
            unchanged=sum(one.unchanged for one in seen),
            standing=standing,
            orphans=self._orphans(seen, steps) if orphans and scope is None else (),
            unreachable=unreachable,
            obstacles=tuple((one.source.name, o) for one in seen for o in one.obstacles),
            roots={one.source.name: one.root for one in seen if one.root is not None},
            met=frozenset(one.source.name for one in seen if one.met),
        )

    def _compare(
        self,
        source: Source,
        now: datetime,
        below: Collection[bytes] | None,
        standing: Counter[DocState],
    ) -> _Seen:
        seen = _Seen(source, [], [], [], [])
        if below is None:
            seen.root = self._files.root(source)
        settled, known = self._known(source, below)
        due = self._reread(source.name, chain(settled, known))
        turns = settled.keys() & due
        for path in turns:
            del settled[path]
        unmet = dict(settled)
        others: dict[DocPath, FoundFile | Obstacle] = {}
        for found in self._files.scan(source, below, unmet):
            # Two spellings of one name: the first in byte order is the document.
            if found.path in unmet or found.path not in settled:
                others.setdefault(found.path, found)
        different = unmet.keys() | (settled.keys() & others.keys())
        seen.met = len(different) < len(settled)
        _count([one[5] for path, one in settled.items() if path not in different], seen, standing)
        known |= self._entries(source, different | turns)
        self._look_at(source, others, due, known, now, seen, standing)
        self._refuse_another(seen)
        kept_below = tuple(
            f"{one.path}/" if one.path else "" for one in seen.obstacles if one.keeps_below
        )
        for path, entry in known.items():
            if path in others or entry.container is not None:
                continue
            if path.startswith(kept_below):
                seen.unchanged += entry.state is DocState.INDEXED
                continue
            seen.gone.append(entry)
        return seen

    def _look_at(
        self,
        source: Source,
        others: Mapping[DocPath, FoundFile | Obstacle],
        due: Collection[DocPath],
        known: Mapping[DocPath, LedgerEntry],
        now: datetime,
        seen: _Seen,
        standing: Counter[DocState],
    ) -> None:
        """Compare what is not simply as it was; what is due is read whatever its times say."""
        members: dict[DocPath, list[LedgerEntry]] = {}
        for entry in known.values():
            if entry.container is not None:
                members.setdefault(entry.container, []).append(entry)
        for path, found in others.items():
            before = known.get(path)
            if isinstance(found, Obstacle):
                seen.obstacles.append(found)
                step = self._obstructed(source, found, before)
            else:
                step = self._look(source, found, before, now, seen, turn=path in due)
            staying = list(members.get(path, ())) if before is not None else []
            if step is None and before is not None:
                staying.append(before)
            elif step is not None:
                seen.steps.append(step)
                if step.action is not Action.RESTAMP or before is None or before.acl != source.acl:
                    staying = []
            _count([entry.state for entry in staying], seen, standing)

    def _refuse_another(self, seen: _Seen) -> None:
        """Raise where a root was mounted, or came off, while it was scanned."""
        if seen.root is None:
            return
        now = self._files.root(seen.source)
        if (now.device, now.inode) != (seen.root.device, seen.root.inode):
            raise SourceUnavailable(
                f"source {seen.source.name}: {seen.source.root}: another folder stands there than "
                "when its scan began; its documents stay in the index as they are"
            )

    def _known(
        self, source: Source, below: Collection[bytes] | None
    ) -> tuple[dict[DocPath, Settled], dict[DocPath, LedgerEntry]]:
        if below is None:
            settled, others = self._ledger.divided(source.name, self._rules, source.acl)
            return settled, {entry.path: entry for entry in others}
        return {}, self._entries(source, [self._files.identity(path) for path in below])

    def _entries(self, source: Source, paths: Collection[DocPath]) -> dict[DocPath, LedgerEntry]:
        if not paths:
            return {}
        some = paths if len(paths) <= _FEW else None
        return {entry.path: entry for entry in self._ledger.entries(source.name, some)}

    def _obstructed(
        self, source: Source, found: Obstacle, before: LedgerEntry | None
    ) -> Step | None:
        if before is not None and before.reason == found.reason:
            return None
        action = Action.OBSTRUCT if found.keeps_below else Action.SKIP
        file = FoundFile(found.path, found.real_path, _NO_STAT)
        return Step(action, source, found.path, file, before=before, because=(found.reason,))

    def _look(
        self,
        source: Source,
        found: FoundFile,
        before: LedgerEntry | None,
        now: datetime,
        seen: _Seen,
        *,
        turn: bool,
    ) -> Step | None:
        """Compare one file; new ones are put aside until renames can be told from them."""
        rules_stand = before is not None and self._stands(before, now)
        same = before is not None and before.stat == found.stat
        seen.met |= same
        if before is not None and same and rules_stand and not turn:
            if before.acl == source.acl or before.indexed_hash is None:
                return None
            return Step(Action.RESTAMP, source, found.path, found, before.content_hash, before)
        reason = kinds.refusal(found.path) or _too_large(source, found)
        if reason is not None:
            if before is not None and before.reason == reason and before.stat == found.stat:
                return None
            return Step(Action.SKIP, source, found.path, found, before=before, because=(reason,))
        try:
            content = self._files.content_hash(source, found)
        except FileNotFoundError:
            return None
        except OSError as error:
            because = (f"cannot be read: {error.strerror or type(error).__name__}",)
            return Step(Action.OBSTRUCT, source, found.path, found, before=before, because=because)
        if before is None:
            seen.new.append((found, content))
            return None
        seen.met |= content == before.content_hash
        if rules_stand and content == before.content_hash:
            if same and before.acl == source.acl:
                return None
            return Step(Action.RESTAMP, source, found.path, found, content, before)
        changed = Recipe.parse(before.recipe).changes(self._recipe) if before.recipe else ()
        action = Action.ADD if before.indexed_hash is None else Action.MODIFY
        return Step(action, source, found.path, found, content, before, because=changed)

    def _stands(self, entry: LedgerEntry, now: datetime) -> bool:
        """Say whether what became of a file would become of it again."""
        if entry.recipe != self._rules:
            return False
        return entry.state is not DocState.QUARANTINED or not entry.is_due(now)

    def _arrivals(self, seen: Collection[_Seen]) -> list[Step]:
        """Tell additions from renames, copies and documents that the index has already."""
        leaving: dict[ContentHash, list[LedgerEntry]] = {}
        for one in seen:
            for entry in one.gone:
                if entry.indexed_hash is not None:
                    leaving.setdefault(entry.indexed_hash, []).append(entry)
        stored = self._stored(seen)
        steps: list[Step] = []
        renamed: set[tuple[str, DocPath]] = set()
        for one in seen:
            for found, content in one.new:
                step = Step(Action.ADD, one.source, found.path, found, content)
                there = stored.get(doc_id(one.source.name, found.path))
                if there is not None and self._same(there, found, content):
                    steps.append(replace(step, action=Action.ADOPT))
                    continue
                old = self._twin(leaving.get(content, ()), found, renamed)
                if old is not None:
                    renamed.add((old.source, old.path))
                    steps.append(replace(step, action=Action.RENAME, before=old, twin=old))
                    continue
                twin = self._twin(self._ledger.with_content(content), found, renamed)
                steps.append(replace(step, twin=twin))
        sources = {one.source.name: one.source for one in seen}
        for one in seen:
            for entry in one.gone:
                if (entry.source, entry.path) not in renamed:
                    step = Step(Action.DELETE, sources[entry.source], entry.path, before=entry)
                    steps.append(step)
        return steps

    def _stored(self, seen: Collection[_Seen]) -> dict[DocId, StoredDocument]:
        wanted = [doc_id(one.source.name, f.path) for one in seen for f, _ in one.new]
        if not wanted:
            return {}
        few = wanted if len(wanted) <= _FEW else None
        return {document.doc_id: document for document in self._store.documents(few)}

    def _same(self, stored: StoredDocument, found: FoundFile, content: ContentHash) -> bool:
        # A container is parsed again: only parsing tells which members it has.
        return (
            stored.content_hash == content
            and stored.recipe == self._rules
            and not kinds.is_container(found.path)
        )

    def _twin(
        self,
        candidates: Iterable[LedgerEntry],
        found: FoundFile,
        taken: Collection[tuple[str, DocPath]],
    ) -> LedgerEntry | None:
        """Find a document whose rows can be copied: same content, read by the same rules."""
        suffix = kinds.suffix(found.path)
        for entry in candidates:
            if (
                entry.state is DocState.INDEXED
                and entry.container is None
                and entry.recipe == self._rules
                and entry.indexed_hash == entry.content_hash
                and kinds.suffix(entry.path) == suffix
                and not kinds.is_container(entry.path)
                and (entry.source, entry.path) not in taken
            ):
                return entry
        return None

    def _orphans(
        self, seen: Collection[_Seen], steps: Collection[Step]
    ) -> tuple[tuple[str, str], ...]:
        names = {one.source.name for one in seen}
        known = {
            doc_id(entry.source, entry.path)
            for name in names
            for entry in self._ledger.entries(name)
        }
        known |= {doc_id(step.source.name, step.path) for step in steps}
        arriving = {step.path for step in steps if kinds.is_container(step.path)}
        if arriving:
            # Their members are known once they are parsed; what is left then goes in the next pass.
            return ()
        return tuple(
            (document.source, document.doc_id)
            for document in self._store.documents()
            if document.source in names and document.doc_id not in known
        )


def _count(staying: Iterable[str], seen: _Seen, standing: Counter[DocState]) -> None:
    for state, count in Counter(staying).items():
        if state == DocState.INDEXED:
            seen.unchanged += count
        else:
            standing[DocState(state)] += count


def _too_large(source: Source, found: FoundFile) -> str | None:
    if found.stat.size <= source.max_bytes:
        return None
    return f"{found.stat.size:,} bytes; the limit of its source is {source.max_bytes:,} (max_bytes)"


_RANK = {action: rank for rank, action in enumerate(
    (
        Action.ADOPT, Action.SKIP, Action.OBSTRUCT, Action.RESTAMP, Action.RENAME,
        Action.ADD, Action.MODIFY, Action.DELETE,
    )
)}  # fmt: skip


def _order(step: Step) -> tuple[int, bool, str, str]:
    """Copies come before what could change the rows they copy; deletions come last."""
    return _RANK[step.action], step.twin is None, step.source.name, step.path
