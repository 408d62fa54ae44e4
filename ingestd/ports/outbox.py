"""Alerts and the outbox: transitions and their deliveries, written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from ingestd.model.alert import (
    Alert,
    Change,
    Delivery,
    DeliveryState,
    Notice,
    Outcome,
    Silence,
    Standing,
)

Decide = Callable[[Mapping[str, Alert], Sequence[Silence]], Iterable[Change]]


class Outbox(Protocol):
    """What is remembered of alerts, and what is still to be delivered."""

    def transact(self, now: datetime, decide: Decide) -> Sequence[Notice]:
        """Hand what is remembered to `decide` and write what it returns, in one transaction.

        A resolve is written for the receivers that may have heard of the fire; where none can
        have, the fire itself is dropped. Returns the notices that were written.
        """
        ...

    def due(self, receiver: str, now: datetime) -> Delivery | None:
        """Return the next delivery: the oldest that is due, of each fingerprint only the first."""
        ...

    def next_due_at(self, receiver: str) -> datetime | None:
        """Return when the next delivery of a receiver is due."""
        ...

    def begin(self, delivery: Delivery) -> bool:
        """Note, before anything is sent, that the receiver may hear of it from now on.

        `False`: it is not to be sent any more.
        """
        ...

    def end(
        self, delivery: Delivery, outcome: Outcome, state: DeliveryState, again_in: timedelta,
        now: datetime,
    ) -> None:  # fmt: skip
        """Note how an attempt went."""
        ...

    def standing(self, receiver: str) -> Standing:
        """Return how a receiver has been doing."""
        ...

    def set_standing(self, receiver: str, standing: Standing, now: datetime) -> None:
        """Remember it; what waits for one that is well again is due at once."""
        ...

    def bury(self, receiver: str, why: str, now: datetime) -> None:
        """Give up what waits for a receiver."""
        ...
