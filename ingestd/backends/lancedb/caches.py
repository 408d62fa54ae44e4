"""LanceDB's caches, as large as the index gives reason for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import lancedb

_INDEX_CACHE = (24 << 20, 512 << 20)
_METADATA_CACHE = (8 << 20, 64 << 20)
"""The least and the most: every compaction leaves what nobody reads any more in both."""


def sized(folder: Path) -> Any:
    """Let caches hold a share of the index, so that a small one takes little memory."""
    try:
        with os.scandir(folder / "chunks.lance" / "data") as files:
            size = sum(file.stat().st_size for file in files)
    except OSError:
        size = 0
    index, metadata = (
        min(max(size // share, least), most)
        for share, (least, most) in ((4, _INDEX_CACHE), (32, _METADATA_CACHE))
    )
    return lancedb.Session(index, metadata)
