"""The state folder: made with mode 0700, and held by one writer."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ingestd.errors import StateInUse, UsageError

_IN_MEMORY = "/dev/shm"  # noqa: S108 (each child makes a folder of its own there, mode 0700)


class StateFolder:
    """Where ledger, index and models lie."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "ledger.db"
        self.models = path / "models"

    @property
    def exists(self) -> bool:
        """Say whether anything was ever synced here."""
        return self.ledger.exists() or (self.path / "index").exists()

    def scratch(self) -> str:
        """Return where raw text may lie for moments: in memory, where there is such a place.

        Not made before it is needed: who only asks leaves nothing behind.
        """
        if os.path.ismount(_IN_MEMORY) and os.access(_IN_MEMORY, os.W_OK | os.X_OK):
            return _IN_MEMORY
        place = self.path / "scratch"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return str(place)

    def create(self) -> None:
        """Make the folder where it is missing."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"state_dir: {self.path}: cannot be made: {error.strerror}; set state_dir in the "
                "config to a folder that can be written"
            ) from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise UsageError(f"state_dir: {self.path}: cannot be written by this user")


class StateLock:
    """An exclusive lock that ends with the process, however it ends."""

    def __init__(self, folder: StateFolder) -> None:
        self._path = folder.path / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StateInUse(
                f"{self._path.parent}: another ingestd (pid {holder or '?'}) is at work here. Wait "
                "for it, stop it, or use another state_dir"
            ) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)


def is_locked(folder: StateFolder) -> int | None:
    """Return the pid of the process that holds the folder, if one does."""
    try:
        descriptor = os.open(folder.path / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        word = os.read(descriptor, 20).decode("ascii", "replace").strip()
        return int(word) if word.isdigit() else 0
    finally:
        os.close(descriptor)
    return None
