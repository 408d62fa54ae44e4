"""From a file's bytes to a raw document, or to the reason why there is none."""

from __future__ import annotations

import functools
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ingestd.backends.unstructured import archives, breaks, converting, mail, markdown, pdf
from ingestd.backends.unstructured.converting import Result
from ingestd.backends.unstructured.decoding import decode
from ingestd.backends.unstructured.elements import elements
from ingestd.ingest import kinds
from ingestd.model.document import ElementKind, RawDocument, RawElement
from ingestd.model.ledger import DocState
from ingestd.model.parsing import Rejection

MAX_DEPTH = 3
MAX_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Partitioned:
    """What a file gave: a document or a reason, and the files in it."""

    outcome: RawDocument | Rejection
    members: tuple[tuple[str, Partitioned], ...] = ()


def load() -> None:
    """Load what most kinds need, ahead of the first file."""
    import unstructured.partition.html
    import unstructured.partition.md  # noqa: F401
    from langdetect import detector_factory

    detector_factory.init_factory()  # Profiles of languages; else the first file waits 0.1 s.


def partition(path: str, content: bytes, depth: int = 0) -> Partitioned:
    """Read a file of any kind; never raises for what is in it."""
    refusal = kinds.refusal(path)
    if refusal is not None:
        return Partitioned(_skipped(refusal))
    if not content.strip():
        return Partitioned(_skipped("empty: it holds no text"))
    suffix = kinds.suffix(path)
    kind = kinds.kind(path)
    if kind is None:
        suffix = sniff(content)
        kind = kinds.kind("x" + suffix)
        if kind is None:
            return Partitioned(_skipped("unsupported kind: no text, and no document that is read"))
    locked = _locked(suffix, content)
    if locked is not None:
        return Partitioned(locked)
    if content.startswith(_ZIP) and (refused := archives.refusal(content)):
        return Partitioned(_quarantined(refused))
    try:
        return _read(kind, suffix, content, depth)
    except MemoryError:
        return Partitioned(_quarantined("it needs more memory than parsing may take"))
    except pdf.Locked:
        return Partitioned(_quarantined("protected by a password"))
    except mail.Encrypted:
        return Partitioned(_quarantined("encrypted: its body cannot be read"))
    except _NotText:
        return Partitioned(
            _quarantined(f"binary content under a name that says {kind.name}: {suffix}")
        )
    except converting.NeedsSoffice:
        return Partitioned(
            _quarantined(
                f"{kind.name} ({suffix}) needs LibreOffice's soffice, which is not installed "
                "(Debian: apt install libreoffice-writer-nogui libreoffice-impress-nogui)"
            )
        )
    except Exception as error:  # noqa: BLE001 (a parser may raise anything)
        # Only the kind of the error is told: its message may quote the document.
        return Partitioned(_quarantined(f"cannot be read as {kind.name}: {type(error).__name__}"))


def _read(kind: kinds.Kind, suffix: str, content: bytes, depth: int) -> Partitioned:
    members: list[tuple[str, bytes]] = []
    meta: dict[str, str] = {}
    if kind.container:
        title, found, members = (mail.eml if suffix == ".eml" else mail.msg)(content)
    elif suffix == ".pdf":
        text = pdf.read(content)
        if not text.elements:
            return Partitioned(
                _quarantined("needs OCR: none of its pages holds text, only images or drawings")
            )
        title, found = text.title, list(text.elements)
        if text.silent:
            meta["pages_without_text"] = ",".join(map(str, text.silent))
    else:
        title, made = _READERS.get(suffix, _code)(content)
        found = list(made)
    if not any(element.text.strip() for element in found):
        return Partitioned(_skipped("empty: it holds no text"))
    document = RawDocument(
        elements=tuple(found),
        mime=kind.mime,
        title=" ".join((title or _first_heading(found)).split())[:300],
        lang=_language(found),
        meta=meta,
    )
    return Partitioned(document, _members(members, depth))


