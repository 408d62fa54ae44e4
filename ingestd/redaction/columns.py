"""Columns: cells read with their table's header, which may be the word that tells what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingestd.model.document import Element, ElementKind

_BAR = re.compile(r"[ \t]*\|[ \t]*")
_TELLING = re.compile(
    r"(?<![^\W_])(?:ssn|social|itin|tax|taxpayer|nhs|nino|insurance|pesel|bsn|burgerservicenummer|tfn"
    r"|medicare|aadhaar|aadhar|sin|cpf|cpr|personnummer|routing|aba|passports?|reisepass|pasaporte"
    r"|passeport|licen[cs]e|dl|dob|birth|birthday|birthdate|born|geburtsdatum|naissance|nacimiento"
    r"|nascita|phones?|telephone|tel|mobile|cell|fax|telefon|handy|password|passwd|pwd|secret|token|key"
    r"|steuer\w*|idnr|nir|rijksregister\w*|niss|insz)(?![^\W_])",
    re.IGNORECASE,
)
_LONGEST_HEADER = 60
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it reads behind its header, and where it stands."""

    text: str
    """`header: cell`."""
    prefix: int
    """How much of `text` is not the cell."""
    start: int
    """Where the cell begins in the document's text."""


def told(text: str, elements: Sequence[Element]) -> Iterator[Cell]:
    """Yield the cells of columns whose header says that something personal is below it."""
    headers: dict[int, dict[int, str]] = {}
    for element in elements:
        if element.kind is not ElementKind.TABLE_ROW or element.table is None:
            continue
        cells = list(_cells(text, element))
        if element.table not in headers:
            headers[element.table] = {
                number: " ".join(_SIGNS.split(text[start:end])).strip()
                for number, (start, end) in enumerate(cells)
                if end - start <= _LONGEST_HEADER and _TELLING.search(text, start, end)
            }
            continue
        for number, header in headers[element.table].items():
            if number < len(cells):
                start, end = cells[number]
                yield Cell(f"{header}: {text[start:end]}", len(header) + 2, start)


def _cells(text: str, row: Element) -> Iterator[tuple[int, int]]:
    start = row.start
    for bar in _BAR.finditer(text, row.start, row.end):
        yield start, bar.start()
        start = bar.end()
    yield start, row.end
