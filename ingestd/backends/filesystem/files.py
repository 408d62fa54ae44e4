"""Scanning a source: a `stat` for every file, a reason for whatever is none."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import ExitStack
from operator import attrgetter

from ingestd.backends.filesystem.beneath import open_beneath
from ingestd.backends.filesystem.names import (
    IGNORED_FOLDERS,
    Question,
    filters,
    identity,
    is_ignored_file,
)
from ingestd.errors import SourceUnavailable
from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import Settled
from ingestd.model.source import FileStat, FoundFile, Obstacle, Root, Source

_BLOCK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_INODE = 2**63 - 1
"""What of an inode's number a database keeps."""


class LocalFiles:
    """The file system of this machine."""

    def scan(
        self,
        source: Source,
        below: Collection[bytes] | None = None,
        expected: dict[DocPath, Settled] | None = None,
    ) -> Iterator[FoundFile | Obstacle]:
        """Yield what a source holds; links out of it, pipes and the like come with a reason."""
        root = os.fsencode(source.root)
        self.root(source)
        counts, skipped = filters(source)
        holes = frozenset(os.fsencode(hole) for hole in source.holes)
        walk = _Walk(root, counts, skipped, holes, {} if expected is None else expected)
        if below is None:
            try:
                yield from walk.folder(b"")
            except FileNotFoundError as error:
                raise _unavailable(source, error) from error
            return
        for path in _outermost(below):
            yield from walk.path(path)

    def root(self, source: Source) -> Root:
        """Look at a source's root."""
        try:
            found = os.stat(source.root)
            with os.scandir(source.root) as listing:
                is_empty = next(listing, None) is None
        except OSError as error:
            raise _unavailable(source, error) from error
        return Root(found.st_dev, found.st_ino, is_empty)

    def content_hash(self, source: Source, file: FoundFile) -> ContentHash:
        """Hash a file's bytes with SHA-256, a block at a time; none of them stays in memory."""
        state = hashlib.sha256()
        descriptor = open_beneath(os.fsencode(source.root), file.real_path)
        # Raw text belongs to the parser child: this one buffer is all that holds it, and is wiped.
        block = bytearray(min(_BLOCK, file.stat.size + 1))
        with open(descriptor, "rb", buffering=0) as stream, memoryview(block) as view:
            try:
                while count := stream.readinto(view):
                    state.update(view[:count])
            finally:
                view[:] = bytes(len(block))
        return ContentHash(state.hexdigest())

    def identity(self, real_path: bytes) -> DocPath:
        """Return a real path's identity."""
        return identity(real_path)