def _members(members: list[tuple[str, bytes]], depth: int) -> tuple[tuple[str, Partitioned], ...]:
    made: list[tuple[str, Partitioned]] = []
    for name, (_, content) in zip(mail.unique(n for n, _ in members), members, strict=True):
        if depth + 1 >= MAX_DEPTH or len(made) >= MAX_MEMBERS:
            made.append((name, Partitioned(_skipped("too deep or too many in one e-mail"))))
            continue
        inner = partition(name, content, depth + 1)
        made.append((name, replace(inner, members=())))
        made += [(f"{name}!/{deeper}", part) for deeper, part in inner.members]
    return tuple(made)


class _NotText(Exception):
    pass


def _text(content: bytes) -> str:
    text = decode(content)
    if text is None:
        raise _NotText
    # Lone surrogates cannot be stored as UTF-8, and NUL ends strings in places.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _markdown(content: bytes) -> Result:
    from unstructured.partition.md import partition_md

    title, front, body = markdown.split(_text(content))
    if not body.strip():
        return title, front
    found = partition_md(text=markdown.guard(breaks.mark(body)), languages=[""])
    return title, [*front, *breaks.unmark(markdown.unguard(elements(found)))]


def _html(content: bytes) -> Result:
    from unstructured.partition.html import partition_html

    text = _text(content)
    # lxml refuses a text that declares an encoding, and it is decoded already.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    named = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    found = elements(partition_html(text=breaks.mark_html(text), languages=[""]))
    return named.group(1) if named else "", breaks.unmark(found)


def _plain(content: bytes) -> Result:
    from unstructured.partition.text import partition_text

    text = _text(content)
    if not text.strip():
        return "", []
    # In bare text a title is a guess: as a paragraph it is never wrong.
    found = breaks.unmark(elements(partition_text(text=breaks.mark(text), languages=[""])))
    return "", (
        replace(e, kind=ElementKind.PARAGRAPH, level=0) if e.kind is ElementKind.HEADING else e
        for e in found
    )


def _csv(content: bytes) -> Result:
    from unstructured.partition.csv import partition_csv

    encoded = _text(content).encode()
    with _as_written():
        return "", elements(partition_csv(file=io.BytesIO(encoded), languages=[""]))


@contextmanager
def _as_written() -> Iterator[None]:
    """Let pandas take cells for text: else 00123 becomes 123, 14.90 14.9, and NA nothing at all."""
    import pandas

    reader = pandas.read_csv
    pandas.read_csv = functools.partial(reader, dtype=str, keep_default_na=False)
    try:
        yield
    finally:
        pandas.read_csv = reader


def _tsv(content: bytes) -> Result:
    from unstructured.partition.tsv import partition_tsv

    encoded = _text(content).encode()
    with _as_written():
        return "", elements(partition_tsv(file=io.BytesIO(encoded), languages=[""]))


def _xml(content: bytes) -> Result:
    from unstructured.partition.xml import partition_xml

    return "", elements(partition_xml(file=io.BytesIO(_text(content).encode()), languages=[""]))


def _json(content: bytes) -> Result:
    text = _text(content)
    found = json.loads(text)
    if isinstance(found, list) and found and all(_is_element(one) for one in found):
        from unstructured.partition.json import partition_json

        return "", elements(partition_json(text=text))
    return _code(content)


def _ndjson(content: bytes) -> Result:
    text = _text(content)
    lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    if lines and all(_is_element(one) for one in lines):
        from unstructured.partition.ndjson import partition_ndjson

        return "", elements(partition_ndjson(text=text))
    return _code(content)


def _is_element(value: Any) -> bool:
    return isinstance(value, dict) and {"type", "text", "element_id"} <= value.keys()


def _code(content: bytes) -> Result:
    return "", [RawElement(ElementKind.CODE, _text(content))]


