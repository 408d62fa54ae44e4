"""Whoever is told of alerts."""

from __future__ import annotations

from typing import Protocol

from ingestd.model.alert import Notice, Outcome


class Receiver(Protocol):
    """One address that notices are sent to."""

    @property
    def name(self) -> str:
        """Its name in the config."""
        ...

    @property
    def digest(self) -> str:
        """A digest of its address and kind: another address is another receiver."""
        ...

    def send(self, notice: Notice) -> Outcome:
        """Try once to deliver a notice within a deadline; never raises for what is out there."""
        ...
