"""Phrases and patterns of the user's own."""

from __future__ import annotations

import pytest

from ingestd.app import redactors
from ingestd.errors import RuleTooSlow
from ingestd.redaction.custom import CustomPattern, CustomRecognizer
from ingestd.redaction.policy import RedactionPolicy


def test_a_gazetteer_lists_whole_words_and_deny_phrases_go_with_their_endings() -> None:
    """A name inside another word is no name."""
    redactor = redactors.in_main(
        RedactionPolicy(
            deny=("bluebird",), gazetteers={"PERSON": ("Ann", "Jürgen  Groß", "王小明")}
        )
    )
    for raw, expected in (
        ("Ann met JÜRGEN\nGROSS annually.", "<PERSON> met <PERSON> annually."),
        ("the Bluebirds", "the <DENIED_PHRASE>s"),
        ("经理王小明说", "经理<PERSON>说"),
    ):
        assert redactor.redact_text(raw) == expected


def test_allowed_values_stay_however_they_are_written() -> None:
    """The value itself, nothing that merely holds it; a denied phrase is denied all the same."""
    allowed = ("info@example.com", "+44 20 7946 0958", "bluebird")
    redactor = redactors.in_main(RedactionPolicy(deny=("bluebird",), allow=allowed))
    kept = "Write to INFO@example.com or +44 20 7946-0958."
    assert redactor.redact_text(kept) == kept
    assert redactor.redact_text("x.info@example.com") == "<EMAIL_ADDRESS>"
    assert redactor.redact_text("a bluebird") == "a <DENIED_PHRASE>"


def test_a_pattern_with_a_check_masks_what_checks() -> None:
    """Anything else of its form stays."""
    pattern = CustomPattern("MEMBER_ID", r"\bM\d{11}\b", "luhn")
    redactor = redactors.in_main(RedactionPolicy(entities=(), patterns=(pattern,)))
    masked = redactor.redact_text("M79927398713 and M79927398714")
    assert masked == "<MEMBER_ID> and M79927398714"


def test_a_pattern_is_held_to_its_time() -> None:
    """One that the probe did not catch stops the document, not the daemon."""
    recognizer = CustomRecognizer(CustomPattern("SLOW", r"(?:q+)+\d"))
    with pytest.raises(RuleTooSlow, match="'SLOW' took longer than 2 seconds"):
        list(recognizer.find("q" * 5000 + "!"))
