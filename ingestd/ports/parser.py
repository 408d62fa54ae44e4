"""Turning files into redacted documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ingestd.model.parsing import ParseOutcome, ParseRequest


class Parser(Protocol):
    """Parses and redacts, out of this process."""

    def parse(self, requests: Iterable[ParseRequest]) -> Iterator[ParseOutcome]:
        """Yield an outcome for every request, in whatever order they are done."""
        ...
