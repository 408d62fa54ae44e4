"""A file system in memory, and a parser of its plain text."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator

from ingestd.errors import SourceUnavailable
from ingestd.model.document import ElementKind, RawDocument, RawElement, RedactedDocument
from ingestd.model.ids import ContentHash, DocPath
from ingestd.model.ledger import DocState, Settled
from ingestd.model.parsing import ParseOutcome, ParseRequest, Rejection
from ingestd.model.source import FileStat, Fingerprint, FoundFile, Obstacle, Root, Source


class MemoryFiles:
    """Contents by path relative to the one root; every write is a new moment."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, FileStat]] = {}
        self._moments = itertools.count(1)
        self.reachable = True
        self.device = 1

    def write(self, path: str, content: bytes) -> None:
        """Write a file."""
        moment = next(self._moments) * 1_000_000_000
        self._files[path] = (content, FileStat(len(content), moment, moment, moment))

    def touch(self, path: str) -> None:
        """Give a file a new time."""
        self.write(path, self._files[path][0])

    def move(self, old: str, new: str) -> None:
        """Rename a file."""
        self._files[new] = self._files.pop(old)

    def delete(self, path: str) -> None:
        """Remove a file."""
        del self._files[path]

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        return sorted(self._files)

    def content(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._files[path][0]

    def stat(self, path: str) -> FileStat:
        """Return a file's times and size."""
        return self._files[path][1]

    def scan(
        self,
        source: Source,
        below: Collection[bytes] | None = None,
        expected: dict[DocPath, Settled] | None = None,
    ) -> Iterator[FoundFile | Obstacle]:
        """Yield every file, or those at or below some paths."""
        if not self.reachable:
            raise SourceUnavailable(f"source {source.name}: unreachable")
        for path, (_, stat) in sorted(self._files.items()):
            real, identity = path.encode(), DocPath(path)
            if below is None or any(b in (b"", real) or real.startswith(b + b"/") for b in below):
                if expected and identity in expected and expected[identity][1:5] == stat:
                    del expected[identity]
                else:
                    yield FoundFile(identity, real, stat)

    def root(self, source: Source) -> Root:
        """Look at the root."""
        if not self.reachable:
            raise SourceUnavailable(f"source {source.name}: unreachable")
        return Root(self.device, 1, not self._files)

    def content_hash(self, source: Source, file: FoundFile) -> ContentHash:  # noqa: ARG002
        """Hash a file's bytes."""
        try:
            content, _ = self._files[file.path]
        except KeyError:
            raise FileNotFoundError(file.path) from None
        return ContentHash(hashlib.sha256(content).hexdigest())

    def identity(self, real_path: bytes) -> DocPath:
        """Names here are UTF-8."""
        return DocPath(real_path.decode())


class MemoryParser:
    """Parses Markdown of the simplest kind: `#` headings and paragraphs between blank lines."""

    def __init__(
        self, files: MemoryFiles, redact: Callable[[RawDocument], RedactedDocument]
    ) -> None:
        self._files = files
        self._redact = redact

    def parse(self, requests: Iterable[ParseRequest]) -> Iterator[ParseOutcome]:
        """Yield outcomes in the order of the requests."""
        for request in requests:
            try:
                content = self._files.content(request.path)
            except KeyError:
                gone = Rejection(DocState.SKIPPED, "it is gone", vanished=True)
                yield ParseOutcome(request, gone, None)
                continue
            digest = ContentHash(hashlib.sha256(content).hexdigest())
            stat = self._files.stat(request.path)
            elements = tuple(_elements(content.decode("utf-8", "replace")))
            outcome: RedactedDocument | Rejection = Rejection(
                DocState.SKIPPED, "empty: it holds no text"
            )
            if elements:
                outcome = self._redact(RawDocument(elements, "text/markdown"))
            yield ParseOutcome(request, outcome, Fingerprint(digest, stat))


def _elements(text: str) -> Iterator[RawElement]:
    for block in text.split("\n\n"):
        stripped = block.strip()
        if stripped.startswith("#"):
            level = len(stripped) - len(stripped.lstrip("#"))
            yield RawElement(ElementKind.HEADING, stripped.lstrip("# "), level=level)
        elif stripped:
            yield RawElement(ElementKind.PARAGRAPH, stripped)
