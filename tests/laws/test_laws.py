"""The laws of the index, on the in-memory and on the real backends."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd.backends.memory.embedder import WordCounter
from ingestd.backends.memory.files import MemoryFiles
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.ingest.chunking import ChunkingPolicy, chunk
from ingestd.ingest.units import units
from ingestd.model.document import ElementKind, RawDocument, RawElement
from ingestd.redaction.redactor import Redactor

from .world import Crash, World, in_memory, on_disk, same_index

KINDS = ["memory", "real"]
WORDS = "pump leave notice price hotel seal 25 days not euro manager oslo bergen contract".split()
OPERATIONS = [
    "write", "edit", "append", "truncate", "rename", "move", "delete", "replace", "touch", "sync",
]  # fmt: skip
HISTORIES = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 2**32 - 1)), min_size=50, max_size=90
)


def made(kind: str, folder: Path) -> World:
    """A new world of one kind."""
    return in_memory() if kind == "memory" else on_disk(folder)


def text(chance: random.Random) -> bytes:
    """A document of a few sections; small vocabularies make equal sentences likely."""
    parts = []
    for number in range(chance.randint(1, 5)):
        parts.append(f"## Section {number} {chance.choice(WORDS)}")
        parts += [
            " ".join(sentence(chance) for _ in range(chance.randint(1, 8)))
            for _ in range(chance.randint(1, 4))
        ]
    return "\n\n".join(parts).encode()


def sentence(chance: random.Random) -> str:
    """A sentence of some words."""
    return " ".join(chance.choices(WORDS, k=chance.randint(3, 12))).capitalize() + "."


def apply(files: MemoryFiles, operation: str, seed: int) -> None:
    """Do one operation to the files."""
    chance = random.Random(seed)
    paths = files.paths()
    if operation == "write" or not paths:
        files.write(f"d{chance.randint(0, 3)}/f{chance.randint(0, 4)}.md", text(chance))
        return
    path = chance.choice(paths)
    content = files.content(path).decode()
    match operation:
        case "edit":
            sentences = content.split(". ")
            sentences[chance.randrange(len(sentences))] = sentence(chance).rstrip(".")
            files.write(path, ". ".join(sentences).encode())
        case "append":
            files.write(path, f"{content}\n\n{sentence(chance)}".encode())
        case "truncate":
            files.write(path, content[: chance.randint(0, len(content))].encode())
        case "rename":
            files.move(path, f"d{chance.randint(0, 3)}/r{chance.randint(0, 99)}.md")
        case "move":
            folder, target = path.split("/")[0], f"m{chance.randint(0, 9)}"
            for one in [p for p in paths if p.startswith(folder + "/")]:
                files.move(one, one.replace(folder, target, 1))
        case "delete":
            files.delete(path)
        case "replace":
            files.write("d0/new.tmp.md", text(chance))
            files.move("d0/new.tmp.md", path)
        case "touch":
            files.touch(path)


@pytest.mark.parametrize("kind", KINDS)
def test_any_history_leaves_the_index_of_a_fresh_build(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Law 1, over histories of at least 50 operations with passes in between."""

    @settings(
        max_examples=40 if kind == "memory" else 6,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(HISTORIES)
    def law(history: list[tuple[str, int]]) -> None:
        world = made(kind, tmp_path_factory.mktemp("world"))
        for operation, seed in history:
            if operation == "sync":
                world.sync()
            else:
                apply(world.files, operation, seed)
        world.sync()
        same_index(world, world.from_scratch())
        again = world.sync()
        assert (again.added, again.modified, again.deleted, again.renamed) == (0, 0, 0, 0)

    law()


@pytest.mark.parametrize("kind", KINDS)
def test_unchanged_content_embeds_nothing(kind: str, tmp_path: Path) -> None:
    """Law 2: not for a touch, a rename, a moved folder, a lost ledger or other groups."""
    world = made(kind, tmp_path)
    chance = random.Random(7)
    for number in range(12):
        world.files.write(f"a/f{number}.md", text(chance))
    world.sync()
    spent = world.embedder.texts
    assert spent > 0

    for path in world.files.paths():
        world.files.touch(path)
    assert world.sync().unchanged == 12

    for path in world.files.paths():
        world.files.move(path, path.replace("/f", "/renamed"))
    assert world.sync().renamed == 12

    for path in world.files.paths():
        world.files.move(path, path.replace("a/", "b/c/"))
    assert world.sync().renamed == 12

    world.ledger = MemoryLedger()
    assert world.sync().unchanged == 12

    world.acl = ("staff",)
    world.sync()
    assert {row.acl for row in world.rows().values()} == {("staff",)}

    assert world.embedder.texts == spent
    same_index(world, world.from_scratch())


TEXTS = st.text(st.characters(codec="utf-8"), max_size=400)
ELEMENTS = st.lists(
    st.builds(
        RawElement,
        kind=st.sampled_from(list(ElementKind)),
        text=TEXTS,
        level=st.integers(1, 4),
        page=st.one_of(st.none(), st.integers(1, 3)),
        table=st.integers(1, 3),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(ELEMENTS, st.integers(16, 200))
def test_chunks_cover_every_unit_once_and_none_is_over_the_limit(
    elements: list[RawElement], limit: int
) -> None:
    """Law 3, on any elements with any text."""
    document = Redactor(()).redact_document(RawDocument(tuple(elements), "text/plain"))
    counter = WordCounter(limit=limit)
    chunks = chunk(document, counter, ChunkingPolicy(min_tokens=5, max_tokens=limit))
    for piece in chunks:
        assert document.text[piece.start : piece.end] == piece.text
        assert counter.count([piece.prefix + piece.text])[0] + counter.special == piece.tokens
        assert piece.tokens <= limit
    for before, after in zip(chunks, chunks[1:], strict=False):
        assert before.end <= after.start
    covered = [(start, end) for piece in chunks for start, end in [(piece.start, piece.end)]]
    for unit in units(document):
        inside = [
            position
            for position in range(unit.start, unit.end)
            if not document.text[position].isspace()
        ]
        for position in inside:
            assert sum(start <= position < end for start, end in covered) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_between_any_two_steps_and_a_restart_change_nothing(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Law 5: the fuse blows before and after every write to store and ledger, one after another."""
    history = [("write", n) for n in range(8)]
    later = [("edit", 3), ("rename", 4), ("delete", 5), ("write", 77), ("replace", 6), ("move", 9)]

    def played(crash_at: int | None) -> tuple[World, int]:
        world = made(kind, tmp_path_factory.mktemp("crash"))
        for operation, seed in history:
            apply(world.files, operation, seed)
        world.sync()
        for operation, seed in later:
            apply(world.files, operation, seed)
        world.fuse.passed, world.fuse.at = 0, crash_at
        if crash_at is None:
            world.sync()
        else:
            with pytest.raises(Crash):
                world.sync()
            world.sync()
        return world, world.fuse.passed

    reference, steps = played(None)
    assert steps >= 6
    for crash_at in range(1, steps + 1):
        world, _ = played(crash_at)
        same_index(world, reference)
        same_index(world, world.from_scratch())


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_sees_a_documents_old_version_or_its_new_one(kind: str, tmp_path: Path) -> None:
    """Law 7: between any two writes of a pass, each document's rows are of one content, whole."""
    world = made(kind, tmp_path)
    for seed in range(6):
        apply(world.files, "write", seed)
    world.sync()
    old = whole_documents(world)
    for seed in range(6):
        apply(world.files, "edit", seed)
    looks: list[dict[str, Any]] = []
    world.fuse.step = lambda: looks.append(whole_documents(world))  # type: ignore[method-assign]
    world.sync()
    new = whole_documents(world)
    assert old != new
    assert looks
    for look in looks:
        for path, seen in look.items():
            assert seen in (old.get(path), new.get(path))


def whole_documents(world: World) -> dict[str, Any]:
    """What a reader sees of each document: its content hash and its chunks in order."""
    seen: dict[str, Any] = {}
    for row in sorted(world.rows().values(), key=lambda row: (row.path, row.ordinal)):
        seen.setdefault(row.path, []).append((row.content_hash, row.start, row.text))
    return {path: tuple(rows) for path, rows in seen.items()}
