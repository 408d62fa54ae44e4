"""Durability: a commit is on disk when it is told of."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


def syncfs(folder: Path) -> None:
    """Bring all that was written to a folder's disk: LanceDB itself never asks for it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), "syncfs", str(folder))
    finally:
        os.close(descriptor)
