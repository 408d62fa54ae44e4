"""The schedule with APScheduler."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

_EVERY = re.compile(r"every\s+(\d+(?:\.\d+)?)\s*(s|m|h|d)", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def trigger(when: str, jitter: timedelta) -> BaseTrigger:
    """Read "every 15m" or a cron expression; raises ValueError."""
    spread = int(jitter.total_seconds()) or None
    every = _EVERY.fullmatch(when.strip())
    if every is not None:
        seconds = float(every[1]) * _SECONDS[every[2].lower()]
        if seconds <= 0:
            raise ValueError("an interval of nothing")
        return IntervalTrigger(seconds=seconds, timezone="UTC", jitter=spread)
    fields = when.split()
    if len(fields) != 5:
        raise ValueError('five fields of cron are wanted, or "every 15m"')
    minute, hour, day, month, weekday = fields
    # In cron day 0 is Sunday, in APScheduler it is Monday: names are the same in both.
    weekday = re.sub(r"(?<![/\d])[0-7](?!\d)", lambda m: _DAYS[int(m.group())], weekday)
    return CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=weekday,
        timezone="UTC", jitter=spread,
    )  # fmt: skip


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

    def at(self, name: str, when: str, jitter: timedelta, job: Callable[[], None]) -> None:
        """Call a job at the times of a cron expression, or each so many minutes."""
        self._scheduler.add_job(job, trigger(when, jitter), id=name, name=name)

    def stop(self) -> None:
        """Call nothing any more; jobs only set flags, so none is waited for."""
        self._scheduler.shutdown(wait=False)
