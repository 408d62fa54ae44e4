"""The documents to plant in: read, parsed as they are, and taken apart by what can write them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingestd.app.build import System
from ingestd.app.fuzz import carriers
from ingestd.backends.filesystem.files import LocalFiles
from ingestd.config.loading import Config
from ingestd.errors import UsageError
from ingestd.fuzzing.carrier import Carrier
from ingestd.fuzzing.leaks import grams_of_text, words_of
from ingestd.ingest.chunking import chunk
from ingestd.model.document import RedactedDocument
from ingestd.model.ids import DocPath
from ingestd.model.parsing import ParseRequest
from ingestd.model.source import FoundFile, Source

LARGEST = 5_000_000

Told = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(slots=True)
class Original:
    """One document before anything is planted in it."""

    path: DocPath
    content: bytes
    length: int = 0
    words: Counter[str] = field(default_factory=Counter)
    """Of its text as redacted."""
    starts: list[str] = field(default_factory=list)
    """How each of its chunks begins."""
    grams: set[str] = field(default_factory=set)
    """Pieces of four characters that it shows by itself."""
    carrier: Carrier | None = None


def sources_of(config: Config, paths: Sequence[str]) -> tuple[Source, ...]:
    """Return the folders and files that a command line names, or else the config's sources."""
    sources: list[Source] = []
    for number, given in enumerate(paths):
        path = Path(os.path.realpath(given))
        if not path.exists():
            raise UsageError(f"{given}: no such file or folder")
        if path.is_dir():
            sources.append(Source(f"{number}-{path.name}", path, holes=(config.state_dir,)))
        else:
            only = (f"/{path.name}",)
            sources.append(Source(f"{number}-{path.name}", path.parent, include=only))
    return tuple(sources) or config.sources


def read(
    system: System, sources: Sequence[Source], holder: Path, told: Told
) -> tuple[list[Original], dict[str, str]]:
    """Return the documents that can be planted in, and why others cannot.

    Each is parsed from a copy below `holder`, so that a file that changes meanwhile is one file.
    """
    refused: dict[str, str] = {}
    by_file: dict[bytes, Original] = {}
    requests: list[ParseRequest] = []
    for path, content in _files(sources, refused):
        copy = holder / str(len(requests)) / Path(path).name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(content)
        request = ParseRequest("fuzz", path, os.fsencode(copy), LARGEST, os.fsencode(copy.parent))
        by_file[request.file] = Original(path, content)
        requests.append(request)
    for number, outcome in enumerate(system.parser.parse(requests), 1):
        original = by_file[outcome.request.file]
        if isinstance(outcome.outcome, RedactedDocument):
            _take(system, original, outcome.outcome)
            if original.carrier is None:
                refused[original.path] = "a file of its kind cannot be written back"
        else:
            refused[original.path] = outcome.outcome.reason
        told("reading documents", number, len(requests))
    found = sorted((o for o in by_file.values() if o.carrier is not None), key=lambda o: o.path)
    return found, refused


def _files(sources: Sequence[Source], refused: dict[str, str]) -> Iterator[tuple[DocPath, bytes]]:
    for source in sources:
        for file in LocalFiles().scan(source):
            path = DocPath(f"{source.name}/{file.path}" if len(sources) > 1 else file.path)
            if not isinstance(file, FoundFile):
                refused[path] = file.reason
            elif file.stat.size > LARGEST:
                refused[path] = f"larger than {LARGEST:,} bytes"
            else:
                try:
                    yield path, (source.root / os.fsdecode(file.real_path)).read_bytes()
                except OSError as error:
                    refused[path] = f"cannot be read: {error.strerror}"


def _take(system: System, original: Original, document: RedactedDocument) -> None:
    original.length = len(document.text)
    original.words = words_of(f"{document.title} {document.text}")
    # A citation shows title, path and meta beside the text.
    shown = (document.title, original.path, *document.meta, *document.meta.values(), document.text)
    original.grams = grams_of_text("\n".join(shown))
    chunks = chunk(document, system.tokenizer, system.chunking)
    original.starts = [one.text for one in chunks]
    original.carrier = carriers.made(original.path, original.content, document.text)
