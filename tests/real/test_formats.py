"""Ninety-four real files in twenty-one formats: each in its right state, without any network.

The table was made by reading what each file gave, one by one. A fragment is looked for in the
document's text; for those that give none, in the reason.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingestd.app.build import System
from ingestd.config import loading
from ingestd.model.ids import DocPath, doc_id

from . import command

pytestmark = [pytest.mark.real, pytest.mark.data]

SOFFICE = shutil.which("soffice") is not None
LEGACY = "indexed" if SOFFICE else "quarantined"
IMAGE = ("skipped", "image; its text would need OCR")

EXPECTED: dict[str, tuple[str, str]] = {
    "2023-half-year-analyses-by-segment.xlsx": ("indexed", "Net other trading income"),
    "README-w-include.rst": ("indexed", "HTML parser"),
    "README.org": ("indexed", "XBRL 10-K"),
    "UDHR_first_article_all.txt": ("indexed", "ngomoya wobunye"),
    "all-number-table.pdf": ("indexed", "1600.01 15"),
    "arbitrary-records.json": ("indexed", "Pruning Shears"),
    "book-war-and-peace-1p.txt": ("indexed", "Genoa and Lucca"),
    "codeblock.md": ("indexed", "<heading>Reminder</heading>"),
    "csv-with-escaped-commas.csv": ("indexed", "A | A,A | A"),
    "csv-with-long-lines.csv": ("indexed", "SpearmanCorrelationCoefficient"),
    "docx-shapes.docx": ("indexed", "floating shape"),
    "duplicate-paragraphs.doc": (LEGACY, "" if SOFFICE else "needs LibreOffice's soffice"),
    "email-equals-attachment-filename.eml": ("indexed", "odd filename"),
    "email-equals-attachment-filename.eml!/odd=file=name.txt": ("indexed", ""),
    "email-no-html-content-1.eml": ("indexed", "nf-core repositories"),
    "email-no-utf8-2014-03-17.111517.eml": ("indexed", "password changed"),
    "email-no-utf8-2014-03-17.111517.eml!/google.png": IMAGE,
    "email-no-utf8-2014-03-17.111517.eml!/profilephoto.png": IMAGE,
    "email-replace-mime-encodings-error-2.eml": ("indexed", "Tradeshow Specialist"),
    "email-replace-mime-encodings-error-2.eml!/image001.jpg": IMAGE,
    "email-replace-mime-encodings-error-4.eml": ("indexed", "Intellectual Property"),
    "email-with-image.eml": ("indexed", "Data Scientist"),
    "email-with-image.eml!/unstructured_logo.png": IMAGE,
    "embedded-cmap-cidfont.pdf": ("indexed", "should be extractable"),
    "embedded-images.pdf": ("indexed", "HANDS-FREE"),
    "emphasis-text.pdf": ("indexed", "Italic and bold"),
    "empty.txt": ("skipped", "empty"),
    "eng_spa.txt": ("indexed", "spirit of brotherhood"),
    "eng_spa_mult.doc": (LEGACY, "brotherhood" if SOFFICE else "needs LibreOffice's soffice"),
    "eng_spa_mult.eml": ("indexed", "fraternalmente"),
    "eng_spa_mult.html": ("indexed", "fraternalmente"),
    "eng_spa_mult.odt": ("indexed", "fraternalmente"),
    "eng_spa_mult.ppt": (LEGACY, "" if SOFFICE else "needs LibreOffice's soffice"),
    "eng_spa_mult.rst": ("indexed", "fraternalmente"),
    "eng_spa_mult.txt": ("indexed", "fraternalmente"),
    "example-10k-1p.html": ("indexed", "Commission file number: 000-30653"),
    "example-steelJIS-datasheet-utf-16.html": ("indexed", "日本語"),
    "example-with-scripts.html": ("indexed", "Offensive Campaign Assessment"),
    "factbook.xml": ("indexed", "Port of Spain"),
    "fake-doc-emphasized-text.docx": ("indexed", "Header Col 1 | Header Col 2"),
    "fake-email-attachment.eml": ("indexed", "Lots of whitespace"),
    "fake-email-attachment.eml!/fake-attachment.txt": ("indexed", "fake attachment"),
    "fake-email-attachment.msg": ("indexed", "Lots of whitespace"),
    "fake-email-attachment.msg!/fake-attachment.txt": ("indexed", "fake attachment"),
    "fake-email-header.eml": ("indexed", "Violets are blue"),
    "fake-email-malformed-encoding.eml": ("indexed", "Violets are blue"),
    "fake-email-utf-16-le.eml": ("indexed", "Violets are blue"),
    "fake-email.eml": ("indexed", "Violets are blue"),
    "fake-email.txt": ("indexed", "Violets are blue"),
    "fake-encrypted.eml": ("quarantined", "encrypted"),
    "fake-html-cp1252.html": ("indexed", "Die schöne Frau"),
    "fake-html-with-base64-image.html": ("indexed", "Test page"),
    "fake-html-with-footer-and-header.html": ("indexed", "Footer"),
    "fake-html.html": ("indexed", "Row 2, Cell 1 | Row 2, Cell 2"),
    "fake-memo-with-duplicate-page.pdf": ("indexed", "20,000 bottles of water"),
    "fake-power-point-malformed.pptx": ("indexed", "Problem Date Placeholder"),
    "fake-power-point-table.pptx": ("indexed", "Tangerine | Pink | Aqua"),
    "fake-text-all-whitespace.txt": ("skipped", "empty"),
    "fake-text-utf-16-le.txt": ("indexed", "Hamburgers are delicious"),
    "fake-text-utf-32.txt": ("indexed", "Hamburgers are delicious"),
    "fake.doc": (LEGACY, "" if SOFFICE else "needs LibreOffice's soffice"),
    "fake.odt": ("indexed", "Leader | Sarah | Mark | Ryan"),
    "figure-overlay-text.pdf": ("indexed", "Printed Name"),
    "group-shapes-nested.pptx": ("indexed", "J"),
    "handbook-1p.docx": ("indexed", "US Trustee Handbook"),
    "hlink-meta.docx": ("indexed", "link to bookmark"),
    "interface-config-guide-p93.pdf": ("indexed", "cross-connect configuration"),
    "layout-parser-paper-fast.pdf": ("indexed", "Unified Toolkit for Deep Learning"),
    "layout-parser-paper-with-table.pdf": ("indexed", "LayoutParser model zoo"),
    "mime-attach-mp3.eml": ("indexed", "MP3 attachment"),
    "mime-attach-mp3.eml!/sample-3s.mp3": ("skipped", "sound or film"),
    "mime-html-only.eml": ("indexed", "text/html part"),
    "mime-multipart-digest.eml": ("indexed", "Multipart Digest"),
    "mime-multipart-digest.eml!/2-message.eml": ("indexed", ""),
    "mime-multipart-digest.eml!/3-message.eml": ("indexed", ""),
    "mime-multipart-digest.eml!/message.eml": ("indexed", ""),
    "mime-no-subject.eml": ("indexed", "without a subject"),
    "mime-simple.eml": ("indexed", "simple email message"),
    "more-than-1k-cells.xlsx": ("indexed", "x | x | x"),
    "multi-column-2p.pdf": ("indexed", "Dense Passage Retrieval"),
    "negative-coords.pdf": ("indexed", "Carbon Footprint"),
    "not-unstructured-payload.json": ("indexed", "sample data #1"),
    "password_protected.xlsx": ("quarantined", "protected by a password"),
    "pdf-bad-color-space.pdf": ("indexed", "net-zero"),
    "picture.pptx": ("skipped", "empty"),
    "rfc822-no-date.eml": ("indexed", "without a Date header"),
    "sample-presentation.pptx": ("indexed", "kinda backwards"),
    "simple-table.md": ("indexed", "Juicy Apples | 1.99 | 739"),
    "simple.docx": ("indexed", "This is my first thought"),
    "simple.ndjson": ("indexed", "This is my first thought"),
    "simple.pptx": ("indexed", "Where have all the flowers gone?"),
    "simple.zip": ("skipped", "archive"),
    "single-line-object.json": ("indexed", "Garden Trowel"),
    "single_table.pdf": ("quarantined", "needs OCR"),
    "spring-weather.html.ndjson": ("indexed", "Weather-Ready"),
    "stanley-cups-with-emoji.csv": ("indexed", "Maple Leafs | TOR | 13"),
    "stanley-cups.csv": ("indexed", "Maple Leafs | TOR | 13"),
    "stanley-cups.xlsx": ("indexed", "Stanley Cups Since 67"),
    "table-semicolon-delimiter.csv": ("indexed", "2024 | 3 | 215,32 | -11,08"),
    "teams_chat.docx": ("indexed", "James Bond"),
    "test-invalid-date.eml": ("indexed", "invalid date format"),
    "test-rfc2822-date.eml": ("indexed", "This is a test-email"),
    "tests-example.xls": ("indexed", "What is 2+2?"),
    "umlauts-utf8.md": ("indexed", "äöüß"),
    "winter-sports.epub": ("indexed", "Winter Sports in Switzerland"),
}


@pytest.fixture(scope="module")
def synced(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A state folder after one `sync` of all files, watched by strace, without any interface."""
    for program in ("unshare", "strace"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} on this machine")
    folder = tmp_path_factory.mktemp("formats")
    trace = folder / "trace"
    done = subprocess.run(
        [
            "unshare", "--map-root-user", "--net",
            "strace", "-f", "--seccomp-bpf", "-qq", "-o", str(trace),
            "-e", "trace=connect,sendto,sendmsg,sendmmsg",
            sys.executable, "-m", "ingestd", "sync", "--json", str(data / "formats"),
        ],
        cwd=folder, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert report["failed"] == 0
    return folder, trace.read_text()


def test_every_file_ends_in_its_right_state(synced: tuple[Path, str]) -> None:
    """The state, and a fragment of the text or of the reason, for each file and attachment."""
    folder, _ = synced
    system = System(loading.for_folders([], folder))
    entries = {entry.path: entry for entry in system.ledger.entries()}
    assert sorted(EXPECTED) == sorted(entries)
    wrong: list[str] = []
    for path, (state, fragment) in EXPECTED.items():
        entry = entries[DocPath(path)]
        said = entry.reason
        if entry.state == "indexed":
            said = system.store.versions(doc_id(entry.source, entry.path))[0].redacted_text
        if entry.state != state or fragment not in said:
            wrong.append(f"{path}: {entry.state}: {said[:200]!r}")
    assert not wrong


def test_nothing_attempts_a_connection(synced: tuple[Path, str]) -> None:
    """No process of the whole sync, children included, tries to reach any host."""
    _, trace = synced
    attempts = [line for line in trace.splitlines() if "AF_INET" in line]
    assert not attempts


def test_cells_of_a_table_stay_as_they_are_written(tmp_path: Path, models_dir: Path) -> None:
    """No number is rounded, no zero dropped, no NA taken for nothing, with a header or without."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "bare.csv").write_text("00123,14.90\n00124,NA\n")
    (docs / "wide.csv").write_text("Year;Month;Costs; 12345678901234.25\n2022;1;-123;\n")
    command.config(tmp_path, models_dir, docs)
    command.run_json("sync", cwd=tmp_path)
    text = " ".join(h["text"] for h in command.run_json("search", "costs", cwd=tmp_path)["hits"])
    for cell in ("00123 | 14.90", "00124 | NA", "12345678901234.25"):
        assert cell in text
