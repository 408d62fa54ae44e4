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


def overtaken(
    questions: Iterable[GoldenQuestion],
    states: Mapping[str, QuestionState],
    asked_at: Mapping[str, int],
    versions: Mapping[DocId, int],
) -> list[GoldenQuestion]:
    """Return the questions that a commit overtook without a check: a process ended in between.

    `asked_at`: the index version at which each was last asked. `versions`: the one at which each
    document that is there was last written. What was never asked is among them.
    """
    found = []
    newer: dict[int, set[DocId]] = {}
    for question in questions:
        state, at = states.get(question.id), asked_at.get(question.id)
        if state is None or at is None:
            found.append(question)
            continue
        known = set(state.answered_from)
        if question.bound:
            known.add(doc_id(question.source, DocPath(question.path)))
        changed = any(versions.get(one, at + 1) > at for one in known)
        if at not in newer:
            newer[at] = {one for one, version in versions.items() if version > at}
        if changed or affected([question], states, newer[at]):
            found.append(question)
    return found