class _Walk:
    def __init__(
        self,
        root: bytes,
        counts: Question | None,
        skipped: Question | None,
        holes: frozenset[bytes],
        expected: dict[DocPath, Settled],
    ) -> None:
        self._root = root
        self._true_root = os.path.realpath(root)
        self._counts = counts
        self._skipped = skipped
        self._holes = holes
        self._expected = expected

    def path(self, relative: bytes) -> Iterator[FoundFile | Obstacle]:
        """Yield what stands at or below one path; nothing where it is gone or does not count."""
        if relative in (b"", b"."):
            yield from self.folder(b"")
            return
        parts = relative.split(b"/")
        for depth in range(1, len(parts)):
            if self._left_out(b"/".join(parts[:depth])):
                return
        full = os.path.join(self._root, relative)
        try:
            if stat.S_ISDIR(os.lstat(full).st_mode):
                if not self._left_out(relative):
                    yield from self.folder(relative)
                return
        except OSError:
            return
        path, is_link = identity(relative), os.path.islink(full)
        found = self._file(path, relative, is_link, lambda: os.stat(full))
        if found is not None:
            yield found

    def folder(self, relative: bytes) -> Iterator[FoundFile | Obstacle]:
        """Yield what a folder holds, by name."""
        pending = [relative]
        while pending:
            folder = pending.pop()
            with ExitStack() as stack:
                try:
                    # From an open folder `stat` looks up one name and not the whole path again.
                    opened = os.open(os.path.join(self._root, folder), _FOLDER)
                    stack.callback(os.close, opened)
                    with os.scandir(opened) as listing:
                        entries = sorted(listing, key=attrgetter("name"))
                except FileNotFoundError:
                    if not folder:  # The root itself: what is below is not gone, but out of sight.
                        raise
                    continue
                except OSError as error:
                    reason = f"folder cannot be read: {error.strerror}"
                    yield Obstacle(identity(folder), folder, reason, keeps_below=True)
                    continue
                pending += reversed((yield from self._entries(folder, entries)))

    def _entries(
        self, folder: bytes, entries: Iterable[os.DirEntry[str]]
    ) -> Generator[FoundFile | Obstacle, None, list[bytes]]:
        """Yield the files among a folder's entries and return its folders."""
        deeper: list[bytes] = []
        expected = self._expected
        above, start = (folder + b"/", identity(folder) + "/") if folder else (b"", "")
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                path = above + os.fsencode(name)
                if not self._left_out(path):
                    deeper.append(path)
                continue
            plain = name.isascii() and "%" not in name
            file = DocPath(start + name) if plain else identity(above + os.fsencode(name))
            one = expected.get(file)
            if one is not None and _is_same(entry, one) and self._is_wanted(file, name):
                del expected[file]
                continue
            link = entry.is_symlink()
            found = self._file(file, above + os.fsencode(name), link, entry.stat)
            if link and one is not None and isinstance(found, FoundFile) and found.stat == one[1:5]:
                del expected[file]
            elif found is not None:
                yield found
        return deeper

    def _is_wanted(self, path: DocPath, name: str) -> bool:
        return not is_ignored_file(name) and (self._counts is None or self._counts(path))

    def _left_out(self, folder: bytes) -> bool:
        return (
            folder.rsplit(b"/", 1)[-1] in IGNORED_FOLDERS
            or os.path.join(self._root, folder) in self._holes
            or (self._skipped is not None and self._skipped(identity(folder)))
        )

    def _file(
        self, path: DocPath, relative: bytes, link: bool, look: Callable[[], os.stat_result]
    ) -> FoundFile | Obstacle | None:
        if not self._is_wanted(path, path.rsplit("/", 1)[-1]):
            return None
        try:
            found = look()
        except OSError as error:
            if link:
                return Obstacle(path, relative, f"symbolic link to nothing: {error.strerror}")
            if isinstance(error, FileNotFoundError):
                return None
            reason = f"cannot be looked at: {error.strerror}"
            return Obstacle(path, relative, reason, keeps_below=True)
        if link:
            target = os.path.realpath(os.path.join(self._root, relative))
            inside = target.startswith(self._true_root.rstrip(b"/") + b"/")
            if not inside or stat.S_ISDIR(found.st_mode):
                where = "to a folder" if inside else "out of the source"
                return Obstacle(path, relative, f"symbolic link {where}; not followed")
        if not stat.S_ISREG(found.st_mode):
            return Obstacle(path, relative, "no regular file (pipe, socket or device)")
        return FoundFile(path, relative, file_stat(found))


def _unavailable(source: Source, error: OSError) -> SourceUnavailable:
    return SourceUnavailable(
        f"source {source.name}: {source.root}: {error.strerror}; its documents stay in the index "
        "as they are"
    )


def _is_same(entry: os.DirEntry[str], expected: Settled) -> bool:
    """Compare without making anything: every file of a source comes here at every scan.

    A link is not: what is expected is what it leads to, and where that lies is to be looked at.
    """
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return (
        found.st_mtime_ns == expected[2]
        and found.st_size == expected[1]
        and found.st_ctime_ns == expected[3]
        and found.st_ino & _INODE == expected[4]
    )


def file_stat(found: os.stat_result) -> FileStat:
    """Keep what tells whether a file was written."""
    return FileStat(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino & _INODE)


def _outermost(paths: Collection[bytes]) -> list[bytes]:
    """Drop paths that lie below another of them."""
    kept: list[bytes] = []
    for path in sorted(paths):
        if not any(path == k or path.startswith(k.rstrip(b"/") + b"/") or k == b"" for k in kept):
            kept.append(path)
    return kept
