"""Reloading: a new config is taken whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestd.app.alerts.lane import Alerting
from ingestd.app.build import System
from ingestd.app.checking.lags import span
from ingestd.app.checking.lane import check_schedules
from ingestd.app.opening import check
from ingestd.config import loading
from ingestd.config.loading import Config


def examined(config: Config) -> tuple[Config, list[str]]:
    """Read a config's file again, with everything it names; raises IngestdError for any fault.

    Returns it with the keys that are new, gone or otherwise: names only, values may be secret.
    """
    if config.origin is None:
        return config, []
    fresh = loading.load(config.origin)
    check(fresh)
    system = System(fresh)
    _ = system.policy, system.model
    check_schedules(system)
    section = fresh.file.freshness.lag
    for key, written in (("p95", section.p95), ("window", section.window)):
        if written:
            span(system, f"freshness.lag.{key}", written)
    Alerting(system)
    return fresh, sorted(_changed(config.file.model_dump(), fresh.file.model_dump()))


def _changed(before: Any, now: Any, key: str = "") -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in {*before, *now}:
            inner = f"{key}.{name}" if key else str(name)
            yield from _changed(before.get(name), now.get(name), inner)
    elif before != now:
        yield key
