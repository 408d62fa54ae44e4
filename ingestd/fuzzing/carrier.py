"""A carrier: a document as pieces of text and the boundaries between them, written back at will."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from itertools import pairwise


class Boundary(StrEnum):
    """What can stand between two pieces of a document, or around one."""

    CHUNK = "chunk"
    UNIT = "unit"
    LINE = "line"
    PAGE = "page"
    CELL = "cell"
    ELEMENT = "element"
    HEADING = "heading"
    LIST_ITEM = "list item"
    MARKUP = "markup"
    ENCODING = "encoding"
    HEADER = "header"
    ATTACHMENT_NAME = "attachment name"
    FILE_NAME = "file name"


@dataclass(slots=True)
class Carrier:
    """A document that values can be planted in."""

    kind: str
    """`text`, `markdown`, `html`, `json`, `table`, `mail`, `office`, `pages`."""
    pieces: list[str]
    glues: list[Boundary]
    """What stands between a piece and the next; one fewer than pieces."""
    write: Callable[[Sequence[str]], bytes]
    encoding: str = "utf-8"
    apart: frozenset[int] = frozenset()
    """Pieces that are not next to the one after them: no value goes on from one to the other."""

    @property
    def one_line(self) -> bool:
        """Say whether a piece cannot hold a line break."""
        return self.kind in ("table", "mail", "pages", "office")


_CUT = re.compile(r"\n[ \t]*\n\s*|\n|(?<=\S) \| (?=\S)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!|```|~~~")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def text_carrier(text: str, kind: str, encoding: str) -> Carrier:
    """Cut a text at its lines and cells."""
    pieces: list[str] = []
    glues: list[str] = []
    position = 0
    for match in _CUT.finditer(text):
        pieces.append(text[position : match.start()])
        glues.append(match.group())
        position = match.end()
    pieces.append(text[position:])

    def boundary(index: int) -> Boundary:
        before, glue, after = pieces[index], glues[index], pieces[index + 1]
        if "|" in glue:
            return Boundary.CELL
        if _HEADING.match(before) or _HEADING.match(after):
            return Boundary.HEADING
        if _ITEM.match(after):
            return Boundary.LIST_ITEM
        return Boundary.ELEMENT if glue.count("\n") > 1 else Boundary.LINE

    # Lines of HTML inside Markdown are no lines when they are shown.
    apart = frozenset(n for n, piece in enumerate(pieces) if _TAG.search(piece))
    # Nor does a value go on from a table's row to what stands outside of it.
    rows = frozenset(
        n for n, g in enumerate(glues) if "\n" in g and "|" in pieces[n] + pieces[n + 1]
    )

    def write(changed: Sequence[str]) -> bytes:
        whole = "".join(p + g for p, g in zip(changed, [*glues, ""], strict=True))
        return whole.encode(encoding, "xmlcharrefreplace" if kind == "markdown" else "replace")

    kinds = [boundary(n) for n in range(len(glues))]
    return Carrier(kind, pieces, kinds, write, encoding, apart | rows | {n - 1 for n in apart})


_NODE = re.compile(r"(?<=>)[^<>]*\w[^<>]*(?=<)")
_HIDDEN = re.compile(
    r"<(script|style|label|button|select|textarea|noscript)\b.*?</\1\s*>|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(
    r"</?(?:a|b|i|em|strong|span|u|code|small|sub|sup|font)\b[^>]*>", re.IGNORECASE
)
_MARKED = re.compile(r"<[^<>]*>")
_CELLS = re.compile(r"</?t[dh]\b", re.IGNORECASE)
_TITLES = re.compile(r"</?(?:h[1-6]|title)\b", re.IGNORECASE)


def html_carrier(text: str, encoding: str) -> Carrier | None:
    """Take the text nodes of HTML or XML."""
    hidden = [m.span() for m in _HIDDEN.finditer(text)]
    nodes = [
        m.span()
        for m in _NODE.finditer(text)
        if not any(start <= m.start() < end for start, end in hidden)
    ]
    if not nodes:
        return None
    glues: list[Boundary] = []
    apart: set[int] = set()
    for (_, end), (start, _) in pairwise(nodes):
        between = text[end:start]
        if (
            "<img" in between.lower()
            or "</title" in between.lower()
            or _MARKED.sub("", between).strip()
        ):
            apart.add(len(glues))
        if not _INLINE.sub("", between).strip():
            if _INLINE.sub("", between) or text[end - 1].isspace() or text[start].isspace():
                apart.add(len(glues))
            glues.append(Boundary.MARKUP)
        elif _CELLS.search(between):
            glues.append(Boundary.CELL)
        else:
            glues.append(Boundary.HEADING if _TITLES.search(between) else Boundary.ELEMENT)

    def write(changed: Sequence[str]) -> bytes:
        out: list[str] = []
        position = 0
        for (start, end), put in zip(nodes, changed, strict=True):
            out += (text[position:start], put)
            position = end
        out.append(text[position:])
        return "".join(out).encode(encoding, "xmlcharrefreplace")

    pieces = [text[s:e] for s, e in nodes]
    return Carrier("html", pieces, glues, write, encoding, frozenset(apart))


_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?!\s*:)')


def json_carrier(text: str) -> Carrier | None:
    """Take the string values of JSON, or of a JSON document a line."""
    spans = [m.span(1) for m in _STRING.finditer(text) if " " in m.group(1)]
    if not spans:
        return None

    def write(changed: Sequence[str]) -> bytes:
        out: list[str] = []
        position = 0
        for (start, end), put in zip(spans, changed, strict=True):
            out += (text[position:start], json.dumps(put, ensure_ascii=False)[1:-1])
            position = end
        out.append(text[position:])
        return "".join(out).encode()

    try:
        pieces = [json.loads(f'"{text[s:e]}"') for s, e in spans]
    except ValueError:
        return None
    return Carrier("json", pieces, [Boundary.ELEMENT] * (len(pieces) - 1), write)


def table_carrier(text: str, delimiter: str) -> Carrier | None:
    """Take the cells of a CSV or TSV file."""
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return None
    cells = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell.strip()]
    glues = [Boundary.CELL if a[0] == b[0] else Boundary.LINE for a, b in pairwise(cells)]

    def write(changed: Sequence[str]) -> bytes:
        made = [list(row) for row in rows]
        for (r, c), put in zip(cells, changed, strict=True):
            made[r][c] = put
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(made)
        return out.getvalue().encode()

    if len(cells) < 2:
        return None
    apart = frozenset(
        n
        for n, (a, b) in enumerate(pairwise(cells))
        if (a[0] == b[0] and b[1] != a[1] + 1)
        or (a[0] != b[0] and (b != (a[0] + 1, 0) or any(map(str.strip, rows[a[0]][a[1] + 1 :]))))
    )
    return Carrier("table", [rows[r][c] for r, c in cells], glues, write, apart=apart)


def mail_carrier(content: bytes) -> Carrier | None:
    """Take the subject and the lines of the first text of a message; attachments get a name."""
    message = message_from_bytes(content, policy=policy.default)
    body = (
        message.get_body(preferencelist=("plain",)) if isinstance(message, EmailMessage) else None
    )
    if body is None or not isinstance(body, EmailMessage) or message.defects:
        return None
    try:
        lines = body.get_content().splitlines()
        subject = str(message.get("Subject", ""))
    except (LookupError, KeyError, ValueError):
        return None
    if not any(line.strip() for line in lines):
        return None

    def write(changed: Sequence[str]) -> bytes:
        made = message_from_bytes(content, policy=policy.default)
        part = made.get_body(preferencelist=("plain",)) if isinstance(made, EmailMessage) else None
        if not isinstance(part, EmailMessage) or not isinstance(made, EmailMessage):
            raise TypeError("a message that was read before")
        del made["Subject"]
        made["Subject"] = changed[0].replace("\n", " ")
        kept = part.get("Content-Disposition")
        part.set_content("\n".join(changed[1:-1]) + "\n", cte="base64")
        if kept and "Content-Disposition" not in part:
            part["Content-Disposition"] = kept
        if changed[-1]:
            made.add_attachment("A note.\n", filename=f"note {changed[-1]}.txt")
        return made.as_bytes()

    pieces = [subject or "no subject", *lines, ""]
    glues = [Boundary.HEADER, *[Boundary.LINE] * (len(lines) - 1), Boundary.ATTACHMENT_NAME]
    try:
        write(pieces)
    except (ValueError, TypeError, LookupError, KeyError, AttributeError):
        return None
    return Carrier("mail", pieces, glues, write)


_LINES_A_PAGE = 40
_WIDTH = 80


def pages_carrier(text: str, pdf: Callable[[Sequence[Sequence[str]]], bytes]) -> Carrier | None:
    """Set a text anew, in pages of lines, for what cannot be written in its own form."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.encode("ascii", "ignore").decode("ascii").split():
            if len(line) + len(word) > _WIDTH:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    lines = [line for line in lines if line.strip()]
    if len(lines) < 4:
        return None
    glues = [
        Boundary.PAGE if (n + 1) % _LINES_A_PAGE == 0 else Boundary.LINE
        for n in range(len(lines) - 1)
    ]

    def write(changed: Sequence[str]) -> bytes:
        return pdf([changed[n : n + _LINES_A_PAGE] for n in range(0, len(changed), _LINES_A_PAGE)])

    return Carrier("pages", lines, glues, write, "ascii")


def escaped(carrier: Carrier, text: str) -> str:
    """Write a value as a piece of this carrier is written."""
    return html.escape(text, quote=False) if carrier.kind == "html" else text
