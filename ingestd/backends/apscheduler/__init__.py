"""The schedule with APScheduler."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
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


_log = logging.getLogger("ingestd")
_LOOK = 1.0
_JUMP = 2.0
"""Seconds that the clock on the wall may drift from the steady one between two looks."""


class ApSchedule:
    """Intervals in UTC; a late job runs once, late, instead of being dropped.

    APScheduler reckons by the clock on the wall: set back an hour, it would do nothing for that
    long. A thread of its own looks for that, and moves what is planned along.
    """

    def __init__(self, jumped: Callable[[timedelta], None] = lambda _: None) -> None:
        """Take who is told that the clock was set, and by how much."""
        self._jumped = jumped
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(_log_error, EVENT_JOB_ERROR)
        self._scheduler.start()
        threading.Thread(target=self._follow, name="clock", daemon=True).start()

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
        self._stopping.set()
        self._scheduler.shutdown(wait=False)

    def _follow(self) -> None:
        offset = time.time() - time.monotonic()
        while not self._stopping.wait(_LOOK):
            now = time.time() - time.monotonic()
            jump, offset = now - offset, now
            if abs(jump) >= _JUMP:
                _log.warning("the clock was set by %+.0f s; what is planned goes along", jump)
                self._move(timedelta(seconds=jump))
                self._jumped(timedelta(seconds=jump))

    def _move(self, jump: timedelta) -> None:
        for job in self._scheduler.get_jobs():
            if isinstance(job.trigger, CronTrigger):
                job.reschedule(job.trigger)  # The next such time from now on.
            elif job.next_run_time is not None:
                job.modify(next_run_time=job.next_run_time + jump)


def _log_error(event: JobExecutionEvent) -> None:
    """Log the kind of what a job ended by: its words may quote a document."""
    _log.error("%s ended by a bug: %s", event.job_id, type(event.exception).__name__)
