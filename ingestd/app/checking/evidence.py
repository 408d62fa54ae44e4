"""Evidence: what a diagnosis needs, the dear part of it gathered only where it is needed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from ingestd.app.build import System
from ingestd.app.checking.standing import is_living, standing
from ingestd.freshness import claims
from ingestd.freshness.diagnosis import diagnose
from ingestd.freshness.presence import holds
from ingestd.freshness.support import faithfulness
from ingestd.model.answer import Answer
from ingestd.model.check import (
    Diagnosis,
    Evidence,
    Finding,
    QuestionState,
    Rival,
    Standing,
    TruthReading,
)
from ingestd.model.golden import GoldenQuestion, Static, ValueType
from ingestd.model.parsing import ParseRequest
from ingestd.model.source import Source
from ingestd.retrieval.statements import statements, values
from ingestd.values import comparing
from ingestd.values.differences import differs
from ingestd.values.kinds import Unreadable
from ingestd.values.reading import SPANNED
from ingestd.values.tolerance import Tolerance

_ALL_SUPPORTED = 1.0
_WIDE = 50
_RIVALS = 8
"""Passages in which another document's answer is looked for."""
_SETTLED = (
    None, Diagnosis.CHECK_ERROR, Diagnosis.SOURCE_MISSING, Diagnosis.INDEX_LAG,
    Diagnosis.INDEX_CONFIG, Diagnosis.INDEX_ORPHAN, Diagnosis.SOURCE_OVERDUE,
    Diagnosis.TRUTH_EXPIRED, Diagnosis.CONFLICT, Diagnosis.SOURCE_WRONG, Diagnosis.TRUTH_STALE,
)  # fmt: skip
"""Outcomes that what the raw file holds cannot change."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with all that was found out about it."""

    golden: str
    """The file that the question stands in."""
    question: GoldenQuestion
    truth: TruthReading
    answer: Answer
    reading: Answer
    """What extraction reads in the documents, whoever answers."""
    state: QuestionState | None


def judged(system: System, case: Case) -> tuple[Evidence, Finding]:
    """Gather evidence until the diagnosis is certain."""
    now = system.now()
    evidence = _first(system, case)
    finding = diagnose(evidence, now)
    if finding.diagnosis in (None, Diagnosis.CHECK_ERROR):
        return evidence, finding
    evidence = _further(system, case, evidence)
    finding = diagnose(evidence, now)
    if finding.diagnosis not in _SETTLED and not evidence.in_current and evidence.document:
        evidence = replace(evidence, in_raw=_in_raw(system, evidence))
        finding = diagnose(evidence, now)
    return evidence, finding


def _first(system: System, case: Case) -> Evidence:
    question, truth, answer = case.question, case.truth, case.answer
    equal, reason = False, "there is no answer"
    if truth.error or answer.error or question.faults:
        return Evidence(question, truth, answer, equal, reason)
    try:
        tolerance = Tolerance.parse(question.tolerance, question.type, question.locale)
        compared = _compared(question, truth, answer.text, tolerance)
        equal, reason = compared.equal, compared.reason
    except Unreadable as error:
        return Evidence(question, TruthReading(error=f"truth: {error}"), answer, equal, reason)
    document = _document(system, case, equal)
    if document is not None and question.bound and not document.was_known and not document.on_disk:
        missing = (
            f"{case.golden}:{question.line}: source: {question.source}:{question.path}: no such "
            "document, and there never was one; see: ingestd status"
        )
        return Evidence(
            replace(question, faults=(missing,)), truth, answer, equal, reason, document
        )
    read = case.reading
    document_equal = equal if read is answer else _equals(question, truth, read, tolerance)
    return Evidence(
        question=question,
        truth=truth,
        answer=answer,
        equal=equal,
        reason=reason,
        document=document,
        orphan=_orphan(system, answer),
        rivals=_rivals(system, question, read, tolerance),
        document_value=read.text,
        document_equal=document_equal,
        supported=_supported(case),
    )


def _further(system: System, case: Case, evidence: Evidence) -> Evidence:
    """Add what the versions of the document and the index hold."""
    question, truths = evidence.question, evidence.truth.values
    state = case.state
    confirmed = state if state is not None and state.truth == evidence.truth.shown else None
    anchor = confirmed.anchor if confirmed is not None else None
    document = evidence.document
    if document is not None and not document.versions:
        versions = tuple(system.store.versions(document.doc_id))
        document = replace(document, versions=versions)
    current = _current_text(document)
    earlier = document.versions[1:] if document is not None and document.is_indexed else ()
    if document is not None and not document.is_indexed:
        earlier = document.versions
    in_current = bool(current) and holds(current, truths, question, anchor)
    context = [hit.row.prefix + hit.row.text for hit in case.answer.context]
    return replace(
        evidence,
        document=document,
        answer_in_document=bool(current) and _agrees(case, current),
        confirmed_at=confirmed.confirmed_at if confirmed else None,
        confirmed_hash=confirmed.confirmed_hash if confirmed else None,
        in_previous=any(holds(v.redacted_text, truths, question, anchor) for v in earlier),
        in_current=in_current,
        in_index=in_current or _in_index(system, question, truths, bound=question.bound),
        in_context=any(holds(text, truths, question, anchor) for text in context),
    )


