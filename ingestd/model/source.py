"""A source: a folder whose documents are kept in the index."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ingestd.model.ids import ContentHash, DocPath


class WatchMode(StrEnum):
    """How changes below a source's root are noticed between scans."""

    AUTO = "auto"
    INOTIFY = "inotify"
    POLL = "poll"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """A watched folder and what of it counts."""

    name: str
    root: Path
    include: tuple[str, ...] = ("**/*",)
    exclude: tuple[str, ...] = ()
    acl: tuple[str, ...] = ()
    """Groups that may see its documents; empty: everybody."""
    watch: WatchMode = WatchMode.AUTO
    max_bytes: int = 100_000_000
    """Larger files are skipped, with that reason."""
    holes: tuple[Path, ...] = ()
    """Folders below the root that are not its own: the state folder and inner sources."""


@dataclass(frozen=True, slots=True)
class WatchNews:
    """What has changed in how a source is watched."""

    source: str
    mode: WatchMode
    fault: str
    """What keeps events from coming; empty: nothing does."""
    rescan: bool
    """Changes may have been missed."""


class FileStat(NamedTuple):
    """What `stat` says of a file: two equal ones mean that its content was not written between.

    A tuple, as what is made of each file at each scan: a data class takes four times as long.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class FoundFile(NamedTuple):
    """A regular file below a source's root."""

    path: DocPath
    """Its identity."""
    real_path: bytes
    """Its very name relative to the root, as the file system spells it."""
    stat: FileStat


@dataclass(frozen=True, slots=True)
class Root:
    """A source's root as it stands: where it lies, and whether anything is in it."""

    device: int
    inode: int
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something below a root that could not be looked at, or is no file to index."""

    path: DocPath
    real_path: bytes
    reason: str
    keeps_below: bool = False
    """True: it could not be looked at, so what was known of it, and below it, stays."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's content at one moment."""

    content_hash: ContentHash
    stat: FileStat
