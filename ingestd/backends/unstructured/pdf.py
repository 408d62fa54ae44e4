"""The text layer of a PDF, page by page, as unstructured's elements would have it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingestd.model.document import SOFT_BREAK, ElementKind, RawElement

_BULLET = re.compile(r"^\s*(?:[•◦▪‣●○■□–]|[-*](?=\s)|\(?\d{1,2}[.)](?=\s))\s*")
_ENDS = re.compile(r"""[.!?:;…]["'”’)\]]*\s*$""")


@dataclass(frozen=True, slots=True)
class PdfText:
    """What a PDF says."""

    elements: tuple[RawElement, ...]
    title: str
    pages: int
    silent: tuple[int, ...]
    """Pages without any text: scanned, or drawn."""


class Locked(Exception):
    """The file asks for a password."""


def read(content: bytes) -> PdfText:
    """Read every page's text; raises Locked, or pdfium's own error for what is no PDF."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Locked from error
        raise
    try:
        title = document.get_metadata_dict().get("Title", "")
        elements: list[RawElement] = []
        silent: list[int] = []
        for index in range(len(document)):
            page = document[index]
            text_page = page.get_textpage()
            text = text_page.get_text_bounded()
            text_page.close()
            page.close()
            found = list(paragraphs(text, index + 1))
            elements += found
            if not found:
                silent.append(index + 1)
        return PdfText(tuple(elements), title, len(document), tuple(silent))
    finally:
        document.close()


def paragraphs(text: str, page: int) -> list[RawElement]:
    """Join a page's lines into paragraphs and list items.

    A paragraph ends at a blank line, before a bullet, and after a line that ends a sentence well
    before the page's usual width.
    """
    # pdfium writes U+FFFE or U+0002 where a word was hyphenated at a line's end; in a number the
    # hyphen is its own.
    text = re.sub("(?<=[0-9A-Z])[\ufffe\x02]\r?\n?(?=[0-9A-Z])", "-", text)
    lines = re.sub("[\ufffe\x02]\r?\n?", "", text).splitlines()
    width = max((len(line.rstrip()) for line in lines), default=0)
    found: list[RawElement] = []
    current: list[str] = []
    kind = ElementKind.PARAGRAPH

    def close() -> None:
        joined = SOFT_BREAK.join(" ".join(line.split()) for line in current)
        if joined:
            found.append(RawElement(kind, joined, page=page))
        current.clear()

    for line in lines:
        bullet = _BULLET.match(line)
        if not line.strip() or bullet:
            close()
            kind = ElementKind.LIST_ITEM if bullet else ElementKind.PARAGRAPH
        if line.strip():
            current.append(line.strip())
            if _ENDS.search(line) and len(line.rstrip()) < width * 0.8:
                close()
                kind = ElementKind.PARAGRAPH
    close()
    return found