def _agrees(case: Case, current: str) -> bool:
    """Say whether the answer is what the document says to this question."""
    if not case.answer.text:
        return False
    if case.answer is case.reading:
        return case.answer.statement in current
    said = TruthReading((case.reading.text,))
    try:
        return bool(case.reading.text) and _equals(case.question, said, case.answer, Tolerance())
    except Unreadable:
        return holds(current, [case.answer.text], case.question)


def _current_text(document: Standing | None) -> str:
    if document is None or not document.is_indexed or not document.versions:
        return ""
    return document.versions[0].redacted_text


def _compared(
    question: GoldenQuestion, truth: TruthReading, answer: str, tolerance: Tolerance
) -> comparing.Comparison:
    several = question.type in (ValueType.ONE_OF, ValueType.SET)
    return comparing.compare(
        truth.values if several else truth.values[0],
        answer,
        question.type,
        tolerance=tolerance,
        locale=question.locale,
        question=question.question,
    )


def _equals(
    question: GoldenQuestion, truth: TruthReading, answer: Answer, tolerance: Tolerance
) -> bool:
    return bool(answer.text) and _compared(question, truth, answer.text, tolerance).equal


def _document(system: System, case: Case, equal: bool) -> Standing | None:
    """Return how the document stands that an answer is to be judged by."""
    question, state = case.question, case.state
    deep = question.pace is not None or not equal
    if question.bound:
        return standing(system, question.source, question.path, deep=deep)
    if not equal and state is not None and state.path and state.truth == case.truth.shown:
        return standing(system, state.source, state.path, deep=True)
    for answer in (case.answer, case.reading):
        for index in answer.cited:
            row = answer.context[index].row
            return standing(system, row.source, row.path, deep=deep)
    return None


def _orphan(system: System, answer: Answer) -> str:
    """Name a document that is gone, and whose rows the answer rests on."""
    for index in answer.cited:
        row = answer.context[index].row
        if not is_living(system, row.source, row.path, row.doc_id):
            return f"{row.source}:{row.path}"
    return ""


def _supported(case: Case) -> bool:
    if case.answer is case.reading or case.answer.abstained:
        return True
    if not case.answer.cited:
        return False
    question = case.question
    return faithfulness(case.answer, question.locale, question.question) >= _ALL_SUPPORTED


def _rivals(
    system: System, question: GoldenQuestion, answer: Answer, tolerance: Tolerance
) -> tuple[Rival, ...]:
    """Return other documents that say the very same with another value."""
    if question.type not in SPANNED or not answer.cited or not answer.statement:
        return ()
    own = answer.context[answer.cited[0]].row
    rest = answer.statement[: answer.start] + " " + answer.statement[answer.end :]
    wanted = comparing.values_in(answer.text, question.type, question.locale)
    if not wanted:
        return ()
    found: dict[str, Rival] = {}
    matching = [scored.chunk_id for scored in system.store.matching(rest, _RIVALS)]
    rows = system.store.passages(matching)
    for row in (rows[key] for key in matching if key in rows):
        if row.doc_id == own.doc_id:
            continue
        beside = row.heading[-1:] == own.heading[-1:]
        for statement in statements(row.text, row.prefix):
            if not claims.is_near(rest, statement.text):
                continue
            for value in values(statement, question.type, question.locale):
                text = statement.text
                other = text[: value.start] + " " + text[value.end :]
                if not claims.same(question.question, rest, other, one_heading=beside):
                    continue
                if differs(wanted[0].value, value.value, tolerance):
                    path = f"{row.source}:{system.redactor.redact_text(row.path)}"
                    said = text[value.start : value.end]
                    found.setdefault(path, Rival(path, said, text))
    return tuple(found.values())


def _in_index(
    system: System, question: GoldenQuestion, truths: tuple[str, ...], *, bound: bool
) -> bool:
    """Say whether any passage of the index holds the truth where the question would look."""
    if bound:
        return False
    asked = f"{question.question} {' '.join(truths)}"
    hits = system.searcher.search(asked, _WIDE)
    return any(
        holds(f"{hit.row.prefix}{hit.row.text}", truths, question)
        and claims.takes_up(question.question, hit.row.prefix + hit.row.text)
        for hit in hits
    )


def _in_raw(system: System, evidence: Evidence) -> bool | None:
    """Ask a parser child whether the file holds the truth; the file's text stays with it."""
    document = evidence.document
    if document is None or not document.on_disk:
        return None
    sources: dict[str, Source] = {source.name: source for source in system.config.sources}
    entries = [e for e in system.ledger.entries(document.source) if e.shown_path == document.path]
    if document.source not in sources or not entries:
        return None
    entry = entries[0]
    root = os.fsencode(sources[document.source].root)
    probe = replace(evidence.question, truth=Static(evidence.truth.values))
    request = ParseRequest(
        document.source, entry.path, os.path.join(root, entry.real_path),
        sources[document.source].max_bytes, root, probe,
    )  # fmt: skip
    return next(iter(system.parser.parse([request]))).probed
