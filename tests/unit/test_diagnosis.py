"""Diagnosis is pure: evidence and a time go in, the first cause that holds comes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ingestd.freshness.diagnosis import diagnose
from ingestd.freshness.lineage import cause
from ingestd.model.answer import Answer
from ingestd.model.check import Diagnosis, Evidence, Rival, Standing, Status, TruthReading
from ingestd.model.golden import CsvCell, GoldenQuestion, Static, ValueType
from ingestd.model.ids import ContentHash, DocId
from ingestd.model.index import DocumentVersion

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
QUESTION = GoldenQuestion(
    "leave", "How many days of leave are there?", Static(("25 days",)), ValueType.DURATION,
    source="docs", path="leave.md", line=3,
)  # fmt: skip


def version(number: int, text: str, days_ago: int, content: str) -> DocumentVersion:
    at = NOW - timedelta(days=days_ago)
    return DocumentVersion(DocId("d"), number, ContentHash(content), "r", text, at, at)


OLD = version(4, "There are 25 days of leave.", 9, "old")
NEW = version(7, "There are 27 days of leave.", 1, "new")
STANDING = Standing(
    DocId("d"), "docs", "leave.md", was_known=True, on_disk=True, versions=(NEW, OLD)
)
GOOD = Evidence(
    QUESTION, TruthReading(("25 days",)), Answer("25 days"), equal=True,
    reason="25 days is 25 days", document=STANDING,
)  # fmt: skip
BAD = replace(
    GOOD, answer=Answer("27 days"), equal=False, reason="27 days is not 25 days",
    document_value="27 days",
)  # fmt: skip
DRIFTED = replace(BAD, in_context=True, confirmed_at=NOW, confirmed_hash=ContentHash("new"))

CASES = [
    (Diagnosis.CHECK_ERROR, replace(BAD, truth=TruthReading(error="truth: x.csv: cannot be read"))),
    (Diagnosis.SOURCE_MISSING, replace(GOOD, document=replace(STANDING, on_disk=False))),
    (Diagnosis.INDEX_LAG, replace(GOOD, document=replace(STANDING, lag=timedelta(hours=1)))),
    (Diagnosis.INDEX_CONFIG, replace(GOOD, document=replace(STANDING, changed_rules=("model",)))),
    (Diagnosis.INDEX_ORPHAN, replace(GOOD, orphan="docs:old.md")),
    (Diagnosis.SOURCE_OVERDUE, replace(GOOD, question=replace(QUESTION, pace=timedelta(hours=3)))),
    (
        Diagnosis.TRUTH_EXPIRED,
        replace(GOOD, question=replace(QUESTION, review_after=date(2027, 4, 30))),
    ),
    (Diagnosis.CONFLICT, replace(GOOD, rivals=(Rival("docs:b.md", "20 days", ""),))),
    (Diagnosis.SOURCE_WRONG, replace(BAD, question=replace(QUESTION, truth=CsvCell("a", "b")))),
    (Diagnosis.TRUTH_STALE, replace(BAD, answer_in_document=True)),
    (Diagnosis.EXTRACTION_LOSS, replace(BAD, in_previous=True, in_raw=False)),
    (Diagnosis.REDACTION_LOSS, replace(BAD, in_previous=True, in_raw=True)),
    (Diagnosis.RETRIEVAL_MISS, replace(BAD, in_index=True)),
    (Diagnosis.ABSTAINED, replace(BAD, answer=Answer("", abstained=True), in_context=True)),
    (Diagnosis.ANSWER_DRIFT, DRIFTED),
    (Diagnosis.UNSUPPORTED, replace(GOOD, supported=False)),
]


@pytest.mark.parametrize(("code", "evidence"), CASES, ids=[code for code, _ in CASES])
def test_each_cause_has_its_code_and_a_reason(code, evidence):
    """One fault at a time."""
    found = diagnose(evidence, NOW)
    assert code is found.diagnosis
    assert found.reason
    expected = Status.UNKNOWN if code is Diagnosis.CHECK_ERROR else Status.FAIL
    assert expected is found.status


def test_the_sixteen_codes_are_all_reached():
    """And in the order of the design."""
    assert list(Diagnosis) == [code for code, _ in CASES]


def test_an_earlier_cause_holds_the_later_ones_back():
    """A document that is gone explains more than an answer that is wrong."""
    both = replace(DRIFTED, document=replace(STANDING, on_disk=False))
    assert Diagnosis.SOURCE_MISSING is diagnose(both, NOW).diagnosis


def test_nothing_wrong_passes():
    """Evidence without a fault is a pass."""
    assert Status.PASS is diagnose(GOOD, NOW).status


def test_a_lag_within_its_limit_is_none():
    """`max_lag` is how long the index may be behind."""
    young = replace(GOOD, document=replace(STANDING, lag=timedelta(minutes=14)))
    assert Status.PASS is diagnose(young, NOW).status


def test_a_never_confirmed_truth_that_stands_elsewhere_was_missed_by_retrieval():
    """Unbound, never confirmed: another document of the index says the truth."""
    found = diagnose(replace(BAD, answer_in_document=True, in_index=True), NOW)
    assert Diagnosis.RETRIEVAL_MISS is found.diagnosis


def test_lineage_names_the_version_after_the_last_that_held_the_truth():
    """And the sentence before and after."""
    found = cause(
        replace(BAD, answer=Answer("27 days", statement=NEW.redacted_text)), Diagnosis.TRUTH_STALE
    )
    assert found is not None
    assert ("leave.md", 7) == (found.path, found.index_version)
    assert ("There are 25 days of leave.", "There are 27 days of leave.") == (
        found.before,
        found.after,
    )
    assert NEW.indexed_at == found.at


def test_lineage_of_a_deleted_document_ends_in_nothing():
    """What stood there, and that nothing stands there now."""
    gone = replace(STANDING, on_disk=False, versions=(OLD,))
    found = cause(replace(BAD, document=gone), Diagnosis.SOURCE_MISSING)
    assert found is not None
    assert ("There are 25 days of leave.", "") == (found.before, found.after)
