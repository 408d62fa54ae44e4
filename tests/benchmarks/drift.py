"""Freshness: facts changed and documents edited harmlessly; what is flagged, and how fast."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from ingestd.app import passes
from ingestd.app.build import System
from ingestd.app.checking import checks, golden
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.model.check import CheckReport, Status
from ingestd.model.golden import ValueType
from ingestd.values import comparing
from ingestd.values.sentences import sentences

from . import facts, harness
from .facts import Fact
from .harness import Figure, at_least, at_most, shown

WRITTEN = 452
OF_HANDBOOK = 60
HARMLESS = ("rephrased", "moved", "reformatted", "neighbour")
_ASKED = {
    ValueType.DURATION: "how long", ValueType.CURRENCY: "how much money",
    ValueType.PERCENT: "how many percent", ValueType.DATE: "which date",
}  # fmt: skip


def run() -> Iterator[Figure]:
    """Confirm 500 facts, edit harmlessly, then change each."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        docs = harness.handbook(folder / "docs")
        pages = facts.pages(WRITTEN)
        for page in pages:
            (docs / page.name).write_text(facts.text(page), encoding="utf-8")
        written = {page.name for page in pages}
        borrowed = _of_handbook(docs, OF_HANDBOOK, written)
        asked = [fact for page in pages for fact in page.facts] + borrowed
        path = folder / "golden.yaml"
        path.write_text(yaml.safe_dump({"questions": [golden_entry(f) for f in asked]}), "utf-8")
        with harness.system(docs, folder / "state") as system:
            passes.sync(system)
            history = SqliteHistory(Database(system.folder.ledger))
            first = _check(system, history, path)
            held = {r.question.id for r in first.results if r.status is Status.PASS}
            yield shown("facts", len(asked))
            yield shown("of them hold at the start", len(held))
            for result in first.results:
                if result.status is not Status.PASS:
                    _tell(result)
            yield from _timed(system, history, path)
            _edit_harmlessly(docs, pages, borrowed)
            passes.sync(system)
            harmless = _check(system, history, path)
            flagged = [
                r for r in harmless.results if r.question.id in held and r.status is not Status.PASS
            ]
            for result in flagged:
                _tell(result)
            yield at_most("harmless edits flagged", len(flagged) / len(held), 0.005)
            _change(docs, pages, borrowed)
            passes.sync(system)
            changed = _check(system, history, path)
            missed = [
                r for r in changed.results if r.question.id in held and r.status is not Status.FAIL
            ]
            for result in missed:
                _tell(result)
            yield at_least("changes flagged", 1 - len(missed) / len(held), 0.98)


def _check(system: System, history: SqliteHistory, path: Path) -> CheckReport:
    return checks.check(system, history, golden.questions(system, path), path)


def _timed(system: System, history: SqliteHistory, path: Path) -> Iterator[Figure]:
    """Time a check of 200 questions, nothing kept from the last one."""
    questions = golden.questions(system, path)
    some = [*questions[:150], *questions[-50:]]
    system.token_vectors.forget()
    began = time.monotonic()
    checks.check(system, history, some, path)
    yield at_most(f"check of {len(some)} questions", time.monotonic() - began, 20, "s")


def _tell(result: object) -> None:
    question = result.question  # type: ignore[attr-defined]
    print(
        f"    {question.id} ({question.type}): {result.status.value} "  # type: ignore[attr-defined]
        f"{result.diagnosis}: {result.reason[:140]} | {result.answer[:60]!r}",  # type: ignore[attr-defined]
        flush=True,
    )


def golden_entry(fact: Fact) -> dict[str, object]:
    """Return a fact as a question of a golden file."""
    made: dict[str, object] = {
        "id": fact.id, "question": fact.question, "truth": fact.truth, "type": fact.type,
    }  # fmt: skip
    if fact.bound:
        made["source"] = f"docs:{fact.document}"
    return made


