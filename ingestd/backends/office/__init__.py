"""Word, Excel and PowerPoint files: their texts taken out, and put back changed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

BREAK = "\x1f"
"""In a text that is put back: here one run of characters ends and a bold one begins."""

CELL, ROW, ELEMENT, PAGE, APART = "cell", "line", "element", "page", "apart"


def texts(content: bytes, suffix: str) -> tuple[list[str], list[str]] | None:
    """Return a file's texts and what stands between each and the next; `None`: it has none.

    Cells that are not next to each other are `APART`.
    """
    try:
        places = _places(_opened(content, suffix), suffix)
    except Exception:  # noqa: BLE001 (whatever a broken file makes these libraries raise)
        return None
    found = [_text(place) for place, _ in places]
    return (found, [after for _, after in places[:-1]]) if found else None


def rewritten(content: bytes, suffix: str, changed: Sequence[str]) -> bytes:
    """Return the file with other texts in the same places."""
    document = _opened(content, suffix)
    for (place, _), text in zip(_places(document, suffix), changed, strict=True):
        if _text(place) != text:
            _put(place, text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _opened(content: bytes, suffix: str) -> Any:
    stream = io.BytesIO(content)
    if suffix == ".docx":
        from docx import Document

        return Document(stream)
    if suffix == ".pptx":
        from pptx import Presentation

        return Presentation(stream)
    from openpyxl import load_workbook

    return load_workbook(stream)


def _places(document: Any, suffix: str) -> list[tuple[Any, str]]:
    places: list[tuple[Any, str]] = []
    if suffix == ".docx":
        from docx.text.paragraph import Paragraph

        blocks = list(document.iter_inner_content())
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if isinstance(block, Paragraph):
                # Links are no runs: what is put behind the runs is not beside what follows.
                alone = block.hyperlinks or not isinstance(following, Paragraph)
                if block.text.strip():
                    places.append((block, APART if alone else ELEMENT))
                continue
            for row in block.rows:
                cells = [p for cell in row.cells for p in cell.paragraphs[:1] if p.text.strip()]
                places += [(p, APART) for p in cells]
    elif suffix == ".pptx":
        plain = all(s.has_text_frame for slide in document.slides for s in slide.shapes)
        for slide in document.slides:
            frames = [s.text_frame for s in slide.shapes if s.has_text_frame]
            inside = [
                p for frame in frames for p in frame.paragraphs if p.runs and _text(p).strip()
            ]
            places += [(p, ELEMENT if plain else APART) for p in inside[:-1]]
            places += [(p, PAGE if plain else APART) for p in inside[-1:]]
    else:
        for sheet in document.worksheets:
            for row in sheet.iter_rows():
                cells = [c for c in row if isinstance(c.value, str) and _is_plain(c.value)]
                for cell, following in zip(cells, [*cells[1:], None], strict=True):
                    beside = following is not None and following.column == cell.column + 1
                    places.append((cell, CELL if beside else APART))
    # A merged cell is several times the same place.
    seen: set[int] = set()
    return [
        (place, after)
        for place, after in places
        if id(getattr(place, "_p", place)) not in seen
        and not seen.add(id(getattr(place, "_p", place)))  # type: ignore[func-returns-value]
    ]


def _is_plain(value: str) -> bool:
    return bool(value.strip()) and not value.startswith("=")


def _text(place: Any) -> str:
    if hasattr(place, "runs"):
        return "".join(run.text for run in place.runs) if place.runs else str(place.text)
    return str(place.value)


def _put(place: Any, text: str) -> None:
    if not hasattr(place, "runs"):
        place.value = text.replace(BREAK, "")
        return
    first, *rest = text.split(BREAK)
    for run in place.runs[1:]:
        run.text = ""
    if place.runs:
        place.runs[0].text = first
    else:
        run = place.add_run()
        run.text = first
    for number, piece in enumerate(rest):
        run = place.add_run()
        run.text = piece
        run.font.bold = number % 2 == 0
