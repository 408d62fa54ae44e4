"""The lag of each source: measured at every commit, summed up, checked against its objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from ingestd.app.build import System
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.freshness.lag import bucket, summary
from ingestd.model.answer import Answer
from ingestd.model.check import CheckReport, Diagnosis, Result, Status
from ingestd.model.golden import GoldenQuestion, Static, ValueType
from ingestd.values import reading
from ingestd.values.kinds import Duration, Unreadable


def record(system: System, history: SqliteHistory, waited: Sequence[tuple[str, float]]) -> None:
    """Count how long changes of sources waited until they could be found, in seconds."""
    if waited:
        history.add_lags(system.now(), [(source, bucket(seconds)) for source, seconds in waited])


def summaries(system: System, history: SqliteHistory) -> dict[str, dict[str, Any]]:
    """Return each source's lag over the window of the config."""
    window = span(system, "freshness.lag.window", system.config.file.freshness.lag.window)
    found = {}
    for source, counts in history.lags(system.now() - window).items():
        one = summary(counts)
        if one is not None:
            found[source] = asdict(one)
    return found


def noted(system: System, history: SqliteHistory, report: CheckReport) -> CheckReport:
    """Add each source's lag to a check; one that is over its objective fails."""
    written = system.config.file.freshness.lag.p95
    bar = span(system, "freshness.lag.p95", written) if written else None
    notes: list[str] = []
    further: list[Result] = []
    for source, found in sorted(summaries(system, history).items()):
        notes.append(
            f"Lag of {source}: p50 {found['p50']:g} s, p95 {found['p95']:g} s, "
            f"p99 {found['p99']:g} s ({found['count']} changes)"
        )
        if bar is not None:
            further.append(_result(report, source, found, bar, written))
    return replace(report, results=(*report.results, *further), notes=tuple(notes))


def _result(
    report: CheckReport, source: str, found: dict[str, Any], bar: timedelta, written: str
) -> Result:
    late = found["p95"] > bar.total_seconds()
    question = GoldenQuestion(
        f"lag:{source}",
        f"How long does a change in {source} wait until it can be found?",
        Static((f"at most {written}",)),
        ValueType.DURATION,
    )
    said = Answer(f"{found['p95']:g} s")
    return Result(
        question=question,
        status=Status.FAIL if late else Status.PASS,
        diagnosis=Diagnosis.INDEX_LAG if late else None,
        expected=f"at most {written}",
        answer=said.text,
        reason=f"95 of 100 changes were found within {said.text}",
        source=source,
        path="",
        index_version=report.index_version,
        firing=late,
    )


def span(system: System, key: str, written: str) -> timedelta:
    """Read a length of time from the config."""
    try:
        value = reading.read(written, ValueType.DURATION, "en")
    except Unreadable as error:
        raise system.config.fault(key, str(error)) from error
    if not isinstance(value, Duration) or value.low.months:
        raise system.config.fault(key, f"{written!r} is no length of time, such as 5s or 1d")
    return timedelta(seconds=float(value.low.seconds))
