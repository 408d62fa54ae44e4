"""Options that several commands share, and the config that they choose."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestd.config import written
from ingestd.errors import UsageError

if TYPE_CHECKING:
    from ingestd.config.loading import Config

Folders = Annotated[
    list[str] | None,
    typer.Argument(
        help="Folders to watch without a config; state in ./.ingestd.", metavar="FOLDER"
    ),
]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE",
        help="Config file. Else $INGESTD_CONFIG, ./ingestd.toml, /etc/ingestd/ingestd.toml.",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def chosen(config: Path | None, folders: list[str] | None = None) -> Config:
    """Return the config that a command line means; folders and a config exclude each other."""
    # Not at the top: --help needs no config, and the schema brings every recognizer along.
    from ingestd.config import loading

    if folders:
        if config is not None:
            raise UsageError("name folders or --config, not both: a config names its own sources")
        return loading.for_folders(folders, Path.cwd())
    return loading.loaded(located(config), Path.cwd())


def located(config: Path | None) -> Path | None:
    """Return the config file that a command line means; `None`: there is none."""
    return written.find(config, os.environ, Path.cwd())


def with_sources(config: Config) -> Config:
    """Refuse a config without any source, unless the state folder remembers some."""
    if not config.sources and not (config.origin is None and config.state_dir.is_dir()):
        raise UsageError(
            f"{config.origin}: sources: none; add a [[sources]] table with a path"
            if config.origin
            else "no folder, and no config: name a folder (ingestd sync FOLDER), or write a config "
            "with: ingestd init"
        )
    return config
