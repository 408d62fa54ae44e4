"""What is asked of an answerer, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

from ingestd.model.golden import ValueType
from ingestd.model.ids import DocId
from ingestd.model.index import Hit


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a question was last answered rightly: a statement with its value left out."""

    before: str
    after: str
    """The statement before and after the value; the value itself is not part of it."""
    doc_id: DocId


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as it is put to an answerer."""

    question: str
    kind: ValueType = ValueType.TEXT
    locale: str = "en"
    document: DocId | None = None
    """Answer from this document alone; `None`: from the whole index."""
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answerer said, and from which passages."""

    text: str
    """Empty where it declined."""
    abstained: bool = False
    context: tuple[Hit, ...] = ()
    """The passages that it was given, the best first."""
    cited: tuple[int, ...] = ()
    """Indexes into `context` of those that the answer rests on."""
    statement: str = ""
    """The sentence or table row that the answer was taken from, where it was taken from one."""
    start: int = 0
    end: int = 0
    """The answer's own span in `statement`."""
    error: str = ""
    """Why there is no answer; such a check is neither passed nor failed."""
    confidence: float = 0.0
