"""The redactor: a policy's recognizers applied to texts and to whole documents."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingestd.model.document import (
    SOFT_BREAK,
    Element,
    ElementKind,
    RawDocument,
    RedactedDocument,
)
from ingestd.model.finding import Finding
from ingestd.model.ledger import DocState
from ingestd.model.parsing import Rejection
from ingestd.ports.recognizer import Recognizer
from ingestd.redaction import columns, joins
from ingestd.redaction.actions import Kind, Replacer, placeholders
from ingestd.redaction.masking import Masked, mask
from ingestd.redaction.phrases import DENIED, squeezed
from ingestd.redaction.shadow import shadow, unhyphenated
from ingestd.redaction.view import View

_ROUNDS = 12
"""One masks; a second finds what the first has laid bare; more are for texts built to need them."""
_TIGHT = frozenset({ElementKind.TABLE_ROW, ElementKind.LIST_ITEM})
_TITLE = -1
_OPAQUE = "\ufffc"
"""Stands for each character of a placeholder while a text is looked at: of no word or number."""


class Redactor:
    """Masks what its recognizers find; masking twice changes nothing more."""

    def __init__(
        self,
        recognizers: Sequence[Recognizer],
        *,
        models: Sequence[Recognizer] = (),
        replacer: Replacer | None = None,
        entities: Iterable[str] = (),
        allow: Iterable[str] = (),
    ) -> None:
        """Take the recognizers of forms, and those that ask a model and see a text once only."""
        self._recognizers = tuple(recognizers)
        self._models = tuple(models)
        self._replacer = replacer or Replacer({}, b"")
        self._placeholder = placeholders(entities)
        self._allowed = frozenset(filter(None, map(squeezed, allow)))

    @property
    def placeholder(self) -> re.Pattern[str]:
        """What masking leaves; its group `entity` is the entity type."""
        return self._placeholder

    def redact_text(self, text: str) -> str:
        """Mask one text that stands alone: a name, a title, a question, a passage."""
        for _ in range(_ROUNDS):
            found = self.findings(text)
            if not found:
                break
            text = mask(text, found, self._replacer.replacement).text
        return text

    def redact_document(self, raw: RawDocument) -> RedactedDocument | Rejection:
        """Mask a document as one text, so that no edge of an element hides anything.

        A rejection, where it holds what keeps a document out.
        """
        text, elements = joined(raw)
        title = _title_in(text, raw.title)
        elements += title
        counts: Counter[str] = Counter()
        for _ in range(_ROUNDS):
            found = [*self.findings(text), *self._in_columns(text, elements)]
            if not found:
                break
            vetoed = self._vetoed(found)
            if vetoed:
                return _veto(vetoed)
            masked = self._masked(text, elements, found)
            counts.update(f.entity_type for f in masked.findings)
            elements = [
                replace(element, start=start, end=end)
                for element in elements
                if (start := masked.moved(element.start)) < (end := masked.moved(element.end))
            ]
            text = masked.text
        text = text.replace(SOFT_BREAK, " ")
        around = (raw.title, *raw.meta, *raw.meta.values())
        vetoed = [entity for one in around for entity in self._vetoed(self.findings(one))]
        if vetoed:
            return _veto(vetoed)
        # A title that the text holds, too, is masked as it is there: with what follows it.
        shown = raw.title
        if title:
            last = elements.pop() if elements and elements[-1].table == _TITLE else None
            shown = text[last.start : last.end] if last is not None else ""
        return RedactedDocument(
            text=text,
            elements=tuple(elements),
            mime=raw.mime,
            title=self.redact_text(shown),
            lang=raw.lang,
            meta={self.redact_text(k): self.redact_text(v) for k, v in raw.meta.items()},
            findings=dict(counts),
        )

    def is_vetoed(self, text: str) -> bool:
        """Say whether a text, masked or not, holds what keeps a document out."""
        masked = (m["entity"] for m in self._placeholder.finditer(text))
        return any(self._replacer.kind(entity) is Kind.VETO for entity in masked) or bool(
            self._vetoed(self.findings(text))
        )

    def findings(self, text: str) -> list[Finding]:
        """Return what is found in a text, in its shadow and across its joins; they may overlap."""
        if not text or not (self._recognizers or self._models):
            return []
        plain = self._placeholder.sub(lambda m: _OPAQUE * len(m.group()), text)
        plain = plain.replace(SOFT_BREAK, "\n")
        found = [f for recognizer in self._models for f in recognizer.find(plain)]
        found += self._in(plain)
        cast = shadow(plain)
        if cast is not None:
            found += [cast.project(f) for f in self._in(cast.text)]
        else:
            cast = View.of(plain)
        whole = unhyphenated(cast)
        if whole is not None:
            found += [whole.project(f) for f in self._in(whole.text)]
        for view, first, last in joins.windows(cast.text):
            found += [
                cast.project(view.project(f))
                for f in self._in(view.text)
                if joins.is_plausible(view, f, first, last, self._ends_in_secret)
            ]
        return [f for f in found if not self._is_exempt(plain, f)]

    def _in_columns(self, text: str, elements: Sequence[Element]) -> list[Finding]:
        """Return what a table's cells hold once they are read with their header."""
        return [
            Finding(
                cell.start + f.start - cell.prefix,
                cell.start + f.end - cell.prefix,
                f.entity_type,
                f.score,
            )
            for cell in columns.told(text, elements)
            for f in self.findings(cell.text)
            if f.start >= cell.prefix
        ]

    def _in(self, text: str) -> list[Finding]:
        return [f for recognizer in self._recognizers for f in recognizer.find(text)]

    def _ends_in_secret(self, text: str) -> bool:
        ended = len(text.rstrip(".,;:!?)\"'"))
        return any(f.entity_type == "SECRET" and f.end >= ended for f in self._in(text))

    def _is_exempt(self, plain: str, finding: Finding) -> bool:
        value = plain[finding.start : finding.end]
        if not value.strip(_OPAQUE + " \n\t<>"):
            return True
        if finding.entity_type == DENIED or not self._allowed:
            return False
        return squeezed(value) in self._allowed

    def _vetoed(self, found: Sequence[Finding]) -> list[str]:
        """Name the vetoing findings that are not a mere part of another, longer one."""
        return [
            f.entity_type
            for f in found
            if self._replacer.kind(f.entity_type) is Kind.VETO
            and not any(
                o.start <= f.start and f.end <= o.end and o.end - o.start > f.end - f.start
                for o in found
            )
        ]

    def _masked(self, text: str, elements: Sequence[Element], found: Sequence[Finding]) -> Masked:
        dropping = [f for f in found if self._replacer.kind(f.entity_type) is Kind.DROP]
        if not dropping:
            return mask(text, found, self._replacer.replacement)
        elements = [element for element in elements if element.table != _TITLE]
        starts = [element.start for element in elements]
        whole: list[Finding] = []
        for finding in dropping:
            first = max(0, bisect_right(starts, finding.start) - 1)
            last = max(0, bisect_right(starts, finding.end - 1) - 1)
            span = elements[first].start, max(elements[last].end, finding.end)
            whole.append(Finding(*span, finding.entity_type, finding.score))
        gone = {(f.start, f.end) for f in mask(text, whole).findings}

        def put(finding: Finding, value: str) -> str:
            if any(start <= finding.start and finding.end <= end for start, end in gone):
                return ""
            return self._replacer.replacement(finding, value)

        return mask(text, [*found, *whole], put)


def _veto(entities: Sequence[str]) -> Rejection:
    counted = ", ".join(f"{n} {entity}" for entity, n in sorted(Counter(entities).items()))
    return Rejection(DocState.VETOED, f"it holds {counted}, and redaction.actions vetoes that")


def _title_in(text: str, title: str) -> list[Element]:
    """Return where the title stands in the text, as an element of its own, if it does."""
    words = [re.escape(word) for word in title.split()]
    found = re.search(r"\s+".join(words), text) if words else None
    if found is None:
        return []
    return [Element(ElementKind.HEADING, *found.span(), table=_TITLE)]


def joined(raw: RawDocument) -> tuple[str, list[Element]]:
    """Join elements into one text: rows and items a line apart, everything else a blank line.

    Recognizers see this text, and offsets of findings are offsets in it.
    """
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
