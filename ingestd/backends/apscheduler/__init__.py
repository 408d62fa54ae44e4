"""The schedule with APScheduler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler


class ApSchedule:
    """Intervals in UTC; a late job runs once, late, instead of being dropped."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.start()

    def every(self, name: str, interval: timedelta, job: Callable[[], None]) -> None:
        """Call a job each interval."""
        self._scheduler.add_job(
            job, "interval", seconds=interval.total_seconds(), id=name, name=name
        )

    def stop(self) -> None:
        """Call nothing any more; jobs only set flags, so none is waited for."""
        self._scheduler.shutdown(wait=False)
