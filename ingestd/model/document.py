"""What a parser makes of a file: elements with spans in one text, raw first, then redacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SOFT_BREAK = "\u2028"
"""In a raw text: a line of the file ends here, in the middle of a paragraph; stored as a space."""


class ElementKind(StrEnum):
    """What an element is; it decides how the element is cut into units."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class RawElement:
    """A piece of a document as parsed, personal data included; lives in the parser child only."""

    kind: ElementKind
    text: str
    level: int = 0
    """Depth of a heading, 1 for the outermost; 0 for everything else."""
    page: int | None = None
    table: int | None = None
    """Ordinal of the table a row belongs to; its first row is its header."""


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A whole document as parsed; never leaves the parser child."""

    elements: tuple[RawElement, ...]
    mime: str
    title: str = ""
    lang: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """A span of a redacted document's text: `text[start:end]`, in code points."""

    kind: ElementKind
    start: int
    end: int
    level: int = 0
    page: int | None = None
    table: int | None = None


@dataclass(frozen=True, slots=True)
class RedactedDocument:
    """A document without the personal data that the policy masks; only this can be chunked.

    Made by `ingestd.redaction.redactor.Redactor` alone.
    """

    text: str
    elements: tuple[Element, ...]
    mime: str
    title: str = ""
    lang: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    """How many findings of each entity type were masked; never their values."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of units of one document: `document.text[start:end] == text`."""

    ordinal: int
    start: int
    end: int
    text: str
    prefix: str
    """Heading trail and, for a table's rows, the header row; embedded before the text."""
    heading: tuple[str, ...]
    page: int | None
    tokens: int
    """What the model is given for `prefix + text`, special tokens included."""
