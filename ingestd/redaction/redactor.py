"""The redactor: a policy's recognizers applied to texts and to whole documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ingestd.model.document import Element, ElementKind, RawDocument, RedactedDocument
from ingestd.model.finding import Finding
from ingestd.ports.recognizer import Recognizer
from ingestd.redaction.masking import mask
from ingestd.redaction.shadow import shadow

_ROUNDS = 4
_TIGHT = frozenset({ElementKind.TABLE_ROW, ElementKind.LIST_ITEM})


class Redactor:
    """Masks what its recognizers find; masking twice changes nothing more."""

    def __init__(self, recognizers: Sequence[Recognizer]) -> None:
        self._recognizers = tuple(recognizers)

    def redact_text(self, text: str) -> str:
        """Mask one text that stands alone: a name, a title, a question."""
        for _ in range(_ROUNDS):
            masked = mask(text, self.findings(text))
            if not masked.findings:
                break
            text = masked.text
        return text

    def redact_document(self, raw: RawDocument) -> RedactedDocument:
        """Mask a document as one text, so that no edge of an element hides anything."""
        text, elements = _joined(raw)
        findings: Counter[str] = Counter()
        for _ in range(_ROUNDS):
            masked = mask(text, self.findings(text))
            if not masked.findings:
                break
            findings.update(f.entity_type for f in masked.findings)
            elements = [
                Element(e.kind, start, end, e.level, e.page, e.table)
                for e in elements
                if (start := masked.moved(e.start)) < (end := masked.moved(e.end))
            ]
            text = masked.text
        return RedactedDocument(
            text=text,
            elements=tuple(elements),
            mime=raw.mime,
            title=self.redact_text(raw.title),
            lang=raw.lang,
            meta={self.redact_text(k): self.redact_text(v) for k, v in raw.meta.items()},
            findings=dict(findings),
        )

    def findings(self, text: str) -> list[Finding]:
        """Return what is found in a text and in its shadow; findings may overlap."""
        found = [f for recognizer in self._recognizers for f in recognizer.find(text)]
        cast = shadow(text) if self._recognizers else None
        if cast is not None:
            found += [
                cast.project(f)
                for recognizer in self._recognizers
                for f in recognizer.find(cast.text)
            ]
        return [f for f in found if not _is_placeholder(text, f)]


def _is_placeholder(text: str, finding: Finding) -> bool:
    """Say whether a finding is the inside of a placeholder that masking has put there."""
    return text[finding.start : finding.end].strip("<>").replace("_", "").isupper() and (
        text[finding.start - 1 : finding.start] == "<" or text[finding.start] == "<"
    )


def _joined(raw: RawDocument) -> tuple[str, list[Element]]:
    """Join elements into one text: rows and items a line apart, everything else a blank line."""
    pieces: list[str] = []
    elements: list[Element] = []
    length = 0
    for piece in raw.elements:
        text = piece.text.strip("\n") if piece.kind is ElementKind.CODE else piece.text.strip()
        if not text.strip():
            continue
        if pieces:
            tight = piece.kind in _TIGHT and elements[-1].kind is piece.kind
            pieces.append("\n" if tight else "\n\n")
            length += len(pieces[-1])
        pieces.append(text)
        elements.append(
            Element(piece.kind, length, length + len(text), piece.level, piece.page, piece.table)
        )
        length += len(text)
    return "".join(pieces), elements
