"""Law: reading documents loads no model and no framework, whatever their kind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
print(json.dumps([found, [name for name in heavy if name in sys.modules]]))
"""


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

    ran = subprocess.run(
        [sys.executable, "-c", _READ, str(tmp_path)], check=True, capture_output=True, text=True
    )

    found, heavy = json.loads(ran.stdout)
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
