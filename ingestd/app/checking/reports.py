"""What `check`, `ask` and `history` print as JSON, and a check as JUnit XML or annotations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ingestd.model.check import CheckReport, Result, Status
from ingestd.model.golden import Severity


def check_json(report: CheckReport) -> dict[str, Any]:
    """Return the JSON of `check`."""
    regression = report.regression
    return {
        "checked": len(report.results),
        "passed": report.count(Status.PASS),
        "failed": report.count(Status.FAIL),
        "unknown": report.count(Status.UNKNOWN),
        "results": [_result(result) for result in report.results],
        "at": report.at,
        "index_version": report.index_version,
        "seconds": round(report.seconds, 3),
        "changed": dict(report.changed),
        "retrieval": None
        if regression is None
        else {
            "questions": regression.questions,
            "recall": round(regression.recall, 4),
            "mrr": round(regression.mrr, 4),
            "ndcg": round(regression.ndcg, 4),
            "baseline_recall": regression.baseline_recall,
            "lost": regression.lost,
            "gained": regression.gained,
            "p_value": regression.p_value,
            "regressed": regression.regressed,
        },
        "lag": list(report.notes),
    }


def _result(result: Result) -> dict[str, Any]:
    by = result.caused_by
    return {
        "id": result.question.id,
        "status": result.status.value,
        "diagnosis": result.diagnosis.value if result.diagnosis else None,
        "severity": result.severity.value,
        "question": result.question.question,
        "expected": result.expected,
        "answer": result.answer,
        "reason": result.reason,
        "source": result.source,
        "path": result.path,
        "index_version": result.index_version,
        "caused_by": None
        if by is None
        else {
            "path": by.path,
            "index_version": by.index_version,
            "at": by.at,
            "before": by.before,
            "after": by.after,
        },
        "firing": result.firing,
        "flapping": result.flapping,
        "rank": result.rank,
        "faithfulness": result.faithfulness,
        "relevance": round(result.relevance, 3) if result.relevance is not None else None,
        "chunks": list(result.chunks),
        "proposal": result.proposal,
        "line": result.question.line,
    }


def fails(report: CheckReport, least: Severity) -> bool:
    """Say whether a check found drift that counts: firing, and severe enough."""
    found = any(r.firing and r.severity.rank >= least.rank for r in report.results)
    regressed = report.regression is not None and report.regression.regressed
    return found or (regressed and least.rank <= Severity.WARN.rank)


def junit(report: CheckReport, golden: Path) -> bytes:
    """Write a check as JUnit XML: unknown is an error, a failure carries its diagnosis."""
    suite = ElementTree.Element(
        "testsuite",
        name="ingestd check",
        tests=str(len(report.results)),
        failures=str(report.count(Status.FAIL)),
        errors=str(report.count(Status.UNKNOWN)),
        time=f"{report.seconds:.3f}",
        timestamp=report.at.isoformat(),
    )
    for result in report.results:
        case = ElementTree.SubElement(
            suite, "testcase", name=_clean(result.question.id), classname=_clean(str(golden)),
            file=_clean(str(golden)), line=str(result.question.line),
        )  # fmt: skip
        if result.status is Status.PASS:
            continue
        kind = "failure" if result.status is Status.FAIL else "error"
        code = result.diagnosis.value if result.diagnosis else ""
        outcome = ElementTree.SubElement(case, kind, type=code, message=_clean(result.reason))
        outcome.text = _clean(
            f"question: {result.question.question}\nexpected: {result.expected}\n"
            f"answer: {result.answer or '(none)'}\ndocument: {result.source}:{result.path}"
        )
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def github(report: CheckReport, golden: Path) -> Iterator[str]:
    """Yield a check's failures as GitHub workflow commands."""
    for result in report.results:
        if result.status is Status.PASS:
            continue
        level = "error" if result.firing and result.severity is not Severity.INFO else "warning"
        code = result.diagnosis.value if result.diagnosis else "UNKNOWN"
        yield (
            f"::{level} file={_property(str(golden))},line={result.question.line},"
            f"title={_property(f'{result.question.id}: {code}')}::{_message(result.reason)}"
        )


def _clean(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
