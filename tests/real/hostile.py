"""Three hundred hostile files: bombs, endless nesting, broken formats, and ways out of the cage."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

SEED = 20_261_121
MUTATIONS, CUTS = 10, 5


def write_all(folder: Path, canary: Path) -> int:
    """Write them; `canary` is a file outside whose text no document may come to hold."""
    chance = random.Random(SEED)
    count = 0
    for name, content in files(chance, canary):
        (folder / name).write_bytes(content)
        count += 1
    for name in ("sparse.txt", "sparse.pdf"):
        with (folder / name).open("wb") as stream:
            stream.truncate(5_000_000_000)
    with (folder / "sparse-within-the-limit.txt").open("wb") as stream:
        stream.write(b"It begins with words.\n")
        stream.truncate(90_000_000)
    return count + 3


def files(chance: random.Random, canary: Path) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents; the same seed gives the same files."""
    for suffix, content in well_formed().items():
        for number in range(MUTATIONS):
            yield f"mutated-{number}.{suffix}", _mutated(content, chance)
        for number in range(CUTS):
            yield f"cut-{number}.{suffix}", content[: chance.randrange(1, len(content))]
    yield from _archives()
    yield from _nested()
    yield from _endless()
    yield from _entities(canary)
    yield from _includes(canary)


def _mutated(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 4, 40))):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def well_formed() -> dict[str, bytes]:
    """Return one small document of each kind."""
    import docx
    import openpyxl
    import pptx

    made: dict[str, bytes] = {}
    text = "The pump runs at 40 bar. Service it each spring."
    document = docx.Document()
    document.add_heading("Pumps", 1)
    document.add_paragraph(text)
    document.add_table(2, 2).cell(1, 1).text = "seal"
    made["docx"] = _saved(document)
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[1]).shapes.title.text = text
    made["pptx"] = _saved(slides)
    book = openpyxl.Workbook()
    for row in (["name", "price"], ["seal", 12], ["valve", 30]):
        book.active.append(row)
    made["xlsx"] = _saved(book)
    made["pdf"] = _pdf(text)
    made["epub"] = _epub(text)
    made["odt"] = _odt(text)
    made["html"] = f"<html><body><h1>Pumps</h1><p>{text}</p><table><tr><td>1</table>".encode()
    made["xml"] = f"<?xml version='1.0'?><a><b c='d'>{text}</b></a>".encode()
    made["json"] = b'{"pumps": [{"name": "P1", "bar": 40}, {"name": "P2", "bar": 60}]}'
    made["md"] = f"# Pumps\n\n{text}\n\n| a | b |\n| - | - |\n| 1 | 2 |\n".encode()
    made["rst"] = f"Pumps\n=====\n\n{text}\n\n* one\n* two\n".encode()
    made["org"] = f"* Pumps\n{text}\n".encode()
    made["rtf"] = rb"{\rtf1\ansi {\b Pumps} " + text.encode() + rb"\par}"
    made["csv"] = b"name,price\nseal,12\nvalve,30\n"
    made["eml"] = (
        b"From: a@example.com\nTo: b@example.com\nSubject: Pumps\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\n'
        + text.encode() + b"\n--x\nContent-Disposition: attachment; filename=a.txt\n"
        b"Content-Transfer-Encoding: base64\n\naGVsbG8=\n--x--\n"
    )  # fmt: skip
    made["txt"] = text.encode()
    return made


def _saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _pdf(text: str) -> bytes:
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources %s >>"
        % b"<< /Font << /F1 5 0 R >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (table, len(made))
    )


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _epub(text: str) -> bytes:
    return _zip(**{
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": b"<?xml version='1.0'?><container version='1.0' xmlns='urn:oasis:"
        b"names:tc:opendocument:xmlns:container'><rootfiles><rootfile full-path='c.opf' media-type="
        b"'application/oebps-package+xml'/></rootfiles></container>",
        "c.opf": b"<?xml version='1.0'?><package xmlns='http://www.idpf.org/2007/opf' version="
        b"'3.0'><metadata/><manifest><item id='t' href='t.xhtml' media-type="
        b"'application/xhtml+xml'/>"
        b"</manifest><spine><itemref idref='t'/></spine></package>",
        "t.xhtml": f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>{text}</p></body></html>"
        .encode(),
    })  # fmt: skip


def _odt(text: str) -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    return _zip(**{
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content xmlns:office='{office}:office:1.0' xmlns:text="
        f"'{office}:text:1.0'><office:body><office:text><text:p>{text}</text:p></office:text>"
        "</office:body></office:document-content>".encode(),
    })  # fmt: skip


def _archives() -> Iterator[tuple[str, bytes]]:
    zeros = _packed_zeros(2_000_000_000)
    for suffix, inner in (
        ("docx", "word/document.xml"), ("xlsx", "xl/workbook.xml"),
        ("pptx", "ppt/presentation.xml"), ("epub", "META-INF/container.xml"),
        ("odt", "content.xml"),
    ):  # fmt: skip
        yield f"bomb.{suffix}", _archive(inner, zeros, declared=2_000_000_000)
        yield f"bomb-that-lies.{suffix}", _archive(inner, zeros, declared=1000)
        yield f"bomb-of-many.{suffix}", _zip(**{f"{inner}{n}": b"x" for n in range(25_000)})
        yield f"bomb-in-a-bomb.{suffix}", _zip(**{inner: _archive(inner, zeros, declared=1000)})
    yield "bomb-without-a-name", _archive("word/document.xml", zeros, declared=2_000_000_000)


