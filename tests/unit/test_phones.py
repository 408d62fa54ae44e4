"""Phone numbers: by form, by context, and what only looks like one."""

from __future__ import annotations

import pytest

from ingestd.app import redactors
from ingestd.redaction.policy import RedactionPolicy

FULL = redactors.in_child(RedactionPolicy())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Call me on 467 3395 please.", "Call me on <PHONE_NUMBER> please."),
        ("Phone:\n60-56-85-91", "Phone:\n<PHONE_NUMBER>"),
        ("Mobile: 723 813 266", "Mobile: <PHONE_NUMBER>"),
        ("Desk: +1-903-140-4508x769.", "Desk: <PHONE_NUMBER>."),
        ("Fax (415) 555-2671 ext. 12", "Fax <PHONE_NUMBER>"),
        ("1 High Street\n28-64-66-98 office\n", "1 High Street\n<PHONE_NUMBER> office\n"),
        ("At +44 (0)20 7946 0958 we answer.", "At <PHONE_NUMBER> we answer."),
    ],
)
def test_a_number_is_masked_with_its_extension(raw: str, expected: str) -> None:
    """Without a country code it needs a word before it, or a line of its own."""
    assert FULL.redact_text(raw) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A budget of 100 200 300 euros.",
        "See https://example.com/articles/115003498363 for more.",
        "Rooms 3007-3011 are booked.",
        "Revised on 3-7-2017.",
        "From 2021-05-12 to 2023.",
        "The pump runs 8000 hours at 95 degrees; order 1250 of them for 274.00.",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    """Amounts, links, ranges, dates."""
    assert FULL.redact_text(text) == text
