"""The body of a webhook: what happened, within a size, and masked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ingestd.model.alert import Line, Notice
from ingestd.model.check import CausedBy

MAX_BYTES = 20_000
_TEXT = 400
"""Characters of one text."""
Mask = Callable[[str], str]


def body(notice: Notice, mask: Mask) -> dict[str, Any]:
    """Return what a receiver is sent: DESIGN.md's shape, at most `MAX_BYTES` as JSON."""
    alert = notice.alert

    def short(text: str) -> str:
        # Masked first: half of a value that is cut off is recognised no more.
        masked = mask(text)
        return masked if len(masked) <= _TEXT else masked[: _TEXT - 1] + "…"

    found: dict[str, Any] = {
        "type": f"alert.{notice.event}",
        "timestamp": _instant(notice.at),
        "data": {
            "fingerprint": alert.fingerprint,
            "state": notice.event.value,
            "rule": alert.rule,
            "labels": {key: short(value) for key, value in alert.labels.items()},
            "severity": alert.severity.value,
            "summary": short(alert.summary),
            "diagnosis": alert.diagnosis or None,
            "why": notice.why,
            "questions": [],
            "questions_total": alert.total,
            "caused_by": _caused_by(alert.caused_by, short),
            "starts_at": _instant(alert.starts_at),
            "ends_at": _instant(alert.ends_at),
        },
    }
    room = MAX_BYTES - len(encoded(found))
    found["data"]["questions"] = _lines(alert.lines, short, room)
    return found


def encoded(found: object) -> bytes:
    """Write a body as JSON."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _lines(lines: tuple[Line, ...], short: Mask, room: int) -> list[dict[str, Any]]:
    """Return as many lines as there is room for, the gravest first."""
    made: list[dict[str, Any]] = []
    for line in lines:
        one = {
            "id": short(line.id),
            "severity": line.severity.value,
            "diagnosis": line.diagnosis,
            "expected": short(line.expected),
            "answer": short(line.answer),
            "reason": short(line.reason),
        }
        room -= len(encoded(one)) + 1
        if room < 0:
            break
        made.append(one)
    return made


def _caused_by(by: CausedBy | None, short: Mask) -> dict[str, Any] | None:
    if by is None:
        return None
    return {
        "path": short(by.path),
        "index_version": by.index_version,
        "at": _instant(by.at),
        "before": short(by.before),
        "after": short(by.after),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at is not None else None