def _packed_zeros(size: int) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(10_000_000)
    packed = b"".join(packing.compress(block) for _ in range(size // len(block)))
    return packed + packing.flush()


def _archive(name: str, packed: bytes, *, declared: int) -> bytes:
    """A ZIP of one member that says what it likes of its size."""
    spelled = name.encode()
    sizes = struct.pack("<IIIHH", 0, len(packed), declared, len(spelled), 0)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + spelled + packed
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + spelled
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def _nested() -> Iterator[tuple[str, bytes]]:
    for depth in (1_000, 100_000, 1_000_000):
        yield f"nested-{depth}.html", b"<div>" * depth + b"deep"
        yield f"nested-{depth}.xml", b"<a>" * depth + b"deep" + b"</a>" * depth
        yield f"nested-{depth}.json", b"[" * depth + b"1" + b"]" * depth
        yield f"nested-{depth}.md", b">" * depth + b" deep\n"
        yield f"nested-{depth}.rtf", rb"{\rtf1 " + b"{" * depth + b"deep" + b"}" * depth
        yield f"nested-{depth}.pdf", _pdf("x").replace(b"/Kids [3 0 R]", b"/Kids " + b"[" * depth)
    for depth in (50, 500):
        message = b"Subject: deep\n\ninnermost\n"
        for _ in range(depth):
            message = b"Subject: a\nContent-Type: message/rfc822\n\n" + message
        yield f"nested-{depth}.eml", message
    yield "nested-lists.md", b"".join(b" " * n + b"* item\n" for n in range(600))
    yield "nested-lists.rst", b"".join(b" " * n + b"* item\n\n" for n in range(300))


def _endless() -> Iterator[tuple[str, bytes]]:
    size = 60_000
    for name, unit in {
        "brackets": b"[", "links": b"[a](", "stars": b"*a **", "ticks": b"`", "angles": b"<a ",
        "entities": b"&#", "quotes": b"> ", "images": b"![", "tildes": b"~~~\n", "tables": b"|-",
        "spaces": b" \n", "dashes": b"-\n", "hashes": b"#\n", "digits": b"4", "numbers": b"4 ",
        "mail": b"a@", "words": b"a.b-", "hex": b"0f", "phones": b"+1 (2",
    }.items():  # fmt: skip
        yield f"endless-{name}.md", unit * (size // len(unit))
        yield f"endless-{name}.txt", unit * (size // len(unit))
    yield "endless-cells.html", b"<table><tr><td colspan=99999 rowspan=99999>x</table>" * 50
    yield "endless-columns.csv", b"," * 2_000_000
    yield "endless-rows.csv", b"a,b\n" * 300_000
    page = _pdf("x")
    yield "endless-pages.pdf", page.replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")
    yield "endless-count.pdf", page.replace(b"/Count 1", b"/Count 2147483647")


def _entities(canary: Path) -> Iterator[tuple[str, bytes]]:
    laughs = b"<!DOCTYPE a [<!ENTITY l0 'lol'>" + b"".join(
        b"<!ENTITY l%d '%s'>" % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    laughing = b"<?xml version='1.0'?>" + laughs + b"]><a>&l9;</a>"
    quadratic = (
        b"<!DOCTYPE a [<!ENTITY x '" + b"x" * 100_000 + b"'>]><a>" + b"&x;" * 50_000 + b"</a>"
    )
    outside = f"<!DOCTYPE a [<!ENTITY x SYSTEM 'file://{canary}'>]><a>&x;</a>".encode()
    parameter = (
        f"<!DOCTYPE a [<!ENTITY % p SYSTEM 'file://{canary}'> %p;]><a>words of it</a>".encode()
    )
    for name, content in {
        "laughs": laughing, "quadratic": quadratic, "outside": outside, "parameter": parameter,
    }.items():  # fmt: skip
        yield f"entities-{name}.xml", content
        yield f"entities-{name}.html", content
        yield f"entities-{name}.docx", _zip(**{"word/document.xml": content})
        yield f"entities-{name}.odt", _zip(**{"content.xml": content})


def _includes(canary: Path) -> Iterator[tuple[str, bytes]]:
    where = os.fspath(canary)
    yield "include.rst", f".. include:: {where}\n\nWords.\n".encode()
    yield "include-raw.rst", f".. raw:: html\n   :file: {where}\n\nWords.\n".encode()
    yield "include-table.rst", f".. csv-table::\n   :file: {where}\n\nWords.\n".encode()
    yield "include-code.rst", f".. literalinclude:: {where}\n\nWords.\n".encode()
    yield "include.org", f'#+INCLUDE: "{where}"\n\nWords.\n'.encode()
    yield "include.html", f"<iframe src='file://{where}'></iframe><p>Words.</p>".encode()
    yield "include.md", f"![a](file://{where})\n\nWords.\n".encode()
