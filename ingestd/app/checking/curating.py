"""The golden set curated: questions proposed, confirmed and taken over from other tools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestd.app.build import System
from ingestd.app.checking import answerers, checks, golden
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.config.golden import importing, loading, writing
from ingestd.errors import UsageError
from ingestd.model.answer import Asking
from ingestd.model.check import CheckReport, Status
from ingestd.model.golden import Static, ValueType
from ingestd.retrieval.wanted import wanted
from ingestd.values import comparing

_NARROWER = (
    ValueType.CURRENCY, ValueType.PERCENT, ValueType.DURATION, ValueType.VERSION,
    ValueType.QUANTITY,
)  # fmt: skip


def propose(
    system: System, question: str, name: str, truth: str, kind: str, source: str
) -> dict[str, Any]:
    """Return a golden question: what is not given is what the documents answer."""
    guessed = ValueType(kind) if kind else wanted(question)
    locale = system.config.file.freshness.locale
    asked = system.redactor.redact_text(question)
    extract = answerers.extractive(system)
    found = extract.answer([Asking(asked, guessed, locale)])[0]
    if found.abstained and guessed is not ValueType.TEXT and not kind:
        guessed = ValueType.TEXT
        found = extract.answer([Asking(asked, guessed, locale)])[0]
    if not truth:
        if found.abstained:
            raise UsageError(
                "the documents do not answer this question; give its answer with --truth"
            )
        truth = found.text
    if not kind and guessed is ValueType.TEXT and found.statement == truth:
        # A sentence with one value in it is asked about for that value.
        for narrower in _NARROWER:
            values = comparing.values_in(found.statement, narrower, locale)
            if len(values) == 1:
                guessed, truth = narrower, truth[values[0].start : values[0].end]
                break
    if not kind and guessed is ValueType.TEXT:
        guessed = comparing.inferred(truth, locale)
    if not source and found.cited:
        row = found.context[found.cited[0]].row
        source = f"{row.source}:{row.path}"
    made: dict[str, Any] = {"id": name or _name(question), "question": question, "truth": truth}
    made["type"] = guessed.value
    if source:
        made["source"] = source
    return made


def add(system: System, path: Path, question: dict[str, Any]) -> None:
    """Append a question to the golden file, unless the policy would mask its truth."""
    masked = system.redactor.redact_text(question["truth"])
    if masked != question["truth"] or system.redactor.placeholder.search(masked):
        raise UsageError(
            f"the redaction policy masks this truth ({masked}), so no answer can hold it; ask for "
            "something else, or allow it in redaction.allow"
        )
    locale = system.config.file.freshness.locale
    faults = loading.unfit(Static((question["truth"],)), ValueType(question["type"]), locale)
    if faults:
        raise UsageError(f"--truth: {'; '.join(faults)}")
    writing.add(path, [question])


def verify(system: System, history: SqliteHistory, path: Path, ids: list[str]) -> CheckReport:
    """Check, and take what retrieval finds today as the baseline of what it should find."""
    questions = golden.questions(system, path, ids)
    report = checks.check(system, history, questions, path, trigger="verify")
    ranks = {
        r.question.id: r.rank
        for r in report.results
        if r.status is Status.PASS and r.rank is not None
    }
    history.remember(
        replace(state, baseline_rank=ranks[name]) for name, state in history.states(ranks).items()
    )
    return report


def take_over(path: Path, tool: str | None, target: Path) -> importing.Imported:
    """Append another tool's questions to a golden file."""
    if tool is not None and tool not in importing.TOOLS:
        raise UsageError(f"--from: {tool!r}; there are {', '.join(importing.TOOLS)}")
    found = importing.read(path, tool)
    writing.add(target, found.questions)
    return found


def _name(question: str) -> str:
    """Make an id of a question's words of content."""
    skipped = frozenset(
        "how many much long what which who when where why is are was were do does did can may must"
        " the a an of in on at to for by with it its i you we they my your our".split()
    )
    words = ["".join(c for c in w if c.isalnum()) for w in question.lower().split()]
    kept = [w for w in words if w and w not in skipped]
    return "-".join(kept[:5]) or "question"
