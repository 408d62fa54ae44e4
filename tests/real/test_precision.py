"""False alarms on a real handbook: every finding was judged by hand, once, and is kept here."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from ingestd.app import redactors
from ingestd.backends.unstructured import offline
from ingestd.backends.unstructured.partition import partition
from ingestd.model.document import RawDocument
from ingestd.redaction.masking import unite
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.redactor import joined

pytestmark = [pytest.mark.real, pytest.mark.data]

VERDICTS = Path(__file__).with_name("handbook_verdicts.csv")
"""By hash of the file and offsets in its text as parsed: `right`, or `wrong` for a false alarm."""


def test_what_is_masked_in_the_handbook_is_what_was_judged(handbook: Path) -> None:
    """A finding that nobody has judged counts as a false alarm; precision is at least 0.97."""
    with VERDICTS.open(newline="") as stream:
        judged = {
            (row["sha256"], int(row["start"]), int(row["end"]), row["entity_type"]): row["verdict"]
            for row in csv.DictReader(stream)
        }
    offline.settle()
    redactor = redactors.in_child(RedactionPolicy())
    found: list[tuple[str, int, int, str]] = []
    for path in sorted(p for p in handbook.rglob("*") if p.is_file()):
        content = path.read_bytes()
        raw = partition(path.name, content).outcome
        if isinstance(raw, RawDocument):
            text, _ = joined(raw)
            name = hashlib.sha256(content).hexdigest()[:16]
            found += [(name, f.start, f.end, f.entity_type) for f in unite(redactor.findings(text))]
    right = sum(judged.get(one) == "right" for one in found)
    assert len(found) > 150
    assert right / len(found) >= 0.97
    # Nothing that was rightly masked once is left now.
    assert sum(one in set(found) for one in judged) >= 0.99 * len(judged)
