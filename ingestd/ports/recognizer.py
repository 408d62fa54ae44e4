"""Finding personal data in a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ingestd.model.finding import Finding


class Recognizer(Protocol):
    """Looks for some kinds of personal data; the same text always gives the same findings."""

    def find(self, text: str) -> Iterable[Finding]:
        """Return findings in any order; they may overlap."""
        ...
