"""Line breaks inside paragraphs, carried through parsers that would make spaces of them.

A number that goes on in the next line is one number; redaction must see that there was a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingestd.model.document import SOFT_BREAK, ElementKind, RawElement

_MARK = "\ufdd1"  # a noncharacter: no document has it
_PROSE = re.compile(
    # Every line that is not markup of its own, before another that is not. A mark that ends an
    # element is stripped with its white space: before a list item or a blank line it does no harm.
    r"(?m)^(?![ \t]*(?:[|<=]|#\+\w|~~~|```|\[[^\]\n]*\]:|[^\w\s]{2,}[ \t]*$))"
    r"([^\n]*[^\s|\\<>])(?<!~~~)(?<!```)([ \t]*\r?\n)(?=\s*[^\s|<=])(?!\s*(?::[ \t]|~~~|```))"
    r"(?!\s*[^\w\s]+[ \t]*\r?$)(?![^\n]*\|[ \t]*\r?$)"
)
_DELIMITERS = re.compile(r"(?m)^[ \t]*(?=[^\n]*\|)\|?(?:[ \t]*:?-+:?[ \t]*\|?)+[ \t]*\r?$")
_BREAK_TAG = re.compile(r"(?<=[^\s>])(\s*<br\s*/?>)(?=\s*[^\s<])", re.IGNORECASE)


def mark(text: str) -> str:
    """Mark the ends of lines that a parser joins with the next."""
    rows = _table_rows(text)

    def put(line: re.Match[str]) -> str:
        if line.start() in rows or line.end() in rows:
            return line.group()
        return f"{line[1]}{_MARK}{line[2]}"

    return _PROSE.sub(put, text)


def _table_rows(text: str) -> frozenset[int]:
    """Return where the rows of Markdown tables begin: from above dashes to a line without "|"."""
    rows: set[int] = set()
    for found in _DELIMITERS.finditer(text):
        start = text.rfind("\n", 0, max(found.start() - 1, 0)) + 1
        while start < len(text):
            stop = text.find("\n", start)
            stop = len(text) if stop < 0 else stop
            if start > found.start() and "|" not in text[start:stop]:
                break
            rows.add(start)
            start = stop + 1
    return frozenset(rows)


def mark_html(text: str) -> str:
    """Mark the breaks that HTML shows."""
    return _BREAK_TAG.sub(rf"{_MARK}\1", text)


def unmark(elements: Iterable[RawElement]) -> Iterator[RawElement]:
    """Put soft breaks where marks have come through; in code a line's end is there already."""
    for element in elements:
        if _MARK not in element.text:
            yield element
        elif element.kind is ElementKind.CODE:
            yield replace(element, text=element.text.replace(_MARK, ""))
        else:
            yield replace(element, text=_THROUGH.sub(SOFT_BREAK, element.text))


_THROUGH = re.compile(rf"{_MARK}\s*")
