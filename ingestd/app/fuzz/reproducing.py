"""Reproducing a leak: the smallest file that leaks in the same way."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ingestd.app.build import System
from ingestd.backends.unstructured.decoding import decode
from ingestd.fuzzing.leaks import grams_of_text
from ingestd.fuzzing.planting import Planting
from ingestd.model.document import RedactedDocument
from ingestd.model.ids import DocPath
from ingestd.model.parsing import ParseRequest

_MOST_BYTES = 100_000_000


def reproduce(system: System, file: Path, planting: Planting, folder: Path) -> Path:
    """Write the smallest part of a planted file that leaks; the whole, where no part does."""
    folder.mkdir(parents=True, exist_ok=True)
    known = f"{planting.value.entity_type}-{planting.disguise}-{planting.boundary}"
    target = folder / f"{known.replace(' ', '-')}{file.suffix}"
    if not planting.written:  # It is the name that leaks: what the file holds does not matter.
        target = folder / file.name
        target.write_text("A file whose name leaks.\n", encoding="utf-8")
        return target
    content = file.read_bytes()
    target.write_bytes(content)
    text = decode(content)
    if text is None:
        return target

    def leaks(lines: list[str]) -> bool:
        part = "\n".join(lines)
        if not all(written in part for written in planting.written):
            return False
        return bool(planting.grams & grams_of_text(_masked(system, target.name, part)))

    lines = text.split("\n")
    if leaks(lines):
        target.write_text("\n".join(smallest(lines, leaks)), encoding="utf-8")
    return target


_STANDS_IN = "Zqxjkvb"


def is_no_leak(system: System, file: Path, planting: Planting) -> bool:
    """Say whether what was seen of a value is no leak of it.

    Either it is there without the value, too: two others side by side. Or the parser drops one of
    the value's two halves, and nobody can tell what the other was.
    """
    text = decode(file.read_bytes()) if planting.written else None
    if text is None or not all(written in text for written in planting.written):
        return False
    seen = planting.grams & grams_of_text(_masked(system, file.name, text))
    without, marked = text, text
    for number, written in enumerate(planting.written):
        without = without.replace(written, " ", 1)
        marked = marked.replace(written, f" {_STANDS_IN}{'ab'[number]} ", 1)
    if seen and seen <= grams_of_text(_masked(system, file.name, without)):
        return True
    shown = _masked(system, file.name, marked)
    return any(f"{_STANDS_IN}{letter}" not in shown for letter in "ab"[: len(planting.written)])


def smallest(lines: list[str], leaks: Callable[[list[str]], bool]) -> list[str]:
    """Leave out as many lines as can be, halves first (Zeller and Hildebrandt's ddmin)."""
    size = max(1, len(lines) // 2)
    while True:
        start = 0
        while start < len(lines):
            shorter = lines[:start] + lines[start + size :]
            if shorter and leaks(shorter):
                lines = shorter
            else:
                start += size
        if size == 1:
            return lines
        size = max(1, size // 2)


def _masked(system: System, name: str, text: str) -> str:
    with tempfile.TemporaryDirectory(prefix="ingestd-fuzz-") as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        request = ParseRequest(
            "fuzz", DocPath(name), os.fsencode(file), _MOST_BYTES, os.fsencode(folder)
        )
        (outcome,) = system.parser.parse([request])
    found = outcome.outcome
    return f"{found.title}\n{found.text}" if isinstance(found, RedactedDocument) else ""
