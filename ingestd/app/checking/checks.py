"""Checks: questions asked in one batch, each judged by itself, all of it remembered."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingestd.app.build import System
from ingestd.app.checking import answerers
from ingestd.app.checking.evidence import Case, judged
from ingestd.app.checking.truths import Truths
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.errors import UsageError
from ingestd.freshness import noise, regression
from ingestd.freshness.lineage import cause
from ingestd.freshness.support import cited_paths, faithfulness, relevance
from ingestd.model.answer import Anchor, Answer, Asking
from ingestd.model.check import (
    CausedBy,
    CheckReport,
    Diagnosis,
    Evidence,
    Finding,
    QuestionState,
    Regression,
    Result,
    Status,
    TruthReading,
)
from ingestd.model.golden import GoldenQuestion, ValueType
from ingestd.model.ids import DocId, DocPath, doc_id


def check(
    system: System,
    history: SqliteHistory,
    questions: Sequence[GoldenQuestion],
    golden: Path,
    *,
    trigger: str = "asked",
) -> CheckReport:
    """Ask, judge and record; a question that cannot be checked does not stop the others."""
    began = time.monotonic()
    states = history.states([q.id for q in questions])
    truths = Truths(answerers.base_of(golden), system.config.file.freshness.truth_seconds)
    readings = [_fit(system, truths.read(question)) for question in questions]
    policy = _noise(system)
    version = system.store.index_version
    before = history.last_statuses()
    results: list[Result] = []
    fresh: list[QuestionState] = []
    moved = _other_model(system)
    answers = (
        [([Answer("")], Answer("")) for _ in questions]
        if moved
        else _answers(system, questions, readings, states, policy.samples)
    )
    ranks = {} if moved else _ranks(system, questions)
    for question, truth, (samples, read) in zip(questions, readings, answers, strict=True):
        state = states.get(question.id)
        if moved and not question.faults and not truth.error:
            finding = Finding(Status.FAIL, Diagnosis.INDEX_CONFIG, moved)
            evidence = Evidence(question, truth, Answer(""), equal=False, reason=moved)
            outcomes = [(evidence, finding)]
        else:
            outcomes = [
                judged(system, Case(str(golden), question, truth, answer, read, state))
                for answer in samples
            ]
        status = noise.of_samples(
            [f.status for _, f in outcomes], min(policy.needed, len(outcomes))
        )
        evidence, finding = next(o for o in outcomes if o[1].status is status)
        rank = ranks.get(question.id)
        result, then = _settled(system, truth, evidence, finding, state, policy, rank)
        results.append(replace(result, index_version=version))
        if not question.faults:  # It may have another's id.
            fresh.append(then)
    report = CheckReport(
        at=system.now(),
        trigger=trigger,
        index_version=version,
        results=tuple(results),
        seconds=time.monotonic() - began,
        regression=_regression(system, results, states),
        changed={
            r.question.id: before[r.question.id]
            for r in results
            if before.get(r.question.id, r.status.value) != r.status.value
        },
    )
    report = _redacted(system, report)
    history.record(report, fresh)
    return report


def _fit(system: System, truth: TruthReading) -> TruthReading:
    """Refuse a live truth that the policy would mask: no answer can hold it."""
    for value in truth.values:
        masked = system.redactor.redact_text(value)
        if masked != value:
            return TruthReading(error=f"truth: the redaction policy masks what was read ({masked})")
    return truth


def _noise(system: System) -> noise.NoisePolicy:
    section = system.config.file.freshness
    if section.needed > section.samples:
        raise UsageError(
            f"freshness.needed: {section.needed} of {section.samples} samples cannot pass; "
            "freshness.samples must not be less"
        )
    return noise.NoisePolicy(
        section.fail_after, section.recover_after, section.samples, section.needed
    )


def _other_model(system: System) -> str:
    """Say that the index was embedded by another model, which no question can be asked of."""
    if system.store.generation.model == system.model.fingerprint:
        return ""
    return (
        f"the index was embedded by {system.store.generation.model_name!r}, the config now names "
        f"{system.model.name!r}: ingestd sync"
    )


def _answers(
    system: System,
    questions: Sequence[GoldenQuestion],
    readings: Sequence[TruthReading],
    states: Mapping[str, QuestionState],
    samples: int,
) -> list[tuple[list[Answer], Answer]]:
    """Return each question's samples, and what extraction reads for it."""
    extract = answerers.extractive(system)
    generative = system.config.file.freshness.answerer != "extractive"
    asked = [n for n, q in enumerate(questions) if not q.faults and not readings[n].error]
    askings = [_asking(system, questions[n], readings[n], states) for n in asked]
    read = extract.answer(askings)
    own = [[answer] for answer in read]
    if generative:
        answerer = answerers.chosen(system)
        rounds = [answerer.answer(askings) for _ in range(samples)]
        own = [list(several) for several in zip(*rounds, strict=True)] if askings else []
    made = [([Answer("")], Answer("")) for _ in questions]
    for n, several, one in zip(asked, own, read, strict=True):
        made[n] = (several, one)
    return made


