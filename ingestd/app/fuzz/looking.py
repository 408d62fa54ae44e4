"""Looking for what was planted: in every chunk, heading, citation, answer, log line and file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ahocorasick

from ingestd.app.build import System
from ingestd.fuzzing.leaks import grams_of_text, is_whole_in, squeezed
from ingestd.fuzzing.planting import Planting
from ingestd.model.ids import DocPath, doc_id

Planted = Mapping[DocPath, Sequence[Planting]]

SOURCE = "fuzz"
_LEAST_ON_DISK = 8
_APART = "\n" * 6
"""Between two texts: numbers on either side of it are not one number."""
_REAL_NAMES = ("file name", "attachment name")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A planted value that was seen."""

    path: DocPath
    planting: Planting
    where: str
    seen: str


def in_index(system: System, planted: Planted) -> Iterator[Sighting]:
    """Look through all that index and ledger show of each document and of its attachments."""
    texts: dict[str, dict[str, list[str]]] = {}
    for rows in system.store.all_rows():
        for row in rows:
            mine = texts.setdefault(row.doc_id, {})
            mine.setdefault("chunk", []).append(row.text)
            mine.setdefault("heading", []).extend((row.prefix, *row.heading))
            meta = (text for pair in row.meta.items() for text in pair)
            mine.setdefault("citation", []).extend((row.path, row.title, *meta))
    for versions in system.store.all_versions():
        for version in versions:
            mine = texts.setdefault(version.doc_id, {})
            mine.setdefault("stored text", []).append(version.redacted_text)
    for entry in system.ledger.entries(SOURCE):
        mine = texts.setdefault(doc_id(SOURCE, entry.path), {})
        mine.setdefault("name", []).extend((entry.shown_path, entry.reason))
        if entry.container is not None and entry.container in planted:
            # What an attachment shows is looked through with the message that holds it.
            outer = texts.setdefault(doc_id(SOURCE, entry.container), {})
            for where, several in mine.items():
                outer.setdefault(where, []).extend(several)
    for path, made in planted.items():
        for where, several in texts.get(doc_id(SOURCE, path), {}).items():
            yield from _seen(path, made, where, grams_of_text(_APART.join(several)))


def in_answers(system: System, asked: Sequence[tuple[DocPath, Planting]]) -> Iterator[Sighting]:
    """Ask for planted values, and look at the question as it is shown and at the hits."""
    for path, planting in asked:
        question = f"{planting.value.context}{planting.value.text}"
        shown = system.redactor.redact_text(question)
        yield from _seen(path, [planting], "question", grams_of_text(shown))
        for hit in system.searcher.search(question, 3):
            text = f"{hit.row.text} {hit.row.path} {hit.row.title}"
            if is_whole_in(planting.value, squeezed(text)):
                yield Sighting(path, planting, "answer", min(planting.grams))


def in_log(log: str, planted: Planted) -> Iterator[Sighting]:
    """Look through what was logged."""
    plain = squeezed(log)
    for path, made in planted.items():
        for planting in made:
            if is_whole_in(planting.value, plain):
                yield Sighting(path, planting, "log", min(planting.grams))


def on_disk(folder: Path, planted: Planted) -> Iterator[Sighting]:
    """Look for whole secrets in every byte of a state folder, the ledger's real names aside."""
    automaton = ahocorasick.Automaton()
    for path, made in planted.items():
        for planting in made:
            for part in {*planting.value.secret, planting.value.text}:
                if len(part) >= _LEAST_ON_DISK:
                    automaton.add_word(part.encode().decode("latin-1"), (path, planting))
    if not len(automaton):
        return
    automaton.make_automaton()
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        is_ledger = file.name.startswith("ledger.db")
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            continue  # SQLite's journal, which goes with the last connection.
        for _, (path, planting) in automaton.iter(content.decode("latin-1")):
            if not (is_ledger and planting.boundary.value in _REAL_NAMES):
                where = f"file {file.relative_to(folder)}"
                yield Sighting(path, planting, where, min(planting.grams))


def _seen(
    path: DocPath, made: Sequence[Planting], where: str, grams: set[str]
) -> Iterator[Sighting]:
    for planting in made:
        found = planting.grams & grams
        if found:
            yield Sighting(path, planting, where, min(found))
