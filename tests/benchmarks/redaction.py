"""Redaction: what of a public test set is masked, what beside it, and how fast beside Presidio."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingestd.app import redactors
from ingestd.redaction.catalogue import ENTITIES
from ingestd.redaction.masking import mask
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.redactor import Redactor

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
OPTIONAL = {"URL": "URL (opt-in)", "DOMAIN_NAME": "domain (opt-in)"}


def run() -> Iterator[Figure]:
    """Mask each sentence; a span counts as found when every character of it is gone."""
    path = harness.DATA / "pii" / "synth_dataset_v2.json"
    sentences = json.loads(path.read_text(encoding="utf-8"))
    yield shown("sentences", len(sentences))
    found, total, alarms = _counted(sentences, redactors.in_child(RedactionPolicy()))
    for kind, name in LABELS.items():
        share = found[kind] / total[kind]
        yield at_least(f"whole spans masked, {name} ({total[kind]})", share, BARS.get(kind, 1.0))
    yield at_most("findings outside every labelled span", alarms, 5)
    everything = RedactionPolicy(entities=ENTITIES)
    found, total, _ = _counted(sentences, redactors.in_child(everything))
    for kind, name in OPTIONAL.items():
        if total[kind]:
            share = found[kind] / total[kind]
            yield at_least(f"whole spans masked, {name} ({total[kind]})", share, 1.0)
    yield from _speed()


def _counted(
    sentences: Sequence[Any], redactor: Redactor
) -> tuple[Counter[str], Counter[str], int]:
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    alarms = 0
    for sentence in sentences:
        masked = mask(sentence["full_text"], redactor.findings(sentence["full_text"]))
        spans = [(f.start, f.end) for f in masked.findings]
        labelled = [(s["start_position"], s["end_position"]) for s in sentence["spans"]]
        for span in sentence["spans"]:
            start, end = span["start_position"], span["end_position"]
            total[span["entity_type"]] += 1
            found[span["entity_type"]] += any(s <= start and end <= e for s, e in spans)
        alarms += sum(not any(s < le and ls < e for ls, le in labelled) for s, e in spans)
    return found, total, alarms


def _speed() -> Iterator[Figure]:
    """Redact the handbook's texts to the end on one core; Presidio only finds, without NER."""
    with tempfile.TemporaryDirectory() as scratch:
        docs = harness.handbook(Path(scratch))
        texts = [p.read_text(encoding="utf-8") for p in sorted(docs.rglob("*.md"))]
    size = sum(map(len, texts))
    redactor = redactors.in_child(RedactionPolicy())
    analyze = _presidio()
    redactor.redact_text(texts[0])
    analyze(texts[0])
    ours = theirs = 0.0
    # In turns, so that what else the machine does falls on both.
    for start in range(0, len(texts), 20):
        part = texts[start : start + 20]
        began = time.process_time()
        for text in part:
            redactor.redact_text(text)
        ours += time.process_time() - began
        began = time.process_time()
        for text in part:
            analyze(text)
        theirs += time.process_time() - began
    yield shown("redacted on one core", size / ours / 1e6, "MB/s")
    yield shown("Presidio's default registry without NER", size / theirs / 1e6, "MB/s")
    yield at_least("as fast as Presidio, times", theirs / ours, 3)


def _presidio() -> Any:
    """Return Presidio's analysis with its default recognizers and a pipeline without a model."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # With the suffix list that it ships: nothing is fetched.
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.tldextract.TLD_EXTRACTOR = offline

    class Blank(SpacyNlpEngine):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    registry.recognizers = [r for r in registry.recognizers if "Spacy" not in type(r).__name__]
    engine = AnalyzerEngine(registry=registry, nlp_engine=Blank())
    return lambda text: engine.analyze(text, language="en")