def _of_handbook(docs: Path, count: int, written: set[str]) -> list[Fact]:
    """Make facts of sentences of the handbook that hold exactly one value of a type."""
    found: list[Fact] = []
    for file in sorted(docs.rglob("*.md")):
        if file.name in written:
            continue
        text = file.read_text(encoding="utf-8")
        mine = 0
        for line in text.split("\n\n"):
            plain = " ".join(line.split())
            if (
                not plain
                or plain[0] in "#-*>|`<[1234567890!"
                or any(s in plain for s in ("](", "`", "{"))
            ):
                continue
            for start, end in sentences(plain, 0, len(plain)):
                sentence = plain[start:end].strip()
                fact = _from_sentence(sentence, file, docs, text, len(found))
                if fact is not None and mine < 6:
                    found.append(fact)
                    mine += 1
                if len(found) == count:
                    return found
    return found


def _from_sentence(sentence: str, file: Path, docs: Path, text: str, number: int) -> Fact | None:
    words = sentence.split()
    if not 8 <= len(words) <= 32 or not sentence.endswith("."):
        return None
    for kind, asked in _ASKED.items():
        values = comparing.values_in(sentence, kind, "en")
        if len(values) != 1:
            continue
        value = sentence[values[0].start : values[0].end]
        digits = re.findall(r"\d+", value)
        if len(digits) != 1 or len(re.findall(r"\d+", sentence)) != 1 or int(digits[0]) > 2000:
            return None
        written = re.compile(r"\s+".join(map(re.escape, words)))
        if len(written.findall(text)) != 1:
            return None
        changed = value.replace(
            digits[0],
            str(int(digits[0]) + 3 if kind is not ValueType.DATE else max(1, int(digits[0]) - 1)),
        )
        if changed == value:
            return None
        question = sentence[: values[0].start] + asked + sentence[values[0].end :].rstrip(".") + "?"
        wording = sentence.replace(value, "{value}", 1)
        return Fact(
            f"handbook-{number}", kind.value, question, value,
            (wording, f"Please note: {wording}"), value, changed, "value",
            str(file.relative_to(docs)), number % 2 == 0,
        )  # fmt: skip
    return None


def _edit_harmlessly(docs: Path, pages: list[facts.Page], borrowed: list[Fact]) -> None:
    number = 0
    for page in pages:
        edit = {}
        for fact in page.facts:
            edit[fact.id] = HARMLESS[number % len(HARMLESS)]
            number += 1
        (docs / page.name).write_text(facts.text(page, edit, seed=1), encoding="utf-8")
    for fact in borrowed:
        how = HARMLESS[number % len(HARMLESS)]
        number += 1
        _replace(docs, fact, _harmless(fact, how))


def _harmless(fact: Fact, how: str) -> str:
    match how:
        case "rephrased":
            return fact.rephrased
        case "reformatted":
            return fact.sentence.replace(" ", "\n", 3)
        case "moved":
            return f"\n\n{fact.sentence}\n\n"
        case _:
            return f"{fact.sentence} The desk has 14 drawers."


def _change(docs: Path, pages: list[facts.Page], borrowed: list[Fact]) -> None:
    for page in pages:
        edit = {fact.id: "changed" for fact in page.facts}
        (docs / page.name).write_text(facts.text(page, edit, seed=1), encoding="utf-8")
    for fact in borrowed:
        _replace(docs, fact, fact.drifted)


def _replace(docs: Path, fact: Fact, instead: str) -> None:
    """Put a sentence in the place of a fact's, however it is wrapped now."""
    file = docs / fact.document
    text = file.read_text(encoding="utf-8")
    pattern = re.compile(
        r"(?:Please note:\s+)?" + r"\s+".join(map(re.escape, fact.sentence.split()))
    )
    made, count = pattern.subn(lambda _: instead, text, count=1)
    if count != 1:
        raise AssertionError(f"{fact.id}: its sentence is not in {fact.document}")
    file.write_text(made, encoding="utf-8")
