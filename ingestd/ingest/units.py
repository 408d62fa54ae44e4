"""Units: the sentences, list items, table rows and code lines that chunks are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingestd.model.document import Element, ElementKind, RedactedDocument
from ingestd.values.sentences import sentences


@dataclass(frozen=True, slots=True)
class Unit:
    """A span `[start, end)` of the redacted text that only a token limit can divide."""

    start: int
    end: int
    kind: ElementKind
    level: int
    page: int | None
    table: int | None


def units(document: RedactedDocument) -> tuple[Unit, ...]:
    """Cut a document into units: in order, disjoint, covering every character but white space."""
    return tuple(
        Unit(start, end, element.kind, element.level, element.page, element.table)
        for element in document.elements
        for start, end in _trimmed(document.text, _spans(document.text, element))
    )


def _spans(text: str, element: Element) -> Iterator[tuple[int, int]]:
    match element.kind:
        case ElementKind.HEADING | ElementKind.TABLE_ROW:
            yield element.start, element.end
        case ElementKind.CODE:
            yield from _lines(text, element.start, element.end)
        case ElementKind.PARAGRAPH | ElementKind.LIST_ITEM:
            yield from sentences(text, element.start, element.end)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        newline = text.find("\n", start, end)
        stop = end if newline < 0 else newline + 1
        yield start, stop
        start = stop


def _trimmed(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in spans:
        kept = text[start:end]
        first = start + len(kept) - len(kept.lstrip())
        last = end - len(kept) + len(kept.rstrip())
        if first < last:
            yield first, last
