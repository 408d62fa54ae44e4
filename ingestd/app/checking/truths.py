"""Truths read once a run, whatever number of questions share them."""

from __future__ import annotations

from pathlib import Path

from ingestd.errors import IngestdError
from ingestd.model.check import TruthReading
from ingestd.model.golden import CsvCell, GoldenQuestion, SqlQuery, Static, Truth, ValueType
from ingestd.ports.truth import TruthReader
from ingestd.values import reading
from ingestd.values.kinds import Unreadable

_SECRET_FILE = "file:"  # noqa: S105 (a prefix, no secret)


class Truths:
    """Reads truths of every kind, and remembers them as long as it lives."""

    def __init__(self, base: Path, seconds: float) -> None:
        """Take the folder that relative paths start at, and the time limit of one truth."""
        self._base = base
        self._seconds = seconds
        self._read: dict[Truth, TruthReading] = {}

    def read(self, question: GoldenQuestion) -> TruthReading:
        """Return a question's truth as it is now, checked against its type."""
        if isinstance(question.truth, Static):
            return TruthReading(question.truth.values)
        if question.truth not in self._read:
            self._read[question.truth] = self._now(question.truth)
        found = self._read[question.truth]
        if found.error or question.type not in (*reading.SPANNED, ValueType.BOOLEAN):
            return found
        try:
            reading.read(found.values[0], question.type, question.locale)
        except Unreadable as error:
            return TruthReading(error=f"truth: {error}")
        return TruthReading(found.values[:1])

    def _now(self, truth: Truth) -> TruthReading:
        if isinstance(truth, SqlQuery) and truth.url.startswith(_SECRET_FILE):
            try:
                url = (self._base / truth.url.removeprefix(_SECRET_FILE)).read_text("utf-8").strip()
            except OSError as error:
                return TruthReading(error=f"truth: sql: url_file cannot be read: {error.strerror}")
            truth = SqlQuery(url, truth.query)
        if isinstance(truth, SqlQuery) and truth.url.startswith("sqlite:///"):
            path = truth.url.removeprefix("sqlite:///")
            truth = SqlQuery(f"sqlite:///{self._base / path}", truth.query)
        try:
            return self._reader(truth).read(truth)
        except IngestdError as error:
            return TruthReading(error=f"truth: {error}")

    def _reader(self, truth: Truth) -> TruthReader:
        match truth:
            case CsvCell():
                from ingestd.backends.tables import TableTruth

                return TableTruth(self._base)
            case SqlQuery():
                from ingestd.backends.sqlalchemy import SqlTruth

                return SqlTruth(self._seconds)
            case _:
                from ingestd.backends.http.client import Patience
                from ingestd.backends.http.truth import HttpTruth

                return HttpTruth(Patience(self._seconds))
