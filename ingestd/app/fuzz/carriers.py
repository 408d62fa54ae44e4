"""Carriers of the documents at hand: each kind of file taken apart by what can write it again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ingestd.app.sample_company import pdf
from ingestd.backends import office
from ingestd.backends.unstructured.decoding import decode
from ingestd.fuzzing import carrier
from ingestd.fuzzing.carrier import Boundary, Carrier
from ingestd.ingest import kinds

_TABLES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_OFFICE = frozenset({".docx", ".pptx", ".xlsx"})
_WIDE = 2400
"""Points: a line with values in it must not run off its page."""
_ENCODINGS = ("utf-8",) * 6 + ("utf-8-sig", "utf-16", "utf-32")


def made(path: str, content: bytes, text: str) -> Carrier | None:
    """Take a document apart; `None`: its kind cannot be written back, or it holds too little."""
    suffix = kinds.suffix(path)
    if suffix in _OFFICE:
        return _office(content, suffix)
    if suffix == ".pdf":
        return carrier.pages_carrier(text, _paged)
    if suffix == ".eml":
        return carrier.mail_carrier(content)
    kind = kinds.kind(path)
    if kind is None or not kind.mime.startswith(("text/", "application/json", "application/xml",
                                                  "application/x-ndjson")):  # fmt: skip
        return None
    decoded = decode(content)
    if decoded is None or suffix == ".rtf":
        return None
    if suffix in _TABLES:
        return carrier.table_carrier(decoded, _TABLES[suffix])
    if suffix in _HTML or suffix == ".xml":
        return carrier.html_carrier(decoded, "utf-8")
    if suffix in (".json", ".ndjson", ".jsonl"):
        return carrier.json_carrier(decoded)
    return carrier.text_carrier(decoded, "markdown" if suffix in _MARKDOWN else "text", "utf-8")


def encoded(one: Carrier, chance: random.Random) -> Carrier:
    """Return a text's carrier with an encoding drawn by lot; other kinds as they are."""
    if one.kind not in ("text", "markdown"):
        return one
    encoding = chance.choice(_ENCODINGS)
    write = one.write

    def written(pieces: Sequence[str]) -> bytes:
        return write(pieces).decode("utf-8").encode(encoding)

    return replace(one, write=written, encoding=encoding)


def _office(content: bytes, suffix: str) -> Carrier | None:
    found = office.texts(content, suffix)
    if found is None or len(found[0]) < 2:
        return None
    pieces, glues = found

    def write(changed: Sequence[str]) -> bytes:
        return office.rewritten(content, suffix, changed)

    apart = frozenset(n for n, glue in enumerate(glues) if glue == office.APART)
    kinds_of = [Boundary.CELL if glue == office.APART else Boundary(glue) for glue in glues]
    return Carrier("office", pieces, kinds_of, write, apart=apart)


def _paged(pages: Sequence[Sequence[str]]) -> bytes:
    return pdf(pages, width=_WIDE)
