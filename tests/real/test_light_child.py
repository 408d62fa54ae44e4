"""Law: reading documents loads no model and no framework, of any kind; nor does the index."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pytest

pytestmark = pytest.mark.real

_READ = """
import json, sys
from pathlib import Path
from ingestd.backends.unstructured import offline
offline.settle()
from ingestd.backends.unstructured.partition import load, partition
load()
found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    outcome = partition(path.name, path.read_bytes()).outcome
    found[path.name] = [[e.kind.value, e.text.strip()] for e in outcome.elements]
heavy = ["spacy", "torch", "transformers", "presidio_analyzer", "iso639.language"]
heavy += ["unstructured.documents.ontology"]
print(json.dumps([found, [name for name in heavy if name in sys.modules]]))
"""

_SECOND_PARSER = """
import json, sys, unicodedata
from ingestd.backends.unstructured import offline
offline.settle()
from unstructured.cleaners.core import remove_punctuation
from unstructured.partition.html import partition_html
page = "<body class='Document'><p class='Paragraph'>It runs.</p></body>"
found = partition_html(text=page, html_parser_version="v2")
every = [chr(point) for point in range(sys.maxunicode)]
left = remove_punctuation("".join(every))
wanted = "".join(one for one in every if not unicodedata.category(one).startswith("P"))
print(json.dumps([[e.text for e in found], sys.maxunicode, left == wanted]))
"""
_LISTED = """
import json, sys
from ingestd.backends.lancedb import lancedb
from lance_namespace import CreateTableRequest, ListTablesResponse
database = lancedb.connect(sys.argv[1])
loaded = sum(name.startswith("lance_namespace_urllib3_client.") for name in sys.modules)
database.create_table("t", [{"a": 1}])
listed = database.list_tables()
print(json.dumps([
    loaded < 50, listed.tables, isinstance(listed, ListTablesResponse),
    CreateTableRequest.from_dict({"id": ["t"]}).id,
]))
"""


def _printed(program: str, *arguments: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(ran.stdout)


def test_what_is_left_for_later_is_as_it_would_have_been() -> None:
    """The second parser of HTML, and the table of punctuation: over all of Unicode."""
    assert _printed(_SECOND_PARSER) == [["It runs."], 0x10FFFF, True]


def test_models_of_a_remote_namespace_are_loaded_when_they_are_used(tmp_path: Path) -> None:
    """LanceDB's import brings few of them; any of them can be made and asked."""
    assert _printed(_LISTED, str(tmp_path)) == [True, ["t"], True, ["t"]]


def test_no_kind_of_document_brings_a_framework(tmp_path: Path) -> None:
    """Office files with titles, bare text, HTML and Markdown: read alike, with nothing heavy."""
    text = "The pump runs at 3 bar. Does it leak? Ask Dr. Smith."
    (tmp_path / "a.md").write_text(f"# Pumps\n\n{text}\n")
    (tmp_path / "b.html").write_text(f"<h1>Pumps</h1><p>{text}</p><div>Loose Words</div>")
    (tmp_path / "c.txt").write_text(f"PUMPS\n\n{text}\n")
    word = docx.Document()
    word.add_heading("Pumps", 1)
    word.add_paragraph(text)
    word.save(str(tmp_path / "d.docx"))
    sheet = openpyxl.Workbook()
    sheet.active.append(["Pump", "bar"])
    sheet.active.append(["P1", 3])
    sheet.save(tmp_path / "e.xlsx")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Pumps"
    slide.placeholders[1].text = text
    slides.save(str(tmp_path / "f.pptx"))

    found, heavy = _printed(_READ, str(tmp_path))
    assert heavy == []
    page = [["heading", "Pumps"], ["paragraph", text]]
    assert found["a.md"] == page
    assert found["b.html"] == [*page, ["paragraph", "Loose Words"]]
    assert found["c.txt"] == [["paragraph", "PUMPS"], ["paragraph", text]]
    assert found["d.docx"] == page
    assert found["e.xlsx"] == [
        ["heading", "Sheet"], ["table_row", "Pump | bar"], ["table_row", "P1 | 3"],
    ]  # fmt: skip
    assert found["f.pptx"] == [["heading", "Pumps"], ["paragraph", text]]
