"""Golden questions: what is asked, what is true, and what a document owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class ValueType(StrEnum):
    """How a truth and an answer are compared."""

    NUMBER = "number"
    QUANTITY = "quantity"
    CURRENCY = "currency"
    PERCENT = "percent"
    DATE = "date"
    DURATION = "duration"
    BOOLEAN = "boolean"
    VERSION = "version"
    ONE_OF = "one_of"
    SET = "set"
    REGEX = "regex"
    TEXT = "text"


class Severity(StrEnum):
    """How much a failure matters, the least first."""

    INFO = "info"
    WARN = "warn"
    PAGE = "page"

    @property
    def rank(self) -> int:
        """Return its place in the order."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Static:
    """A truth that is written down; several for `one_of` and `set`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvCell:
    """A truth that is read from a cell of a CSV or XLSX file."""

    file: str
    column: str
    where: tuple[tuple[str, str], ...] = ()
    """Column and value that together choose the row; none: `row` does."""
    row: int = 1
    """Counted from 1 below the heading."""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """A truth that is the first column of the first row of a query."""

    url: str
    query: str


@dataclass(frozen=True, slots=True)
class HttpValue:
    """A truth that stands in the JSON of an HTTP endpoint."""

    url: str
    path: str
    """A JSONPath (RFC 9535)."""
    headers: tuple[tuple[str, str], ...] = ()


Truth = Static | CsvCell | SqlQuery | HttpValue


@dataclass(frozen=True, slots=True)
class Reference:
    """A passage or a document that answers the question, for measuring retrieval."""

    source: str = ""
    path: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question whose answer is known."""

    id: str
    question: str
    truth: Truth
    type: ValueType
    tolerance: str = "0"
    locale: str = "en"
    source: str = ""
    """Name of the source of the document that it is bound to; empty: bound to none."""
    path: str = ""
    max_lag: timedelta = timedelta(minutes=15)
    pace: timedelta | None = None
    """The document promises a change of its content at least this often."""
    review_after: date | None = None
    tags: tuple[str, ...] = ()
    severity: Severity = Severity.WARN
    references: tuple[Reference, ...] = ()
    line: int = 0
    """Where it stands in the golden file."""
    faults: tuple[str, ...] = field(default=())
    """What is wrong with it; such a question is reported as unknown, and the others go on."""

    @property
    def bound(self) -> bool:
        """Say whether it is bound to one document."""
        return bool(self.path)

    @property
    def live(self) -> bool:
        """Say whether its truth is read anew at each check."""
        return not isinstance(self.truth, Static)
