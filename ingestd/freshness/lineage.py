"""Lineage: which version of which document moved an answer, found in the kept versions."""

from __future__ import annotations

from collections.abc import Sequence

from ingestd.freshness.presence import counterpart, holding, holds
from ingestd.model.check import CausedBy, Diagnosis, Evidence
from ingestd.model.index import DocumentVersion

_UNMOVED = frozenset({Diagnosis.CHECK_ERROR, Diagnosis.INDEX_CONFIG, Diagnosis.TRUTH_EXPIRED})


def cause(evidence: Evidence, diagnosis: Diagnosis | None) -> CausedBy | None:
    """Return the change that moved an answer; nothing where no document is to blame."""
    document = evidence.document
    if diagnosis is None or diagnosis in _UNMOVED or document is None:
        return None
    if diagnosis is Diagnosis.CONFLICT:
        rival = evidence.rivals[0]
        path = rival.path.partition(":")[2]
        return CausedBy(path, None, None, evidence.answer.statement, rival.statement)
    truths = evidence.truth.values
    # From the oldest: the last version that held the truth, and the one that came after it.
    versions = list(reversed(document.versions))
    if not versions:
        return CausedBy(document.path, None, None, "", "")
    if not document.on_disk:
        last = versions[-1]
        before = _sentence(last, truths, evidence)
        return CausedBy(document.path, last.version, last.superseded_at, before, "")
    held = [n for n, v in enumerate(versions) if holds(v.redacted_text, truths, evidence.question)]
    if not held:
        newest = versions[-1]
        after = evidence.answer.statement
        return CausedBy(document.path, newest.version, newest.indexed_at, "", after)
    last = versions[held[-1]]
    before = _sentence(last, truths, evidence)
    if held[-1] + 1 < len(versions):
        then = versions[held[-1] + 1]
        after = counterpart(before, versions[-1].redacted_text)
        return CausedBy(document.path, then.version, then.indexed_at, before, after)
    if not document.is_indexed:
        return CausedBy(document.path, last.version, last.superseded_at, before, "")
    return CausedBy(document.path, last.version, last.indexed_at, before, before)


def _sentence(version: DocumentVersion, truths: Sequence[str], evidence: Evidence) -> str:
    """Return the sentence that held the truth, the one most like the answer's own."""
    found = [s for t in truths for s in holding(version.redacted_text, t, evidence.question)]
    if len(found) <= 1:
        return found[0] if found else ""
    like = counterpart(evidence.answer.statement, "\n".join(found))
    if not like:
        like = counterpart(evidence.question.question, "\n".join(found))
    return like or found[0]
