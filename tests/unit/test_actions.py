"""Actions: pseudonyms that are the same everywhere, kept digits, dropped elements, vetoes."""

from __future__ import annotations

import re

import pytest

from ingestd.app import redactors
from ingestd.model.document import ElementKind, RawDocument, RawElement, RedactedDocument
from ingestd.model.parsing import Rejection
from ingestd.redaction.custom import CustomPattern
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.redactor import Redactor

KEY = b"0123456789abcdef0123456789abcdef"


def acting(**actions: str) -> Redactor:
    """A redactor with some actions, and masks for the rest."""
    return redactors.in_child(RedactionPolicy(actions=actions, key=KEY))


def document(*texts: str) -> RawDocument:
    """Paragraphs."""
    elements = tuple(RawElement(ElementKind.PARAGRAPH, text) for text in texts)
    return RawDocument(elements, "text/plain")


def test_the_same_person_is_the_same_token_however_written() -> None:
    """In every form, document and process; another person, key or type is another token."""
    redactor = acting(EMAIL_ADDRESS="pseudonym", PHONE_NUMBER="pseudonym")
    forms = (
        "Ann@Example.com",
        "ann@exam\u00adple.com",
        "ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "ann [at] example.com",
    )
    tokens = {redactor.redact_text(f"to {form} now") for form in forms}
    assert len(tokens) == 1
    assert re.fullmatch(r"to <EMAIL_ADDRESS:[0-9a-f]{16}> now", tokens.pop())
    numbers = ("+44 20 7946 0958", "+442079460958", "0044 20 7946 0958")
    assert len({redactor.redact_text(number) for number in numbers}) == 1
    assert redactor.redact_text("bob@example.com") != redactor.redact_text("ann@example.com")
    other = redactors.in_child(
        RedactionPolicy(actions={"EMAIL_ADDRESS": "pseudonym"}, key=KEY[::-1])
    )
    assert other.redact_text("ann@example.com") != redactor.redact_text("ann@example.com")


def test_tokens_and_kept_digits_are_masked_no_further() -> None:
    """Running twice changes no text, whatever the digits of a token."""
    redactor = acting(EMAIL_ADDRESS="pseudonym", CREDIT_CARD="keep_last:4")
    for number in range(300):
        once = redactor.redact_text(f"n{number}@example.com and 4111 1111 1111 1111.")
        assert redactor.redact_text(once) == once
        assert once.endswith(" and <CREDIT_CARD:…1111>.")


def test_what_only_looks_like_a_token_is_masked() -> None:
    """A number in a token's place is a number."""
    assert "4111111111111111" not in acting().redact_text("<EMAIL_ADDRESS:4111111111111111>")


def test_of_a_short_value_less_is_kept() -> None:
    """What is shown is never most of it."""
    policy = RedactionPolicy(
        patterns=(CustomPattern("STAFF_NUMBER", r"SN-\d{4}"),),
        actions={"STAFF_NUMBER": "keep_last:6"},
    )
    redactor = redactors.in_child(policy)
    assert redactor.redact_text("by SN-1234.") == "by <STAFF_NUMBER:…34>."


def test_drop_takes_the_element_and_leaves_its_neighbours() -> None:
    """The paragraph goes whole; one whose value goes on in the next takes both along."""
    redactor = acting(CREDIT_CARD="drop")
    made = redactor.redact_document(
        document("First.", "Paid with 4111 1111 1111 1111 by Ann.", "Second, ann@example.com.")
    )
    assert isinstance(made, RedactedDocument)
    kept = [made.text[e.start : e.end] for e in made.elements]
    assert kept == ["First.", "Second, <EMAIL_ADDRESS>."]
    assert made.findings == {"CREDIT_CARD": 1, "EMAIL_ADDRESS": 1}
    assert "Paid" not in made.text


@pytest.mark.parametrize("where", ["text", "title", "meta"])
def test_veto_keeps_the_document_out(where: str) -> None:
    """Wherever the value stands; the reason names the entity, never the value."""
    redactor = acting(US_SSN="veto")
    ssn = "536-90-4399"
    raw = RawDocument(
        (RawElement(ElementKind.PARAGRAPH, f"See {ssn}." if where == "text" else "See."),),
        "text/plain",
        title=f"File {ssn}" if where == "title" else "File",
        meta={"subject": ssn} if where == "meta" else {},
    )
    made = redactor.redact_document(raw)
    assert isinstance(made, Rejection)
    assert made.reason == "it holds 1 US_SSN, and redaction.actions vetoes that"
    assert redactor.is_vetoed(f"and {ssn} too")
    assert redactor.is_vetoed("an older policy left <US_SSN> here")
    assert not redactor.is_vetoed("nothing of the kind, <PHONE_NUMBER>")
