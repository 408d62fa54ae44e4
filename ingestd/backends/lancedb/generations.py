"""Generations: whole databases behind one link, so that a rebuilt one takes over at once."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestd.backends.lancedb.schema import SCHEMA_VERSION
from ingestd.errors import StateCorrupt

_LINK = "index"
_FOLDER = "generations"
_FACTS = "generation.json"


@dataclass(frozen=True, slots=True)
class Generation:
    """What is true of a whole database."""

    base: int
    """The index version before its first commit: versions go on growing over generations."""
    model: str
    """Fingerprint of the model that made its vectors."""
    model_name: str
    dimensions: int
    schema: int = SCHEMA_VERSION


def current(state_dir: Path) -> Path | None:
    """Return the folder of the generation that answers, if there is one."""
    link = state_dir / _LINK
    return link.resolve() if (link / _FACTS).is_file() else None


def read(folder: Path) -> Generation:
    """Read what is true of a generation."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        generation = Generation(**facts)
    except (OSError, ValueError, TypeError) as error:
        raise StateCorrupt(
            f"{folder / _FACTS}: cannot be read ({type(error).__name__}); the index was left as it "
            "is. Put the folder back from a backup, or build a new one: ingestd reindex"
        ) from error
    if generation.schema > SCHEMA_VERSION:
        raise StateCorrupt(
            f"{folder}: made by a newer ingestd (schema {generation.schema}, this one knows "
            f"{SCHEMA_VERSION}). Use that one, or another state_dir"
        )
    return generation


def create(state_dir: Path, generation: Generation) -> Path:
    """Make an empty folder for a generation; it answers nothing until `switch`."""
    parent = state_dir / _FOLDER
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = parent / f"{generation.base:012d}"
    if folder.exists():  # What a crash left of an earlier attempt, or an empty first generation.
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    facts = folder / _FACTS
    facts.write_text(json.dumps(asdict(generation), indent=1) + "\n", encoding="utf-8")
    return folder


def switch(state_dir: Path, folder: Path) -> None:
    """Let a generation answer from now on, in one step."""
    link = state_dir / _LINK
    fresh = state_dir / f".{_LINK}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path(_FOLDER) / folder.name)
    os.replace(fresh, link)


def put_aside(state_dir: Path, folder: Path, place: Path) -> None:
    """Move a generation out of the way; none answers until the next `switch`."""
    (state_dir / _LINK).unlink(missing_ok=True)
    shutil.move(folder, place / folder.name)


def sweep(state_dir: Path) -> None:
    """Remove all generations but the one that answers."""
    answering = current(state_dir)
    for folder in (state_dir / _FOLDER).glob("*"):
        if folder.resolve() != answering:
            shutil.rmtree(folder, ignore_errors=True)
