"""Deliveries: a thread for each receiver, so that none waits for another."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from ingestd.alerting.backoff import standing_after, verdict
from ingestd.daemon.lane import Lane
from ingestd.errors import IngestdError
from ingestd.model.alert import Delivery, DeliveryState, Fate, Outcome, Standing
from ingestd.ports.outbox import Outbox
from ingestd.ports.receiver import Receiver

_log = logging.getLogger("ingestd")
_LONGEST = timedelta(seconds=30)
"""Between two looks: the clock may have been set, and another process may have added something."""
_FAREWELL = 2.0
"""Seconds for attempts at hand, all of them together."""
_STATES = {
    Fate.DELIVERED: DeliveryState.DELIVERED,
    Fate.AGAIN: DeliveryState.WAITING,
    Fate.DEAD: DeliveryState.DEAD,
    Fate.GONE: DeliveryState.DEAD,
}


class Deliveries:
    """Sends what is due, as long as the daemon runs."""

    def __init__(
        self,
        receivers: Iterable[Receiver],
        open_outbox: Callable[[], Outbox],
        now: Callable[[], datetime],
        *,
        seconds: Callable[[timedelta], float] = timedelta.total_seconds,
    ) -> None:
        """Take an outbox for each thread; `seconds` says how long a span of `now`'s clock takes."""
        self._open_outbox = open_outbox
        self._now = now
        self._seconds = seconds
        self._stopping = threading.Event()
        self._wakes: list[threading.Event] = []
        self.lanes: list[Lane] = []
        for receiver in receivers:
            wake = threading.Event()
            self._wakes.append(wake)
            work = partial(self._run, receiver, wake)
            self.lanes.append(Lane(f"deliveries to {receiver.name}", work))

    def start(self) -> None:
        """Begin with what an earlier run left."""
        for lane in self.lanes:
            lane.start()

    def wake(self) -> None:
        """Look at once: there is something new."""
        for wake in self._wakes:
            wake.set()

    def stop(self) -> None:
        """End; an attempt at hand is left to itself, and is made again at the next start."""
        self._stopping.set()
        self.wake()
        deadline = time.monotonic() + _FAREWELL
        for lane in self.lanes:
            lane.join(deadline - time.monotonic())

    def _run(self, receiver: Receiver, wake: threading.Event) -> None:
        outbox: Outbox | None = None
        while not self._stopping.is_set():
            wake.clear()
            pause = _LONGEST
            try:
                outbox = outbox or self._open_outbox()
                pause = turn(receiver, outbox, self._now)
            except IngestdError as error:
                _log.error("alerts to %s: %s", receiver.name, error)
            if pause:
                wake.wait(max(self._seconds(pause), 0.01))


def turn(receiver: Receiver, outbox: Outbox, now: Callable[[], datetime]) -> timedelta:
    """Make one delivery, if one is due; return how long there is nothing to do."""
    at = now()
    standing = outbox.standing(receiver.name)
    if standing.gone:
        if standing.address == receiver.digest:
            # What came since goes where `alerts ls` shows it, and `alerts replay` finds it.
            outbox.bury(receiver.name, f"the receiver is disabled: {standing.gone}", at)
            return _LONGEST
        standing = Standing()
        outbox.set_standing(receiver.name, standing, at)
    if standing.closed_until is not None and standing.closed_until > at:
        return min(standing.closed_until - at, _LONGEST)
    delivery = outbox.due(receiver.name, at)
    if delivery is None:
        due = outbox.next_due_at(receiver.name)
        return _LONGEST if due is None else min(max(due - at, timedelta(0)), _LONGEST)
    _attempt(receiver, outbox, delivery, standing, now)
    return timedelta(0)


def _attempt(
    receiver: Receiver,
    outbox: Outbox,
    delivery: Delivery,
    standing: Standing,
    now: Callable[[], datetime],
) -> None:
    if not outbox.begin(delivery):
        return
    try:
        outcome = receiver.send(delivery.notice)
    except Exception as error:  # noqa: BLE001
        # Backed off like any other fault: an alert is not lost to a bug, nor tried without end.
        outcome = Outcome(accepted=False, told=f"a bug: {type(error).__name__}")
    after = verdict(outcome, delivery.attempts + 1, random.random())  # noqa: S311
    at = now()
    outbox.end(delivery, outcome, _STATES[after.fate], after.again_in, at)
    changed = standing_after(standing, outcome, after.fate, at, random.random())  # noqa: S311
    if after.fate is Fate.GONE:
        changed = Standing(gone=changed.gone, address=receiver.digest)
        outbox.bury(receiver.name, f"the receiver is disabled: {changed.gone}", at)
    outbox.set_standing(receiver.name, changed, at)
    which = f"{delivery.notice.event} {delivery.notice.alert.fingerprint}"
    if after.fate is Fate.DELIVERED:
        _log.info("%s: %s delivered", receiver.name, which)
    elif after.fate is Fate.AGAIN:
        _log.warning(
            "%s: %s: %s; tried again in %s", receiver.name, which, after.reason,
            _rounded(after.again_in),
        )  # fmt: skip
    else:
        _log.error(
            "%s: %s: given up: %s; see: ingestd alerts ls", receiver.name, which, after.reason
        )


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
