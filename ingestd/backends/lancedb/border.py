"""The border to LanceDB: what it raises becomes ours here, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from ingestd.errors import StateCorrupt, Unavailable

P = ParamSpec("P")
R = TypeVar("R")
_FULL = ("no space left", "os error 28", "enospc", "quota exceeded")
_PANICS = ("PanicException", "RustPanic")
"""Of its Rust code, where a file is damaged: the first is no subclass of Exception."""


class _HasFolder(Protocol):
    @property
    def folder(self) -> Path: ...


_S = TypeVar("_S", bound=_HasFolder)


@contextmanager
def border(folder: Path) -> Iterator[None]:
    """Raise our errors for LanceDB's; its words may quote a row, so only their kind is told."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        said = str(error).lower()
        if any(word in said for word in _FULL):
            raise Unavailable(
                f"{folder}: its disk is full; nothing was changed, and it goes on once there is "
                "room"
            ) from error
        raise _corrupt(folder, error) from error
    except BaseException as error:
        if type(error).__name__ in _PANICS:
            raise _corrupt(folder, error) from error
        raise


def guarded(
    method: Callable[Concatenate[_S, P], R],
) -> Callable[Concatenate[_S, P], R]:
    """Let a method of a store raise our errors alone."""

    @wraps(method)
    def within(self: _S, /, *args: P.args, **more: P.kwargs) -> R:
        with border(self.folder):
            return method(self, *args, **more)

    return within


def _corrupt(folder: Path, error: BaseException) -> StateCorrupt:
    return StateCorrupt(
        f"{folder}: LanceDB cannot read the index ({type(error).__name__}); it was left as it is. "
        "Look with: ingestd verify, mend with: ingestd verify --repair, or build a new one from "
        "disk and what can be read: ingestd rebuild"
    )
