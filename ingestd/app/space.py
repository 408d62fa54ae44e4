"""Space on the disk: nothing is begun where it could not be finished."""

from __future__ import annotations

import shutil

from ingestd.app.build import System
from ingestd.errors import Unavailable


def shortage(system: System) -> str:
    """Say that there is too little left to write anything; nothing where there is enough."""
    least = system.config.file.index.min_free_mb
    free = shutil.disk_usage(system.folder.path).free // 1_000_000
    if free >= least:
        return ""
    return (
        f"{system.folder.path}: {free} MB of its disk are free, and nothing is written below "
        f"{least} (index.min_free_mb); it goes on by itself once there is more"
    )


def refuse_shortage(system: System) -> None:
    """Raise Unavailable where too little is left."""
    if said := shortage(system):
        raise Unavailable(said)
