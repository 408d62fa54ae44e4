"""Diagnosis: why an answer is not the truth; sixteen causes, the first that holds wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ingestd.model.check import Diagnosis, Evidence, Finding, Status

_Rule = Callable[[Evidence, datetime], str]
"""Returns the reason why a cause holds, or nothing."""


def diagnose(evidence: Evidence, now: datetime) -> Finding:
    """Return the first cause that holds; a pass where none does."""
    for code, rule in _RULES:
        reason = rule(evidence, now)
        if reason:
            status = Status.UNKNOWN if code is Diagnosis.CHECK_ERROR else Status.FAIL
            return Finding(status, code, reason)
    return Finding(Status.PASS, None, evidence.reason)


def _check_error(e: Evidence, _: datetime) -> str:
    if e.question.faults:
        return "; ".join(e.question.faults)
    return e.truth.error or e.answer.error


def _source_missing(e: Evidence, _: datetime) -> str:
    document = e.document
    if document is None or document.on_disk:
        return ""
    name = f"{document.source}:{document.path}"
    if not e.question.bound:
        # Where another document answers rightly, the one before is not missed.
        return "" if e.equal else f"{name}, from which it was last answered, is gone"
    if document.moved_to:
        return f"{name} is gone; its content is at {document.moved_to} now: bind the question to it"
    return f"{name} is gone"


def _index_lag(e: Evidence, _: datetime) -> str:
    document = e.document
    if document is None or document.lag is None or document.lag <= e.question.max_lag:
        return ""
    why = f" ({document.reason})" if document.reason else ""
    return (
        f"{document.source}:{document.path} has differed from what is indexed for "
        f"{_span(document.lag.total_seconds())}, longer than "
        f"{_span(e.question.max_lag.total_seconds())}{why}"
    )


def _index_config(e: Evidence, _: datetime) -> str:
    document = e.document
    if document is None or not document.changed_rules or not document.is_indexed:
        return ""
    return (
        f"{document.source}:{document.path} was indexed by other rules of "
        f"{', '.join(document.changed_rules)} than the config has now: ingestd sync"
    )


def _index_orphan(e: Evidence, _: datetime) -> str:
    return f"{e.orphan} is gone, and its rows still answer: ingestd sync" if e.orphan else ""


def _source_overdue(e: Evidence, now: datetime) -> str:
    document, pace = e.document, e.question.pace
    if document is None or pace is None or not document.versions:
        return ""
    newest = document.versions[0]
    same = [v for v in document.versions if v.content_hash == newest.content_hash]
    since = min(v.modified_at for v in same)
    if now - since <= pace:
        return ""
    return (
        f"{document.source}:{document.path} has had the same content since {since:%Y-%m-%d %H:%M}, "
        f"longer than the {_span(pace.total_seconds())} that it promises"
    )


def _truth_expired(e: Evidence, now: datetime) -> str:
    due = e.question.review_after
    if due is None or now.date() <= due:
        return ""
    return f"the truth was to be reviewed after {due}: review it, and set review_after anew"


def _conflict(e: Evidence, _: datetime) -> str:
    if not e.rivals:
        return ""
    told = "; ".join(f"{rival.path} says {rival.value}" for rival in e.rivals)
    own = e.document_value or e.answer.text
    where = f"{e.document.source}:{e.document.path}" if e.document else "one document"
    return f"{where} says {own}, {told}"


def _source_wrong(e: Evidence, _: datetime) -> str:
    if not e.question.live or e.document_equal or not e.document_value:
        return ""
    where = f"{e.document.source}:{e.document.path}" if e.document else "the document"
    return f"{where} says {e.document_value}, the truth is {e.truth.shown} now"


def _truth_stale(e: Evidence, _: datetime) -> str:
    if e.equal or e.question.live or e.answer.abstained or not e.answer_in_document:
        return ""
    if e.document is None or e.document.lag is not None or not e.document.versions:
        return ""
    now_says = f"{e.document.source}:{e.document.path} says {e.document_value or e.answer.text}"
    if e.confirmed_at is None:
        # Never confirmed, and told elsewhere: it is retrieval, or the answer, that missed it.
        if e.in_index or e.in_current:
            return ""
        return f"{now_says}, and the truth {e.truth.shown} was never confirmed against it"
    if e.confirmed_hash == e.document.versions[0].content_hash:
        return ""
    return f"{now_says} since it changed after {e.confirmed_at:%Y-%m-%d %H:%M}"


def _extraction_loss(e: Evidence, _: datetime) -> str:
    if e.equal or not e.in_previous or e.in_current or e.in_raw:
        return ""
    return f"{e.truth.shown} was in an earlier version of the document, and is not in this one"


def _redaction_loss(e: Evidence, _: datetime) -> str:
    if e.equal or e.in_current or not e.in_raw:
        return ""
    return "the truth is in the file, and masked in the index: see redaction in the config"


def _retrieval_miss(e: Evidence, _: datetime) -> str:
    if e.equal or not e.in_index or e.in_context:
        return ""
    return f"{e.truth.shown} is in the index, and not among the passages that were found"


def _abstained(e: Evidence, _: datetime) -> str:
    if e.equal or not e.answer.abstained:
        return ""
    if e.in_context:
        return f"{e.truth.shown} was in the passages, and the answer declined"
    return "no passage answers, and the answer declined"


def _answer_drift(e: Evidence, _: datetime) -> str:
    if e.equal or not (e.in_context or e.supported):
        return ""
    return e.reason


def _unsupported(e: Evidence, _: datetime) -> str:
    if not e.supported:
        return f"nothing in its passages supports the answer {e.answer.text!r}"
    return "" if e.equal else e.reason


_RULES: tuple[tuple[Diagnosis, _Rule], ...] = (
    (Diagnosis.CHECK_ERROR, _check_error),
    (Diagnosis.SOURCE_MISSING, _source_missing),
    (Diagnosis.INDEX_LAG, _index_lag),
    (Diagnosis.INDEX_CONFIG, _index_config),
    (Diagnosis.INDEX_ORPHAN, _index_orphan),
    (Diagnosis.SOURCE_OVERDUE, _source_overdue),
    (Diagnosis.TRUTH_EXPIRED, _truth_expired),
    (Diagnosis.CONFLICT, _conflict),
    (Diagnosis.SOURCE_WRONG, _source_wrong),
    (Diagnosis.TRUTH_STALE, _truth_stale),
    (Diagnosis.EXTRACTION_LOSS, _extraction_loss),
    (Diagnosis.REDACTION_LOSS, _redaction_loss),
    (Diagnosis.RETRIEVAL_MISS, _retrieval_miss),
    (Diagnosis.ABSTAINED, _abstained),
    (Diagnosis.ANSWER_DRIFT, _answer_drift),
    (Diagnosis.UNSUPPORTED, _unsupported),
)


def _span(seconds: float) -> str:
    """Write a length of time in its largest whole units."""
    left = int(seconds)
    parts = []
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
