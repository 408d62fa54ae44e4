"""The laws of redaction: nothing of a finding survives, wherever a boundary falls."""

from __future__ import annotations

import random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingestd.app import redactors
from ingestd.backends.memory.embedder import WordCounter
from ingestd.fuzzing import disguises
from ingestd.fuzzing.leaks import grams_of_text, grams_of_value
from ingestd.fuzzing.values import makers
from ingestd.ingest.chunking import ChunkingPolicy, chunk
from ingestd.model.document import ElementKind, RawDocument, RawElement, RedactedDocument
from ingestd.redaction.catalogue import DEFAULT_ENTITIES
from ingestd.redaction.masking import mask
from ingestd.redaction.policy import RedactionPolicy

DENY = ("project bluebird",)
FULL = redactors.in_child(RedactionPolicy(deny=DENY))
MAKERS = sorted(makers([*DEFAULT_ENTITIES], {"DENIED_PHRASE": DENY}).items())
WORDS = "pump leave notice hotel seal manager contract office winter the a of to".split()
KINDS = st.sampled_from(
    [ElementKind.PARAGRAPH, ElementKind.LIST_ITEM, ElementKind.CODE, ElementKind.HEADING]
)
SEEDS = st.integers(0, 2**32 - 1)


def prose(chance: random.Random) -> str:
    """A few words in small letters."""
    return " ".join(chance.choices(WORDS, k=chance.randint(3, 9)))


@settings(max_examples=400, deadline=None)
@given(SEEDS, KINDS, st.booleans())
def test_no_character_of_a_finding_survives_any_cut(
    seed: int, kind: ElementKind, in_cells: bool
) -> None:
    """Law 4: disguised or not, whole or in two elements, cells or lines, in chunks and offsets."""
    chance = random.Random(seed)
    _, make = MAKERS[chance.randrange(len(MAKERS))]
    value = make(chance)
    grams = grams_of_value(value)
    worn = [
        (name, disguise)
        for name, disguise in disguises.applicable(value, "text", "utf-8")
        if name in disguises.BY_PART and name != "entities"
    ]
    _, disguise = worn[chance.randrange(len(worn))]
    # After eight digits, a lone "a" can be a Spanish number's check letter: then it is masked too.
    before, after = prose(chance), f"to {prose(chance)}"
    # A word beside it may be of the same letters, as "pump" in PUMPK4077G: nobody's leak.
    assume(not grams & grams_of_text(f"{before} {after}"))
    cut = chance.randrange(value.first_cut, len(value.text))
    parts = disguise(value.text[:cut], chance), disguise(value.text[cut:], chance)
    first, second = f"{before} {value.context}{parts[0]}", f"{parts[1]} {after}"
    if in_cells:
        raw = [RawElement(ElementKind.TABLE_ROW, f"{first} | {second}", table=1)]
    else:
        raw = [RawElement(kind, first), RawElement(kind, second)]

    made = FULL.redact_document(RawDocument(tuple(raw), "text/plain"))

    assert isinstance(made, RedactedDocument)
    assert not grams & grams_of_text(made.text)
    assert set(before.split()) <= set(made.text.split())
    assert set(after.split()) <= set(made.text.split())
    for piece in chunk(made, WordCounter(limit=60), ChunkingPolicy(5, 60)):
        assert made.text[piece.start : piece.end] == piece.text


@settings(max_examples=300, deadline=None)
@given(SEEDS)
def test_every_way_of_cutting_gives_the_same_redacted_text(seed: int) -> None:
    """Concat of redacted parts = redacted whole: lines cut into elements anywhere."""
    chance = random.Random(seed)
    lines = [prose(chance) for _ in range(chance.randint(2, 6))]
    for _ in range(2):
        value = MAKERS[chance.randrange(len(MAKERS))][1](chance)
        place = chance.randrange(len(lines))
        lines[place] += f" {value.context}{value.text}."
    whole = FULL.redact_text("\n".join(lines))
    cut = chance.randrange(1, len(lines) + 1)
    groups = ["\n".join(lines[:cut]), "\n".join(lines[cut:])]
    raw = tuple(RawElement(ElementKind.LIST_ITEM, text) for text in groups if text)
    made = FULL.redact_document(RawDocument(raw, "text/plain"))
    assert isinstance(made, RedactedDocument)
    assert made.text == whole
    assert "\n".join(made.text[e.start : e.end] for e in made.elements) == whole


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=30), st.builds(
    lambda n, seed: MAKERS[n % len(MAKERS)][1](random.Random(seed)).text,
    st.integers(0, 99), SEEDS,
)), max_size=8).map(" ".join))  # fmt: skip
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """For each action that writes something in a value's place."""
    for word in ("mask", "pseudonym", "keep_last:4"):
        redactor = redactors.in_child(
            RedactionPolicy(deny=DENY, actions=dict.fromkeys(DEFAULT_ENTITIES, word), key=b"0" * 32)
        )
        once = redactor.redact_text(text)
        assert redactor.redact_text(once) == once


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_text_outside_findings_is_unchanged_to_the_character(text: str) -> None:
    """Whatever was found, the rest stands where `moved` says."""
    found = FULL.findings(text)
    masked = mask(text, found)
    hidden = {at for f in masked.findings for at in range(f.start, f.end)}
    for at, character in enumerate(text):
        if at not in hidden:
            assert masked.text[masked.moved(at)] == character
