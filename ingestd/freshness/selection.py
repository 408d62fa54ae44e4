"""Selection: which questions a commit can have changed the answers of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ingestd.model.check import QuestionState
from ingestd.model.golden import GoldenQuestion
from ingestd.model.ids import DocId, DocPath, doc_id


def affected(
    questions: Iterable[GoldenQuestion],
    states: Mapping[str, QuestionState],
    changed: Collection[DocId],
) -> list[GoldenQuestion]:
    """Return the questions that are bound to changed documents or were last answered from them.

    A question that was never answered, or last failed without a document, may be answered by any.
    """
    touched = frozenset(changed)
    found = []
    for question in questions:
        state = states.get(question.id)
        if question.bound:
            if doc_id(question.source, DocPath(question.path)) in touched:
                found.append(question)
        elif (
            state is None or not state.answered_from or not touched.isdisjoint(state.answered_from)
        ):
            found.append(question)
    return found
