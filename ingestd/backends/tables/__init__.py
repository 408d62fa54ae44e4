"""Truths in cells of CSV and XLSX files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zipfile import BadZipFile

from ingestd.model.check import TruthReading
from ingestd.model.golden import CsvCell, Truth

_SNIFFED = 8192


class TableTruth:
    """Reads a cell by its column's heading and its row's values."""

    def __init__(self, base: Path) -> None:
        """Take the folder that relative paths start at."""
        self._base = base

    def read(self, truth: Truth) -> TruthReading:
        """Read the cell."""
        if not isinstance(truth, CsvCell):
            raise TypeError("a cell")
        path = self._base / Path(truth.file).expanduser()
        try:
            rows = _sheet(path, truth.sheet) if path.suffix.lower() == ".xlsx" else _csv(path)
            heading = next(rows, None)
            if heading is None:
                return TruthReading(error=f"truth: {path}: empty")
            return _cell(path, truth, heading, rows)
        except OSError as error:
            return TruthReading(
                error=f"truth: {path}: cannot be read: {error.strerror or 'broken'}"
            )
        except (UnicodeDecodeError, csv.Error, BadZipFile, KeyError, ValueError) as error:
            return TruthReading(error=f"truth: {path}: not a table: {error}")


def _cell(
    path: Path, truth: CsvCell, heading: list[str], rows: Iterator[list[str]]
) -> TruthReading:
    names = [name.strip() for name in heading]
    wanted = [truth.column, *(column for column, _ in truth.where)]
    for column in wanted:
        if column not in names:
            return TruthReading(
                error=f"truth: {path}: no column {column!r}; there are {', '.join(names)}"
            )
    at = names.index(truth.column)
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row] + [""] * (len(names) - len(row))
        chosen = all(cells[names.index(column)] == value for column, value in truth.where)
        if (truth.where and chosen) or (not truth.where and number == truth.row):
            value = cells[at]
            if not value:
                return TruthReading(error=f"truth: {path}: row {number}: {truth.column} is empty")
            return TruthReading((value,))
    told = ", ".join(f"{c} = {v}" for c, v in truth.where) or f"number {truth.row}"
    return TruthReading(error=f"truth: {path}: no row with {told}")


def _csv(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        sample = stream.read(_SNIFFED)
        stream.seek(0)
        try:
            dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(sample, delimiters=",;\t|")
        except csv.Error:
            dialect = "excel"
        yield from csv.reader(stream, dialect)


def _sheet(path: Path, name: str) -> Iterator[list[str]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if name and name not in book.sheetnames:
            raise ValueError(f"no sheet {name!r}; there are {', '.join(book.sheetnames)}")
        sheet = book[name] if name else book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_text(value) for value in row]
    finally:
        book.close()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
