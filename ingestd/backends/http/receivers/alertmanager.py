"""Prometheus Alertmanager: its API v2, and the body of its own webhooks (version 4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ingestd.alerting import payload
from ingestd.backends.http.receivers.posting import Letter, Message
from ingestd.model.alert import Event
from ingestd.model.golden import Severity

API = "/api/v2/alerts"
_NEVER = "0001-01-01T00:00:00Z"
"""How Go writes that an alert has not ended."""
_LONGER = 3
"""Repeat intervals that an alert stays in Alertmanager without hearing of it again."""


def posted(letter: Letter, repeat: timedelta) -> Message:
    """Compose what the API v2 takes: a list of alerts, each with its end."""
    alert = _alert(letter)
    still = letter.notice.event is Event.FIRING
    # Without an end of its own it would resolve the alert after its resolve_timeout, minutes.
    ends = _written(letter.notice.at + _LONGER * repeat) if still else alert["endsAt"]
    several = []
    for severity in Severity:
        # Its labels are an alert's identity: what was told under another severity ends with this.
        is_this = severity == alert["labels"]["severity"]
        several.append(
            {
                "labels": {**alert["labels"], "severity": severity.value},
                "annotations": alert["annotations"],
                "startsAt": alert["startsAt"],
                "endsAt": ends if is_this else _written(letter.notice.at),
            }
        )
    return Message(payload.encoded(several))


def relayed(letter: Letter, receiver: str) -> Message:
    """Compose the body that Alertmanager's webhooks have, for whoever takes those."""
    alert = _alert(letter)
    labels, status = alert["labels"], letter.notice.event.value
    return Message(
        payload.encoded(
            {
                "version": "4",
                "groupKey": f'{{}}:{{fingerprint="{labels["fingerprint"]}"}}',
                "truncatedAlerts": 0,
                "status": status,
                "receiver": receiver,
                "groupLabels": {"fingerprint": labels["fingerprint"]},
                "commonLabels": labels,
                "commonAnnotations": alert["annotations"],
                "externalURL": "",
                "alerts": [
                    {
                        **alert,
                        "status": status,
                        "generatorURL": "",
                        "fingerprint": labels["fingerprint"],
                    }
                ],
            }
        )
    )


def _alert(letter: Letter) -> dict[str, Any]:
    data = letter.found["data"]
    labels = {
        "alertname": f"ingestd_{data['rule']}",
        "severity": data["severity"],
        "fingerprint": data["fingerprint"],
        **data["labels"],
    }
    annotations = {"summary": data["summary"], "description": letter.text}
    if data["diagnosis"]:
        annotations["diagnosis"] = data["diagnosis"]
    return {
        "labels": labels,
        "annotations": annotations,
        "startsAt": data["starts_at"],
        "endsAt": data["ends_at"] or _NEVER,
    }


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
