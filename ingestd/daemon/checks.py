"""The lane of checks: a thread of its own, so that no check keeps a change from being indexed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial

from ingestd.daemon.lane import Lane
from ingestd.errors import IngestdError
from ingestd.model.ids import DocId
from ingestd.ports.watcher import Schedule

_log = logging.getLogger("ingestd")
EVERYTHING = ""
"""Stands for the questions of all tags."""
OVERTAKEN = "\0"
"""Stands for the questions that an earlier run has left unasked."""

Check = Callable[[frozenset[DocId], frozenset[str]], None]
"""Checks the questions that changed documents touch, and those of some tags."""


class Checks:
    """Collects what is to be checked, and checks it one batch at a time."""

    def __init__(self, check: Check, schedules: Mapping[str, str], jitter: timedelta) -> None:
        """Take when the questions of each tag are asked; `EVERYTHING` is every tag."""
        self._check = check
        self._schedules = schedules
        self._jitter = jitter
        self._wake = threading.Condition()
        self._documents: set[DocId] = set()
        self._tags: set[str] = set()
        self._stopped = False
        self.lane = Lane("checks", self._run)

    def start(self, schedule: Schedule) -> None:
        """Begin; each schedule only asks for work."""
        for tag, when in self._schedules.items():
            schedule.at(f"check {tag or 'all'}", when, self._jitter, partial(self.ask, tag))
        self.lane.start()

    def ask(self, tag: str) -> None:
        """Ask for the questions of a tag."""
        with self._wake:
            self._tags.add(tag)
            self._wake.notify()

    def changed(self, documents: Collection[DocId]) -> None:
        """Ask for the questions that documents can have changed the answers of."""
        if documents:
            with self._wake:
                self._documents.update(documents)
                self._wake.notify()

    def stop(self) -> None:
        """End after the batch at hand."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self.lane.join(25)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._stopped or self._documents or self._tags):
                    self._wake.wait()
                if self._stopped:
                    return
                documents, self._documents = frozenset(self._documents), set()
                tags, self._tags = frozenset(self._tags), set()
            try:
                self._check(documents, tags)
            except IngestdError as error:
                _log.error("check failed: %s", error)
