"""The shadow of a text: disguises fall away, and findings come back to where they stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestd.app import redactors
from ingestd.model.finding import Finding
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.shadow import shadow

MAIN = redactors.in_main(RedactionPolicy(deny=("Project Bluebird", "Проект Синица")))


@pytest.mark.parametrize(
    ("disguised", "expected"),
    [
        ("card 4111\u200b1111\u200b1111\u200b1111 ok", "card <CREDIT_CARD> ok"),
        ("card ４１１１ １１１１ １１１１ １１１１ ok", "card <CREDIT_CARD> ok"),
        ("card ٤١١١ ١١١١ ١١١١ ١١١١ ok", "card <CREDIT_CARD> ok"),
        ("card 4111\u20131111\u20141111\u22121111 ok", "card <CREDIT_CARD> ok"),
        ("card 4111\u00a01111\u20091111\u202f1111 ok", "card <CREDIT_CARD> ok"),
        ("card 41\u00ad11 1111 1111 11\u2060\u206011 ok", "card <CREDIT_CARD> ok"),
        ("mail ann＠example．com ok", "mail <EMAIL_ADDRESS> ok"),
        ("mail аnn@exаmple.com ok", "mail <EMAIL_ADDRESS> ok"),
        ("mail ann@exam-\nple.com ok", "mail <EMAIL_ADDRESS> ok"),
        ("iban GВ29 NWВK 6016 1331 9268 19 ok", "iban <IBAN_CODE> ok"),
        ("about Proj\u200dect Blue\u00adbird ok", "about <DENIED_PHRASE> ok"),
        ("about 𝐏𝐫𝐨𝐣𝐞𝐜𝐭 𝐁𝐥𝐮𝐞𝐛𝐢𝐫𝐝 ok", "about <DENIED_PHRASE> ok"),
        ("о проект\u00a0СИНИЦА ok", "о <DENIED_PHRASE> ok"),
    ],
)
def test_a_disguised_value_is_masked_whole(disguised: str, expected: str) -> None:
    """Whatever stands between its characters goes with it."""
    assert MAIN.redact_text(disguised) == expected


def test_plain_text_has_no_shadow_of_its_own() -> None:
    """Nothing is looked at twice for nothing."""
    assert shadow("Plain text, in two lines,\nwith 25 days and well-known words.") is None


@given(st.text(max_size=120), st.data())
def test_a_finding_comes_back_over_all_it_came_from(text: str, data: st.DataObject) -> None:
    """Every character of the text that casts a part of the finding lies inside its projection."""
    cast = shadow(text)
    if cast is None or not cast.text:
        return
    start = data.draw(st.integers(0, len(cast.text) - 1))
    end = data.draw(st.integers(start + 1, len(cast.text)))
    there = cast.project(Finding(start, end, "X"))
    assert 0 <= there.start < there.end <= len(text)
    for offset in range(start, end):
        one = cast.project(Finding(offset, offset + 1, "X"))
        assert there.start <= one.start < one.end <= there.end
