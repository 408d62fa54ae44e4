"""Faithfulness and relevance of an answer, without a model that judges."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestd.model.answer import Answer
from ingestd.values.texts import critical_tokens, tokens

_FORM = frozenset(
    "is are was were be do does did has have had how many much what which who when where "
    "why can may must shall should will would could might the a an of in on at to for by "
    "with and or not no any it its i you we they my your our".split()
)
_STEM = 5


def faithfulness(answer: Answer, locale: str, question: str = "") -> float:
    """Return the share of an answer's critical tokens that its passages or the question hold.

    Its passages are those that it cites, or all it was given where it cites none.
    """
    critical = critical_tokens(answer.text, locale)
    if not critical:
        return 1.0
    cited = [answer.context[n] for n in answer.cited] or answer.context
    told = " ".join(f"{h.row.prefix} {h.row.title} {h.row.path} {h.row.text}" for h in cited)
    there = critical_tokens(told, locale) | set(tokens(told)) | set(tokens(question))
    there |= critical_tokens(question, locale)
    return sum(token in there for token in critical) / len(critical)


def relevance(answer: Answer, question: str) -> float:
    """Return the share of a question's content words that the answer or its statement takes up."""
    asked = {w[:_STEM] for w in tokens(question) if w not in _FORM}
    if not asked:
        return 1.0
    heading = " ".join(
        " ".join((*answer.context[n].row.heading, answer.context[n].row.title))
        for n in answer.cited
        if n < len(answer.context)
    )
    said = {w[:_STEM] for w in tokens(f"{answer.text} {answer.statement} {heading}")}
    return len(asked & said) / len(asked)


def cited_paths(answer: Answer) -> Sequence[str]:
    """Return the documents that an answer names, each once."""
    return list(
        dict.fromkeys(
            f"{answer.context[n].row.source}:{answer.context[n].row.path}" for n in answer.cited
        )
    )


MARK = re.compile(r"\[(\d{1,2})\]")
"""How a generated answer cites a passage, by its number from 1."""
