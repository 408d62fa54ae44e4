"""Comparing an answer with a truth, by a table of pairs that were judged by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestd.model.golden import ValueType
from ingestd.values.comparing import compare, values_in
from ingestd.values.tolerance import Tolerance

TABLE = Path(__file__).with_name("comparator_pairs.txt")


def pairs():
    """Yield (line, type, truth, answer, equal, options)."""
    kind = ValueType.TEXT
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("["):
            kind = ValueType(line.strip("[]"))
        elif line and not line.startswith("#"):
            truth, answer, sign, *rest = line.split(" | ")
            options = dict(option.split("=", 1) for option in rest)
            assert sign in "=!", f"line {number}: {line}"
            yield number, kind, truth, answer, sign == "=", options


@pytest.mark.parametrize(
    ("number", "kind", "truth", "answer", "equal", "options"),
    [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}") for pair in pairs()],
)
def test_pair(number, kind, truth, answer, equal, options):
    """A pair of the table compares as it was judged, and the comparison says why."""
    locale = options.get("locale", "en")
    found = compare(
        truth.split(" / ") if kind in (ValueType.ONE_OF, ValueType.SET) else truth,
        answer,
        kind,
        tolerance=Tolerance.parse(options.get("tol", "0"), kind, locale),
        locale=locale,
        question=options.get("q", ""),
    )
    assert equal == found.equal, found.reason
    assert found.reason


def test_table_is_of_the_promised_size():
    """At least 400 pairs, of every type, both equal and not."""
    kinds = {(kind, equal) for _, kind, _, _, equal, _ in pairs()}
    assert len(list(pairs())) >= 400
    assert kinds == {(kind, equal) for kind in ValueType for equal in (True, False)}


def test_an_english_article_is_no_french_year() -> None:
    """Behind a number, "an" is a year in French alone."""
    sentence = "In office 3 an employee gets 25 days of leave."
    found = [sentence[v.start : v.end] for v in values_in(sentence, ValueType.DURATION, "en")]
    assert found == ["25 days"]
    assert [v.end for v in values_in("Il dure 3 an.", ValueType.DURATION, "fr")] == [12]
