"""Masking: findings united, replaced, and offsets carried over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingestd.app import redactors
from ingestd.model.document import ElementKind, RawDocument, RawElement, RedactedDocument
from ingestd.model.finding import Finding
from ingestd.redaction.masking import mask, unite
from ingestd.redaction.policy import RedactionPolicy

PLAIN = redactors.in_main(RedactionPolicy(deny=("Project Bluebird",)))
FULL = redactors.in_child(RedactionPolicy(deny=("Project Bluebird",)))


@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)
)
def test_text_outside_findings_is_unchanged(text: str, spans: list[tuple[int, int]]) -> None:
    """What is left between placeholders is the text, to the character, where `moved` says."""
    findings = [
        Finding(min(a, b), min(max(a, b), len(text)), "X")
        for a, b in spans
        if min(a, b) < len(text)
    ]
    masked = mask(text, findings)
    hidden = {at for f in unite(findings) for at in range(f.start, f.end)}
    for at, character in enumerate(text):
        if at not in hidden:
            assert masked.text[masked.moved(at)] == character
    assert len(masked.text) == len(text) - len(hidden) + 3 * len(masked.findings)


def test_overlapping_and_touching_findings_become_one() -> None:
    """The longest names the whole; no fragment of it is left beside its placeholder."""
    found = [Finding(0, 4, "A"), Finding(2, 12, "B"), Finding(12, 14, "C"), Finding(20, 22, "D")]
    assert [Finding(0, 14, "B"), Finding(20, 22, "D")] == unite(found)


def test_identifiers_are_masked_by_type() -> None:
    """Each kind by its own placeholder, the text around it left alone."""
    for raw, expected in (
        ("Mail ann@example.com today.", "Mail <EMAIL_ADDRESS> today."),
        ("Card 4111 1111 1111 1111.", "Card <CREDIT_CARD>."),
        ("IBAN GB29 NWBK 6016 1331 9268 19 it is.", "IBAN <IBAN_CODE> it is."),
        ("SSN 536-90-4399.", "SSN <US_SSN>."),
        ("Call +44 20 7946 0958 now.", "Call <PHONE_NUMBER> now."),
        ("About project  BLUEBIRD only.", "About <DENIED_PHRASE> only."),
    ):
        assert expected == PLAIN.redact_text(raw)
        assert expected == FULL.redact_text(raw)
    assert FULL.redact_text("From 192.168.17.4.") == "From <IP_ADDRESS>."
    assert (
        FULL.redact_text("33.7 | 0.0337335621 | 4111 1111 1111 1112")
        == "33.7 | 0.0337335621 | 4111 1111 1111 1112"
    )


def test_a_value_that_straddles_elements_is_masked_whole() -> None:
    """Half of a card number in one line and half in the next is one finding."""
    document = FULL.redact_document(
        RawDocument(
            (
                RawElement(ElementKind.LIST_ITEM, "Paid with 4111 1111"),
                RawElement(ElementKind.LIST_ITEM, "1111 1111 on Monday"),
                RawElement(ElementKind.PARAGRAPH, "Thanks."),
            ),
            "text/plain",
            title="For bob@example.com",
        )
    )
    assert "1111" not in document.text
    assert document.title == "For <EMAIL_ADDRESS>"
    assert document.findings == {"CREDIT_CARD": 1}
    for element in document.elements:
        assert document.text[element.start : element.end].strip()
    assert document.text.endswith("Thanks.")


@given(st.text(max_size=200))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    """What is masked stays masked as it is, so that nothing is embedded again."""
    once = FULL.redact_text(text)
    assert once == FULL.redact_text(once)


def test_a_column_is_told_by_its_header() -> None:
    """Bare digits under `SSN` or `passport_no` are what the header says; others stay."""
    rows = (
        "name | employee_ssn | passport_no | Date of birth | units",
        "Ole | 536904399 | 533380006 | 1985-03-12 | 536904399",
        "Kari | ５３６９０４３９９ | none | unknown | 12",
    )
    raw = RawDocument(
        tuple(RawElement(ElementKind.TABLE_ROW, row, table=1) for row in rows), "text/csv"
    )
    made = FULL.redact_document(raw)
    assert isinstance(made, RedactedDocument)
    assert made.text.splitlines()[1:] == [
        "Ole | <US_SSN> | <PASSPORT> | <DATE_OF_BIRTH> | 536904399",
        "Kari | <US_SSN> | none | unknown | 12",
    ]
