"""unstructured's elements to ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ingestd.model.document import ElementKind, RawElement

_CELL = " | "


def elements(found: Iterable[Any], *, slides: bool = False) -> Iterator[RawElement]:
    """Translate elements in order; tables become rows, sheets and their names headings.

    `slides`: every line of a slide is a title to unstructured; only the outermost is one here.
    """
    table = 0
    sheet: str | None = None
    for element in found:
        meta = element.metadata
        page = meta.page_number
        if meta.page_name and meta.page_name != sheet:
            sheet = meta.page_name
            yield RawElement(ElementKind.HEADING, sheet, level=1, page=page)
        if meta.text_as_html:
            table += 1
            yield from rows(meta.text_as_html, element.text, page, table)
            continue
        text = element.text or ""
        match element.category:
            case "PageBreak":
                continue
            case "Title" if meta.category_depth is not None and not sheet:
                depth = meta.category_depth
                if slides and depth > 0:
                    yield RawElement(ElementKind.LIST_ITEM, text, page=page)
                else:
                    yield RawElement(ElementKind.HEADING, text, level=depth + 1, page=page)
            case "ListItem":
                yield RawElement(ElementKind.LIST_ITEM, text, page=page)
            case "CodeSnippet":
                yield RawElement(ElementKind.CODE, text, page=page)
            case _:
                yield RawElement(ElementKind.PARAGRAPH, text, page=page)


def rows(html: str, text: str, page: int | None, table: int) -> Iterator[RawElement]:
    """Cut a table into its rows, cells a bar apart; the first row is the header."""
    from lxml import html as parser
    from lxml.etree import ParserError

    try:
        root = parser.fromstring(html)
    except ParserError:
        yield RawElement(ElementKind.PARAGRAPH, text, page=page)
        return
    for row in root.iter("tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row.iter("td", "th")]
        while cells and not cells[-1]:
            cells.pop()
        if any(cells):
            yield RawElement(ElementKind.TABLE_ROW, _CELL.join(cells), page=page, table=table)
