"""How a document stands between disk, ledger and index."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestd.app.build import System
from ingestd.model.check import Standing
from ingestd.model.ids import MEMBER_SEPARATOR, ContentHash, DocId, DocPath, doc_id
from ingestd.model.ledger import DocState, LedgerEntry
from ingestd.model.recipe import Recipe
from ingestd.model.source import FoundFile


def standing(system: System, source: str, path: str, *, deep: bool = True) -> Standing:
    """Look at a document's file, its entry in the ledger and, if `deep`, its kept versions."""
    entry = _entry(system, source, path)
    real = DocPath(entry.path if entry is not None else path)
    identity = doc_id(source, real)
    shown = entry.shown_path if entry is not None else system.redactor.redact_text(path)
    file = _file(system, source, real, entry)
    there = file is not None and file.is_file()
    if not there:
        deep = True
    versions = tuple(system.store.versions(identity)) if deep else ()
    moved = _moved(system, identity, versions[0].content_hash) if not there and versions else ""
    lag = None
    if there and file is not None:
        lag = _lag(system, source, real, entry, file)
    indexed = entry is not None and entry.indexed_hash is not None
    changed: tuple[str, ...] = ()
    if indexed and entry is not None:
        changed = Recipe.parse(entry.recipe).changes(system.recipe)
    return Standing(
        identity,
        source,
        shown,
        was_known=entry is not None or bool(versions),
        on_disk=there,
        moved_to=moved,
        is_indexed=indexed,
        lag=lag,
        changed_rules=changed,
        reason=entry.reason if entry is not None and entry.state is not DocState.INDEXED else "",
        versions=versions,
    )


def is_living(system: System, source: str, path: str, identity: str) -> bool:
    """Say whether a row's document is known to the ledger and its file is there."""
    near = system.ledger.entries(source, [DocPath(path)])
    # A masked path is no identity: look through all that there are.
    for entry in near or system.ledger.entries(source):
        if doc_id(entry.source, entry.path) == identity:
            file = _file(system, source, entry.path, entry)
            return file is not None and file.is_file()
    return False


def _entry(system: System, source: str, path: str) -> LedgerEntry | None:
    exact = [e for e in system.ledger.entries(source, [DocPath(path)]) if e.path == path]
    if exact:
        return exact[0]
    return next((e for e in system.ledger.entries(source) if e.shown_path == path), None)


def _file(system: System, source: str, path: DocPath, entry: LedgerEntry | None) -> Path | None:
    """Return the file of a document, or of the container that it is a member of."""
    roots = {one.name: one.root for one in system.config.sources}
    for known in system.ledger.sources():
        roots.setdefault(known.name, Path(os.fsdecode(known.root)))
    if source not in roots:
        return None
    outer = path.split(MEMBER_SEPARATOR, 1)[0]
    if entry is not None and entry.container is None:
        return roots[source] / os.fsdecode(entry.real_path)
    container = _entry(system, source, outer) if outer != path else None
    name = os.fsdecode(container.real_path) if container is not None else outer
    return roots[source] / name


def _lag(
    system: System, source: str, path: DocPath, entry: LedgerEntry | None, file: Path
) -> timedelta | None:
    """Return for how long a file has differed from its indexed version; `None`: it does not."""
    now = system.now()
    stat = file.stat()
    # A changed inode time cannot be put back, as a modification time can.
    since = datetime.fromtimestamp(stat.st_ctime, UTC)
    outer = _entry(system, source, path.split(MEMBER_SEPARATOR, 1)[0])
    if entry is None or outer is None:
        return now - since
    if outer.stat is not None and (
        (outer.stat.size, outer.stat.mtime_ns, outer.stat.ctime_ns)
        == (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    ):
        if entry.indexed_hash == entry.content_hash:
            return None
        # Seen, and not indexed as it is: in quarantine, or kept out.
        return now - since if entry.indexed_hash is not None else None
    from ingestd.backends.filesystem.files import LocalFiles

    by_name = {one.name: one for one in system.config.sources}
    if source not in by_name:
        return None
    found = FoundFile(outer.path, outer.real_path, outer.stat) if outer.stat is not None else None
    if found is None:
        return now - since
    try:
        same = LocalFiles().content_hash(by_name[source], found) == outer.content_hash
    except OSError:
        return None
    return None if same else now - since


def _moved(system: System, identity: DocId, content: ContentHash) -> str:
    for entry in system.ledger.with_content(content):
        if doc_id(entry.source, entry.path) != identity:
            return f"{entry.source}:{entry.shown_path}"
    return ""
