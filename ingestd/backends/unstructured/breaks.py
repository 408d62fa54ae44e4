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
    r"(?m)^(?![ \t]*(?:[|<=]|~~~|```|\[[^\]\n]*\]:|[^\w\s]{2,}[ \t]*$))"
    r"([^|\n]*[^\s|\\<>])(?<!~~~)(?<!```)([ \t]*\r?\n)(?=\s*[^\s|<=])(?!\s*(?::[ \t]|~~~|```))"
    r"(?!\s*[^\w\s]+[ \t]*\r?$)(?![^\n]*\|[^\n]*\||[^\n]*\|[ \t]*\r?$)"
)
_BREAK_TAG = re.compile(r"(?<=[^\s>])(\s*<br\s*/?>)(?=\s*[^\s<])", re.IGNORECASE)


def mark(text: str) -> str:
    """Mark the ends of lines that a parser joins with the next."""
    return _PROSE.sub(rf"\1{_MARK}\2", text)


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
