"""Joins: a value goes on over lines, cells and elements, and the word beside it stays."""

from __future__ import annotations

import pytest

from ingestd.app import redactors
from ingestd.redaction.policy import RedactionPolicy

FULL = redactors.in_child(RedactionPolicy(deny=("Project Bluebird",)))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("card 4111 11\n\n11 1111 1111 on Monday", "card <CREDIT_CARD> on Monday"),
        ("Card 4111 | 1111 | 1111 | 1111", "Card <CREDIT_CARD>"),
        ("ann@exam\n\nple.com, hi", "<EMAIL_ADDRESS>, hi"),
        ("ann.sm\nith@example.com", "<EMAIL_ADDRESS>"),
        ("one ann_smith\n  @example.com of", "one <EMAIL_ADDRESS> of"),
        ("one ann.smith8@\nexample.com of", "one <EMAIL_ADDRESS> of"),
        ("postgres://b:s3cr3tPw9\n@db.local/x", "postgres://b:<EMAIL_ADDRESS>/x"),
        ("ann@example.com\nThanks, Bob", "<EMAIL_ADDRESS>\nThanks, Bob"),
        ("Contact\njohn@x.com\nThanks", "Contact\n<EMAIL_ADDRESS>\nThanks"),
        ("people-ops\n  - ann@x.com", "people-ops\n  - <EMAIL_ADDRESS>"),
        ("Room 12 | info@x.com", "Room 12 | <EMAIL_ADDRESS>"),
        ("IBAN GB29 | NWBK | 6016 | 1331 | 9268 | 19", "IBAN <IBAN_CODE>"),
        ("ghp_abcdefghijklmnopqrst\nuvwxyz0123456789AB\nNext", "<SECRET>\nNext"),
        (f"a | {'x8Kq2+Zm' * 8}\n{'Qw3rT/9p' * 5}==\n-----END PRIVATE KEY-----.", "a | <SECRET>."),
        ("Reisepass: N\nO5788310 redirect", "Reisepass: <PASSPORT> redirect"),
        ("Passport no. I\n- S7693209 Then", "Passport no. <PASSPORT> Then"),
        ("Passport no. NO5788310 redirect", "Passport no. <PASSPORT> redirect"),
        (f"{'x8Kq2+Zm' * 8}\n{'Qw3rT/9p' * 5}\n—–END PRIVATE KEY—–", "<SECRET>"),
        ("to 17PhWKqJLadPmdWsWDTfmDubVAwTVMkQ\ncm work", "to <CRYPTO> work"),
        ("RSSMRA85T\n10A562S is it", "<IT_FISCAL_CODE> is it"),
        ("SSN 53\n6-90-4399.", "SSN <US_SSN>."),
        ("WK 28 43 4\n5 B and", "<UK_NINO> and"),
        ("AF-CA-\nEF-5B-75-1F here", "<MAC_ADDRESS> here"),
        ("65:3A\n:7F:B0:C8:0B A", "<MAC_ADDRESS> A"),
        ("54:8E:B4:7F:07: | DA is", "<MAC_ADDRESS> is"),
        ("(44\n9) 407-1636 Refer", "<PHONE_NUMBER> Refer"),
        ("proj\nect blue | bird s", "<DENIED_PHRASE> s"),
        ("4111<b>1111</b>1111 1111", "<CREDIT_CARD>"),
        ("41&#49;1 1111 1111 1111", "<CREDIT_CARD>"),
        ("4111 **1111** 1111 1111", "<CREDIT_CARD>"),
        ("ann [at] example [dot] com", "<EMAIL_ADDRESS>"),
        ("mailto:ann%40example.com", "<EMAIL_ADDRESS>"),
    ],
)
def test_a_value_is_seen_over_its_joins(raw: str, expected: str) -> None:
    """Its own parts and nothing of the text around it."""
    assert FULL.redact_text(raw).removeprefix("mailto:") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Rooms | 110 | -262 |  | -1722\nBeds | 15 | 22",
        "2021 | 4505\n2022 | 6175\n2023 | 1201",
        "One sentence ends.\n\nAnother begins in 2024.",
        "200.01\n400.013\n600.015\n800.017\n1000.019",
    ],
)
def test_figures_in_a_table_are_no_value(text: str) -> None:
    """What stands in neighbouring cells was not one number."""
    assert FULL.redact_text(text) == text
