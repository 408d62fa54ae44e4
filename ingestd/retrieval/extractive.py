"""The extractive answerer: the sentence that answers, its value, or the courage to abstain."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingestd.model.answer import Anchor, Answer, Asking
from ingestd.model.golden import ValueType
from ingestd.model.index import Hit
from ingestd.retrieval.matching import Tokens, TokenVectors, matches, near, weights
from ingestd.retrieval.search import Searcher
from ingestd.retrieval.statements import Statement, column_at, statements, values
from ingestd.values.kinds import Found
from ingestd.values.polarity import answer_in
from ingestd.values.reading import SPANNED

CONFIDENT = 0.45
"""Under this the answerer abstains; chosen on questions whose document is not in the index."""
_ANCHORED = 0.72
"""How alike a statement must be to the one that was last confirmed to be taken for the same."""
_HIT_SHARE = 0.12
_ANCHOR_SHARE = 0.6
_SLICE = 16
_WORD = re.compile(r"\w+|[^\w\s]")
_NUMBER = re.compile(r"\d[\d.,:]*")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement that may answer."""

    index: int
    """Of its hit."""
    statement: Statement
    passage: Tokens
    values: list[Found]
    score: float
    likeness: float


class ExtractiveAnswerer:
    """Answers from the index alone: no model but the embedder, nothing made up."""

    def __init__(
        self,
        searcher: Searcher,
        tokens: TokenVectors,
        k: int,
        confident: float = CONFIDENT,
    ) -> None:
        self._searcher = searcher
        self._tokens = tokens
        self._k = k
        self._confident = confident

    def answer(self, askings: Sequence[Asking]) -> list[Answer]:
        """Answer each question from its k best passages."""
        answers: list[Answer] = []
        if not askings:
            return answers
        vectors = self._searcher.embedded([a.question for a in askings])
        for start in range(0, len(askings), _SLICE):
            some = askings[start : start + _SLICE]
            found = self._searcher.search_many(
                [a.question for a in some],
                self._k,
                [a.document for a in some],
                vectors[start : start + _SLICE],
            )
            questions = self._tokens.of_texts([a.question for a in some])
            for asking, hits, question in zip(some, found, questions, strict=True):
                answers.append(self._from(asking, hits, question))
        return answers

    def _from(self, asking: Asking, hits: Sequence[Hit], question: Tokens) -> Answer:
        context = tuple(hits)
        weight = weights(asking.question, question)
        candidates = self._candidates(asking, hits, question, weight)
        if not candidates:
            return Answer("", abstained=True, context=context)
        best = max(candidates, key=lambda c: (c.score, -c.index, -c.statement.start))
        text = best.statement.text
        start, end = 0, len(text)
        if best.values:
            chosen = _value(asking, best, question, weight)
            start, end = chosen.start, chosen.end
        if best.score < self._confident and best.likeness < _ANCHORED:
            return Answer(
                "", abstained=True, context=context, statement=text, confidence=best.score
            )
        said = text[start:end]
        if asking.kind is ValueType.BOOLEAN:
            said = "yes" if answer_in(text, asking.question) else "no"
        return Answer(
            _with_column(said, best.statement, start, asking.kind),
            context=context,
            cited=(best.index,),
            statement=text,
            start=start,
            end=end,
            confidence=best.score,
        )

    def _candidates(
        self,
        asking: Asking,
        hits: Sequence[Hit],
        question: Tokens,
        weight: npt.NDArray[np.float32],
    ) -> list[_Candidate]:
        passages = self._tokens.of_rows([hit.row for hit in hits])
        raw: list[tuple[int, Statement, Tokens, list[Found], npt.NDArray[np.float32]]] = []
        for index, (hit, passage) in enumerate(zip(hits, passages, strict=True)):
            cut = statements(hit.row.text, hit.row.prefix)
            for statement, match in zip(cut, matches(question, passage, cut), strict=True):
                typed = values(statement, asking.kind, asking.locale)
                if typed or asking.kind not in SPANNED:
                    raw.append((index, statement, passage, typed, match.best))
        if not raw:
            return []
        table = np.stack([best for *_, best in raw])
        total = max(float(weight.sum()), 1e-6)
        top = max((hit.score for hit in hits), default=1.0) or 1.0
        made = []
        for (index, statement, passage, typed, _), row in zip(raw, table, strict=True):
            hit = hits[index]
            like = _likeness(asking.anchor, statement, hit)
            score = float((row * weight).sum()) / total
            score += _HIT_SHARE * (hit.score / top - 1.0)
            score += _ANCHOR_SHARE * max(like - 0.4, 0.0)
            made.append(_Candidate(index, statement, passage, typed, score, like))
        return made


def _value(
    asking: Asking, best: _Candidate, question: Tokens, weight: npt.NDArray[np.float32]
) -> Found:
    """Choose among a statement's values: the anchor's place first, then what stands near."""
    # What the question itself says is not its answer: "How much leave after five years?"
    fresh = [v for v in best.values if best.statement.text[v.start : v.end] not in asking.question]
    several = fresh or best.values
    if len(several) == 1:
        return several[0]
    anchor = asking.anchor
    if anchor is not None and best.likeness >= _ANCHORED:
        return max(several, key=lambda v: _fit(anchor, best.statement.text, v))

    def score(value: Found) -> float:
        center = best.statement.start + (value.start + value.end) / 2
        near_it = near(question, weight, best.passage, best.statement, center)
        column = column_at(best.statement, value.start)
        return near_it + 0.25 * _shared(column, asking.question)

    return max(several, key=lambda v: (score(v), -v.start))


def _shared(column: str, question: str) -> float:
    words = {_stem(w) for w in _WORD.findall(column.casefold()) if w.isalpha()}
    asked = {_stem(w) for w in _WORD.findall(question.casefold())}
    return len(words & asked) / len(words) if words else 0.0


def _stem(word: str) -> str:
    return word[:5]


def _likeness(anchor: Anchor | None, statement: Statement, hit: Hit) -> float:
    """Say how alike a statement is to the anchor, from 0 to 1, numbers and the value left out."""
    if anchor is None:
        return 0.0
    ours = _frame(anchor.before) + _frame(anchor.after)
    theirs = _frame(statement.text)
    if not ours or not theirs:
        return 0.0
    blocks = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks)
    ratio = shared / max(len(ours), min(len(theirs), len(ours) + 8))
    return ratio if hit.row.doc_id == anchor.doc_id else ratio * 0.95


def _fit(anchor: Anchor, text: str, value: Found) -> float:
    """Say how well a value's surroundings are those of the anchor's value."""
    left = difflib.SequenceMatcher(
        None, _frame(anchor.before), _frame(text[: value.start]), autojunk=False
    ).ratio()
    right = difflib.SequenceMatcher(
        None, _frame(anchor.after), _frame(text[value.end :]), autojunk=False
    ).ratio()
    return left + right


def _frame(text: str) -> list[str]:
    """Return a text's words without its numbers: what stays when a value changes."""
    return _WORD.findall(_NUMBER.sub(" ", text.casefold()))


def _with_column(said: str, statement: Statement, start: int, kind: ValueType) -> str:
    """Give a bare price the currency that its column's heading names."""
    if kind is not ValueType.CURRENCY or not statement.columns:
        return said
    if any(not c.isdigit() and c not in ".,' -" for c in said):
        return said
    named = re.findall(r"\b[A-Z]{3}\b|[€$£¥]", column_at(statement, start))
    return f"{said} {named[0]}" if named else said
