"""Redaction: what of a public test set is masked, and what beside it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

from ingestd.app import redactors
from ingestd.redaction.masking import mask
from ingestd.redaction.policy import RedactionPolicy

from . import harness
from .harness import Figure, at_least, at_most, shown

BARS = {"CREDIT_CARD": 0.99, "PHONE_NUMBER": 0.95}

LABELS = {
    "CREDIT_CARD": "card",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "IBAN",
    "US_SSN": "SSN",
    "IP_ADDRESS": "IP",
    "EMAIL_ADDRESS": "e-mail",
}


def run() -> Iterator[Figure]:
    """Mask each sentence; a span counts as found when every character of it is gone."""
    path = harness.DATA / "pii" / "synth_dataset_v2.json"
    sentences = json.loads(path.read_text(encoding="utf-8"))
    redactor = redactors.in_child(RedactionPolicy())
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    alarms = 0
    began = time.monotonic()
    for sentence in sentences:
        masked = mask(sentence["full_text"], redactor.findings(sentence["full_text"]))
        spans = [(f.start, f.end) for f in masked.findings]
        labelled = [(s["start_position"], s["end_position"]) for s in sentence["spans"]]
        for span in sentence["spans"]:
            kind = span["entity_type"]
            if kind in LABELS:
                total[kind] += 1
                start, end = span["start_position"], span["end_position"]
                found[kind] += any(s <= start and end <= e for s, e in spans)
        alarms += sum(not any(s < le and ls < e for ls, le in labelled) for s, e in spans)
    seconds = time.monotonic() - began
    yield shown("sentences", len(sentences))
    for kind, name in LABELS.items():
        share = found[kind] / total[kind]
        yield at_least(f"whole spans masked, {name} ({total[kind]})", share, BARS.get(kind, 1.0))
    yield at_most("findings outside every labelled span", alarms, 5)
    yield shown("characters a second", sum(len(s["full_text"]) for s in sentences) / seconds)
