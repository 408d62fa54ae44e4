"""Statements: the sentences, list items and table rows of a passage, each with its context."""

from __future__ import annotations

from dataclasses import dataclass

from ingestd.model.golden import ValueType
from ingestd.values import comparing
from ingestd.values.kinds import Found
from ingestd.values.reading import SPANNED, found
from ingestd.values.sentences import sentences

CELL = " | "
"""What stands between two cells of a table's row in a stored text."""
_ROW_BREAK = "\n"
_BLOCK_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Statement:
    """`passage[start:end]`, what says one thing."""

    start: int
    end: int
    text: str
    heading: tuple[int, int] | None = None
    """The span of the heading above it, where the passage holds it."""
    columns: tuple[str, ...] = ()
    """The table's headings, for a row."""


def statements(passage: str, prefix: str) -> list[Statement]:
    """Cut a passage into statements."""
    made: list[Statement] = []
    columns = _header_of(prefix)
    heading: tuple[int, int] | None = None
    start = 0
    for block in passage.split(_BLOCK_BREAK):
        end = start + len(block)
        if CELL in block:
            made += _rows(passage, start, end, columns, heading)
            columns = ()
        else:
            columns = ()
            if _is_heading(block):
                heading = (start, end)
            for line_start, line_end in _lines(passage, start, end):
                for a, b in sentences(passage, line_start, line_end):
                    text = passage[a:b]
                    trimmed = text.strip()
                    if trimmed:
                        at = a + len(text) - len(text.lstrip())
                        own = heading if heading != (start, end) else None
                        made.append(Statement(at, at + len(trimmed), trimmed, own))
        start = end + len(_BLOCK_BREAK)
    return made


def values(statement: Statement, kind: ValueType, locale: str) -> list[Found]:
    """Return a statement's values of a type; a cell's with what its column's heading says."""
    if kind not in SPANNED:
        return []
    if not statement.columns:
        return comparing.values_in(statement.text, kind, locale)
    made: list[Found] = []
    at = 0
    for index, cell in enumerate(statement.text.split(CELL)):
        column = statement.columns[index] if index < len(statement.columns) else ""
        made += [
            Found(at + one.start, at + one.end, one.value)
            for one in found(cell, kind, locale, column)
        ]
        at += len(cell) + len(CELL)
    return made


def column_at(statement: Statement, position: int) -> str:
    """Return the heading of the column that a place in a row stands in."""
    index = statement.text.count(CELL, 0, position)
    return statement.columns[index] if index < len(statement.columns) else ""


def _header_of(prefix: str) -> tuple[str, ...]:
    lines = [line for line in prefix.splitlines() if CELL in line]
    return tuple(cell.strip() for cell in lines[-1].split(CELL)) if lines else ()


def _rows(
    passage: str, start: int, end: int, columns: tuple[str, ...], heading: tuple[int, int] | None
) -> list[Statement]:
    made: list[Statement] = []
    for line_start, line_end in _lines(passage, start, end):
        line = passage[line_start:line_end]
        if CELL not in line:
            if line.strip():
                made.append(Statement(line_start, line_end, line, heading))
            continue
        if not columns:
            columns = tuple(cell.strip() for cell in line.split(CELL))
            continue
        made.append(Statement(line_start, line_end, line, heading, columns))
    return made


def _lines(passage: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    while start < end:
        stop = passage.find(_ROW_BREAK, start, end)
        stop = end if stop < 0 else stop
        if passage[start:stop].strip():
            spans.append((start, stop))
        start = stop + 1
    return spans


def _is_heading(block: str) -> bool:
    """Say whether a block reads as a heading: one short line that is no sentence."""
    return (
        "\n" not in block
        and len(block) <= 120
        and not block.rstrip().endswith((".", "!", "?", ";", ","))
    )
