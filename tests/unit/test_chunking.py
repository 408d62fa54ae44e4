"""Chunks and units on documents that show one thing each."""

from __future__ import annotations

from ingestd.backends.memory.embedder import WordCounter
from ingestd.ingest.chunking import ChunkingPolicy, chunk
from ingestd.ingest.units import units
from ingestd.model.document import Chunk, ElementKind, RawDocument, RawElement, RedactedDocument
from ingestd.redaction.redactor import Redactor

K = ElementKind
POLICY = ChunkingPolicy(min_tokens=10, max_tokens=50)


def document(*elements: RawElement) -> RedactedDocument:
    """A redacted document of some elements."""
    return Redactor(()).redact_document(RawDocument(elements, "text/plain"))


def cut(*elements: RawElement) -> tuple[Chunk, ...]:
    """The chunks of some elements."""
    return chunk(document(*elements), WordCounter(limit=50), POLICY)


def test_sentences_end_where_they_end() -> None:
    """Not after an abbreviation, an initial or a decimal point; also without spaces in Chinese."""
    text = (
        'Dr. Lien, e.g., paid 3.50 euros. "Really?" Yes! See No. 5 of the U.S. list. 是的。不是。'
    )
    made = document(RawElement(K.PARAGRAPH, text))
    assert [made.text[u.start : u.end] for u in units(made)] == [
        "Dr. Lien, e.g., paid 3.50 euros.",
        '"Really?"',
        "Yes!",
        "See No. 5 of the U.S. list.",
        "是的。",
        "不是。",
    ]


def test_a_tables_rows_repeat_their_header_before_them() -> None:
    """A row alone says little: the header row is part of what is embedded with it."""
    rows = [RawElement(K.TABLE_ROW, "Article | Price", table=1)]
    rows += [RawElement(K.TABLE_ROW, f"HP-{n} | {n} euros", table=1) for n in range(40)]
    first, *others = cut(RawElement(K.HEADING, "Prices", level=1), *rows)
    assert first.text.startswith("Prices\n\nArticle | Price")
    assert others
    for chunk_of_rows in others:
        assert chunk_of_rows.prefix == "Prices\nArticle | Price\n"
        assert chunk_of_rows.heading == ("Prices",)


def test_headings_are_cut_at_first_and_make_the_trail() -> None:
    """A section is a chunk where it fits; below it stands in the trail what is above it."""
    words = " ".join(["word"] * 30) + "."
    made = cut(
        RawElement(K.HEADING, "Handbook", level=1),
        RawElement(K.HEADING, "Leave", level=2),
        RawElement(K.PARAGRAPH, words),
        RawElement(K.HEADING, "Notice", level=2),
        RawElement(K.PARAGRAPH, words),
    )
    assert [piece.text.split("\n")[0] for piece in made] == ["Handbook", "Notice"]
    assert made[1].heading == ("Handbook",)
    assert made[1].prefix == "Handbook\n"


def test_pages_are_cut_apart() -> None:
    """A citation names the page that the passage stands on."""
    made = cut(
        RawElement(K.PARAGRAPH, "One.", page=1),
        RawElement(K.PARAGRAPH, "Two.", page=2),
    )
    assert [(piece.page, piece.text) for piece in made] == [(1, "One."), (2, "Two.")]


def test_an_edit_moves_only_the_cuts_beside_it() -> None:
    """Of a long text, a changed sentence changes one chunk, and what is far from it stays."""
    sentences = [
        f"Sentence number {n} tells of pump {n * 7 % 31} and seal {n}." for n in range(300)
    ]
    before = {c.text for c in cut(RawElement(K.PARAGRAPH, " ".join(sentences)))}
    sentences[150] = "This one is another, and quite a bit longer than it was before the edit."
    after = {c.text for c in cut(RawElement(K.PARAGRAPH, " ".join(sentences)))}
    assert len(before) > 60
    assert len(after - before) <= 3


def test_one_endless_word_is_divided_and_lost_nowhere() -> None:
    """A line without any space still fits the window, piece by piece."""
    text = "A-" * 2000
    made = cut(RawElement(K.CODE, text))
    assert "".join(piece.text for piece in made) == text
    assert all(piece.tokens <= 50 for piece in made)


def test_a_long_trail_leaves_room_for_the_text() -> None:
    """The innermost heading stays; no more than a quarter of the window goes to it."""
    trail = [
        RawElement(K.HEADING, f"Level {n} " + "of many words " * 5, level=n) for n in range(1, 6)
    ]
    made = cut(*trail, RawElement(K.PARAGRAPH, "word " * 200))
    assert all(piece.tokens <= 50 for piece in made)
    assert made[-1].prefix.rstrip().endswith("of many words")
