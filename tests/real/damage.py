"""Damage done to the files of an index, and a look at whether it is still what it should be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np

from ingestd.backends.lancedb import generations
from ingestd.backends.lancedb.store import LanceStore

from . import command


def company(folder: Path, pages: int) -> None:
    """Write so many documents of a few chunks each."""
    for number in range(pages):
        path = folder / f"unit-{number % 5}" / f"page-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"# Page {number}\n\n"
            + "\n\n".join(
                f"## Part {part}\n\n" + f"Pump {number}-{part} runs at {number * part} bar. " * 9
                for part in range(4)
            ),
            encoding="utf-8",
        )


def files(state: Path, *kinds: str) -> list[Path]:
    """Return the index's files of some folders: "data", "_indices", "_versions"."""
    current = generations.current(state)
    assert current is not None
    return sorted(
        path
        for kind in kinds
        for path in current.glob(f"*/{kind}/**/*")
        if path.is_file() and path.name != "latest_version_hint.json"
    )


def flip(path: Path, chance: random.Random) -> None:
    """Flip one bit of a file."""
    content = bytearray(path.read_bytes())
    bit = chance.randrange(len(content) * 8)
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def rows(state: Path) -> dict[str, tuple[str, str, int, int, Any]]:
    """Return what the index holds, by chunk."""
    current = generations.current(state)
    assert current is not None
    store = LanceStore(current)
    found = [row for portion in store.all_rows() for row in portion]
    assert len({row.chunk_id for row in found}) == len(found), "a chunk is there twice"
    return {r.chunk_id: (r.path, r.text, r.start, r.end, r.vector) for r in found}


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Law 1: same chunks, texts and offsets; vectors equal to cosine 0.9999."""
    assert one.keys() == other.keys()
    for key, (*rest, vector) in one.items():
        *expected, wanted = other[key]
        assert expected == rest
        assert float(np.dot(vector, wanted)) > 0.9999


def from_scratch(home: Path, place: Path) -> dict[str, Any]:
    """Index the same documents in another state folder, and return what that holds."""
    text = (home / "ingestd.toml").read_text()
    place.mkdir(exist_ok=True)
    (place / "ingestd.toml").write_text(f'state_dir = "{place}/state"\n{text}')
    assert command.run("sync", cwd=place).returncode in (0, 3)
    return rows(place / "state")