def _asking(
    system: System,
    question: GoldenQuestion,
    truth: TruthReading,
    states: Mapping[str, QuestionState],
) -> Asking:
    kind = question.type
    if kind in (ValueType.ONE_OF, ValueType.SET, ValueType.REGEX):
        kind = ValueType.TEXT
    state = states.get(question.id)
    anchor = state.anchor if state is not None and state.truth == truth.shown else None
    document: DocId | None = None
    if question.bound:
        document = doc_id(question.source, _real(system, question))
    return Asking(question.question, kind, question.locale, document, anchor)


def _real(system: System, question: GoldenQuestion) -> DocPath:
    """Return the identity of a bound document, also where it is bound by its masked path."""
    path = DocPath(question.path)
    if any(e.path == path for e in system.ledger.entries(question.source, [path])):
        return path
    for entry in system.ledger.entries(question.source):
        if entry.shown_path == question.path:
            return entry.path
    return path


def _ranks(system: System, questions: Sequence[GoldenQuestion]) -> dict[str, int]:
    """Return where retrieval finds what it should, in the whole index, also for bound questions."""
    known = [q for q in questions if q.references and not q.faults]
    if not known:
        return {}
    depth = system.config.file.freshness.k
    found = system.searcher.search_many([q.question for q in known], depth)
    return {q.id: regression.rank_of(q, hits) for q, hits in zip(known, found, strict=True)}


def _settled(
    system: System,
    truth: TruthReading,
    evidence: Evidence,
    finding: Finding,
    state: QuestionState | None,
    policy: noise.NoisePolicy,
    rank: int | None,
) -> tuple[Result, QuestionState]:
    now, answer, question = system.now(), evidence.answer, evidence.question
    caused: CausedBy | None = cause(evidence, finding.diagnosis)
    source, path = _place(evidence)
    then = noise.settled(state or QuestionState(question.id), finding.status, now, policy)
    then = replace(
        then,
        diagnosis=finding.diagnosis.value if finding.diagnosis else "",
        answered_from=tuple(dict.fromkeys(h.row.doc_id for h in answer.context[:3]))
        or then.answered_from,
        rank=rank or 0,
        baseline_rank=then.baseline_rank if then.baseline_rank is not None else rank,
    )
    if finding.status is Status.PASS:
        then = confirmed(system, then, truth, evidence)
    result = Result(
        question=question,
        status=finding.status,
        diagnosis=finding.diagnosis,
        expected=truth.shown,
        answer=answer.text,
        reason=finding.reason,
        source=source,
        path=path,
        index_version=0,
        caused_by=caused,
        firing=then.status is Status.FAIL,
        flapping=noise.is_flapping(then),
        chunks=tuple(answer.context[n].row.chunk_id for n in answer.cited),
        faithfulness=faithfulness(answer, question.locale, question.question)
        if answer.text
        else None,
        relevance=relevance(answer, question.question) if answer.text else None,
        rank=rank,
        proposal=f"truth: {answer.text}" if finding.diagnosis is Diagnosis.TRUTH_STALE else "",
    )
    return result, then


def confirmed(
    system: System, state: QuestionState, truth: TruthReading, evidence: Evidence
) -> QuestionState:
    """Remember where, and against which version, a truth was found to hold."""
    answer = evidence.answer
    if not answer.cited:
        return replace(state, truth=truth.shown, confirmed_at=system.now())
    row = answer.context[answer.cited[0]].row
    anchor = state.anchor
    if answer.statement:
        anchor = Anchor(
            answer.statement[: answer.start], answer.statement[answer.end :], row.doc_id
        )
        if answer.start == 0 and answer.end == len(answer.statement):
            anchor = Anchor(_without(answer.statement, truth.values), "", row.doc_id)
    return replace(
        state,
        anchor=anchor,
        truth=truth.shown,
        confirmed_at=system.now(),
        confirmed_hash=row.content_hash,
        source=row.source,
        path=row.path,
    )


def _without(statement: str, values: Sequence[str]) -> str:
    """Leave a text's truth out of the statement that holds it."""
    for value in values:
        at = statement.casefold().find(value.casefold())
        if at >= 0:
            statement = statement[:at] + statement[at + len(value) :]
    return statement


def _place(evidence: Evidence) -> tuple[str, str]:
    if evidence.document is not None:
        return evidence.document.source, evidence.document.path
    for path in cited_paths(evidence.answer):
        source, _, rest = path.partition(":")
        return source, rest
    return evidence.question.source, evidence.question.path


def _regression(
    system: System, results: Sequence[Result], states: Mapping[str, QuestionState]
) -> Regression | None:
    section = system.config.file.freshness
    pairs = []
    for result in results:
        if result.rank is not None and result.status is not Status.UNKNOWN:
            state = states.get(result.question.id)
            pairs.append((result.rank, state.baseline_rank if state else None))
    return regression.regression(pairs, section.k, section.least_change)


def _redacted(system: System, report: CheckReport) -> CheckReport:
    """Mask what is stored of questions and answers."""
    guard = system.redactor.redact_text

    def masked(result: Result) -> Result:
        by = result.caused_by
        return replace(
            result,
            question=replace(result.question, question=guard(result.question.question)),
            expected=guard(result.expected),
            answer=guard(result.answer),
            reason=guard(result.reason),
            caused_by=replace(by, before=guard(by.before), after=guard(by.after)) if by else None,
        )

    return replace(report, results=tuple(masked(result) for result in report.results))
