"""Silences: what is left untold, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ingestd.model.alert import Silence


def covers(
    silences: Iterable[Silence],
    fingerprint: str,
    rule: str,
    labels: Mapping[str, str],
    now: datetime,
) -> bool:
    """Say whether any silence that has not ended speaks of an alert."""
    own = {**labels, "rule": rule, "fingerprint": fingerprint}
    return any(
        silence.ends_at > now and all(_fits(own.get(k, ""), k, v) for k, v in pairs.items())
        for silence in silences
        if (pairs := silence.matches)
    )


def _fits(own: str, key: str, value: str) -> bool:
    # As a person types it: the first letters of a fingerprint are enough.
    return own.startswith(value) if key == "fingerprint" else own == value