def _docx(content: bytes) -> Result:
    from unstructured.partition.docx import partition_docx

    return "", elements(partition_docx(file=io.BytesIO(content), languages=[""]))


def _pptx(content: bytes) -> Result:
    from unstructured.partition.pptx import partition_pptx

    found = partition_pptx(file=io.BytesIO(content), languages=[""])
    return "", elements(found, slides=True)


def _xlsx(content: bytes) -> Result:
    from unstructured.partition.xlsx import partition_xlsx

    return "", elements(partition_xlsx(file=io.BytesIO(content), languages=[""]))


_READERS: dict[str, Callable[[bytes], Result]] = {
    ".csv": _csv,
    ".doc": converting.with_soffice(".doc", "docx", _docx),
    ".docm": _docx,
    ".docx": _docx,
    ".epub": converting.with_pandoc("unstructured.partition.epub", "partition_epub", ".epub"),
    ".htm": _html,
    ".html": _html,
    ".json": _json,
    ".jsonl": _ndjson,
    ".log": _plain,
    ".markdown": _markdown,
    ".md": _markdown,
    ".mdx": _markdown,
    ".ndjson": _ndjson,
    ".odt": converting.with_pandoc("unstructured.partition.odt", "partition_odt", ".odt"),
    ".org": converting.with_pandoc("unstructured.partition.org", "partition_org", ".org"),
    ".ppt": converting.with_soffice(".ppt", "pptx", _pptx),
    ".pptm": _pptx,
    ".pptx": _pptx,
    ".rst": converting.with_pandoc("unstructured.partition.rst", "partition_rst", ".rst"),
    ".rtf": converting.with_pandoc("unstructured.partition.rtf", "partition_rtf", ".rtf"),
    ".tab": _tsv,
    ".text": _plain,
    ".tsv": _tsv,
    ".txt": _plain,
    ".xhtml": _html,
    ".xls": _xlsx,
    ".xlsm": _xlsx,
    ".xlsx": _xlsx,
    ".xml": _xml,
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"


def sniff(content: bytes) -> str:
    """Return the suffix that a file without a telling name should have, or nothing."""
    if content.startswith(b"%PDF-"):
        return ".pdf"
    if content.startswith(_ZIP):
        return _sniff_zip(content)
    if content.startswith(b"{\\rtf"):
        return ".rtf"
    if content.startswith(_OLE) or decode(content) is None:
        return ""
    start = content[:512].lstrip().lower()
    return ".html" if start.startswith((b"<!doctype html", b"<html")) else ".txt"


def _sniff_zip(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except zipfile.BadZipFile:
        return ""
    for folder, suffix in (("word/", ".docx"), ("xl/", ".xlsx"), ("ppt/", ".pptx")):
        if any(name.startswith(folder) for name in names):
            return suffix
    return ".epub" if "META-INF/container.xml" in names else ""


def _locked(suffix: str, content: bytes) -> Rejection | None:
    """Recognise an Office file that is encrypted: an OLE container where a ZIP should be."""
    office = suffix in (".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm")
    if office and content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return _quarantined("protected by a password")
        return _quarantined(f"an old Office file under the name of a new one ({suffix})")
    return None


def _first_heading(found: list[RawElement]) -> str:
    return next((e.text for e in found if e.kind is ElementKind.HEADING), "")


def _language(found: list[RawElement]) -> str:
    """Guess the language from the first 800 letters; nothing where there is too little."""
    sample = " ".join(
        e.text for e in found[:60] if e.kind not in (ElementKind.CODE, ElementKind.TABLE_ROW)
    )[:800]
    if sum(map(str.isalpha, sample)) < 60:
        return ""
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0  # Otherwise the same text may be of two languages.
    try:
        return str(detect(sample))
    except LangDetectException:
        return ""


def _skipped(reason: str) -> Rejection:
    return Rejection(DocState.SKIPPED, reason)


def _quarantined(reason: str) -> Rejection:
    return Rejection(DocState.QUARANTINED, reason)
