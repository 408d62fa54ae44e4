"""Reading truths that live outside: files, databases, endpoints."""

from __future__ import annotations

from typing import Protocol

from ingestd.model.check import TruthReading
from ingestd.model.golden import Truth


class TruthReader(Protocol):
    """Reads one kind of truth; what goes wrong is said in the reading."""

    def read(self, truth: Truth) -> TruthReading:
        """Read a truth as it is now."""
        ...
