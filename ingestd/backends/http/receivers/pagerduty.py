"""PagerDuty, by its Events API v2."""

from __future__ import annotations

from ingestd.alerting import payload
from ingestd.backends.http.receivers.posting import Letter, Message
from ingestd.model.alert import Event

URL = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {"info": "info", "warn": "warning", "page": "critical"}
_SUMMARY = 1024
"""Characters that it takes."""


def event(letter: Letter, routing_key: str) -> Message:
    """Compose a trigger or, under the same key, its resolve."""
    data = letter.found["data"]
    made = {
        "routing_key": routing_key,
        "event_action": "trigger" if letter.notice.event is Event.FIRING else "resolve",
        "dedup_key": data["fingerprint"],
        "payload": {
            "summary": letter.title[:_SUMMARY],
            "source": next(iter(data["labels"].values()), "ingestd"),
            "severity": _SEVERITIES[data["severity"]],
            "timestamp": letter.found["timestamp"],
            "component": "ingestd",
            "group": data["rule"],
            "class": data["diagnosis"] or data["rule"],
            "custom_details": dict(data),
        },
    }
    return Message(payload.encoded(made))
