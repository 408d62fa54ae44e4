"""Opening a system: for writing under the lock, or for reading beside whoever writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestd.app.build import System
from ingestd.app.state import StateFolder, StateLock
from ingestd.backends.filesystem.names import check_patterns
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.config.loading import Config
from ingestd.errors import UsageError


@contextmanager
def writing(
    config: Config, prepare: Callable[[StateFolder], object] = lambda _: None
) -> Iterator[System]:
    """Open a system as the one writer of its state folder; `prepare` comes before all reading."""
    check(config)
    _roots_are_known(config)
    system = System(config, writing=True)
    _ = system.policy  # A rule that cannot work ends the command before anything is touched.
    system.folder.create()
    with StateLock(system.folder):
        prepare(system.folder)
        _same_roots(system)
        given = system.config
        if not given.sources:
            system.remember_sources()
        try:
            yield system
        finally:
            system.close()


@contextmanager
def reading(config: Config) -> Iterator[System]:
    """Open a system for questions; nothing is written."""
    check(config)
    system = System(config)
    _ = system.policy
    if not config.sources:
        system.remember_sources()
    try:
        yield system
    finally:
        system.close()


def check(config: Config) -> None:
    """Refuse patterns of sources that are none."""
    where = f"{config.origin}: " if config.origin else ""
    for index, source in enumerate(config.sources):
        check_patterns(source.include, f"{where}sources[{index}].include")
        check_patterns(source.exclude, f"{where}sources[{index}].exclude")


def _roots_are_known(config: Config) -> None:
    """Refuse a folder that never was there; one that has been synced may be unmounted."""
    missing = [(n, one) for n, one in enumerate(config.sources) if not one.root.is_dir()]
    if not missing:
        return
    path = StateFolder(config.state_dir).ledger
    there = path.exists()
    known = SqliteLedger(Database(path, read_only=True)).sources() if there else []
    for number, source in missing:
        if source.name not in {one.name for one in known}:
            raise config.fault(f"sources[{number}].path", f"{source.root}: no such folder")


def _same_roots(system: System) -> None:
    """Refuse two different folders under one name; one that moved takes its documents along."""
    if not system.folder.ledger.exists():
        return
    known = {source.name: Path(os.fsdecode(source.root)) for source in system.ledger.sources()}
    for source in system.config.sources:
        before = known.get(source.name, source.root)
        if before != source.root and before.is_dir():
            raise UsageError(
                f"source {source.name!r} is {before} in {system.folder.path}, and {source.root} is "
                "another folder of that name. Give one of them a name of its own in a config "
                "(ingestd init), or use another state_dir"
            )
