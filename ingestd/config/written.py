"""The config as it is written: found and read, not checked, and without what checks it.

Whoever asks a running daemon needs no more: where it listens, and whether it goes by these words.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingestd.errors import ConfigError

SYSTEM_CONFIG = Path("/etc/ingestd/ingestd.toml")
VARIABLE = "INGESTD_CONFIG"
LOCAL_CONFIG = "ingestd.toml"
STATE_DIR = "./.ingestd"


def find(explicit: Path | None, environment: Mapping[str, str], cwd: Path) -> Path | None:
    """Return the config file to read: as asked for, by variable, here, or the system's."""
    for asked, how in ((explicit, "--config"), (environment.get(VARIABLE), f"${VARIABLE}")):
        if asked:
            path = Path(asked)
            if not path.is_file():
                raise ConfigError(f"{how}: {path}: no such file; write one with: ingestd init")
            return path
    return next((p for p in (cwd / LOCAL_CONFIG, SYSTEM_CONFIG) if p.is_file()), None)


def read(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return a config file's content and what it says; raises ConfigError where it is no TOML."""
    try:
        content = path.read_bytes()
        return content, tomllib.loads(content.decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error


def absolute(path: str, base: Path) -> Path:
    """Resolve a path, links included, so that a folder is one however it is spelled."""
    return Path(os.path.realpath(base / os.path.expanduser(path)))


def rules(content: bytes, said: Mapping[str, Any], base: Path) -> str:
    """Name what an answer depends on beside the index: the config, and the times of its lists.

    Raises what reading a config raises that is not as the schema wants it.
    """
    section = said.get("redaction", {})
    files = [one["file"] for one in section.get("gazetteers", [])]
    files += [section["key_file"]] if section.get("key_file") else []
    name = hashlib.sha256(content)
    for path in (base / os.path.expanduser(file) for file in files):
        try:
            found = path.stat()
            name.update(f"\n{path} {found.st_size} {found.st_mtime_ns}".encode())
        except OSError:
            name.update(f"\n{path} -".encode())
    return name.hexdigest()


def daemon(path: Path | None, cwd: Path) -> tuple[Path, str] | None:
    """Return the state folder and the rules of a config; `None`: it has to be checked first."""
    try:
        content, said = read(path) if path else (b"", {})
        base = path.absolute().parent if path else cwd
        return absolute(said.get("state_dir", STATE_DIR), base), rules(content, said, base)
    except (ConfigError, TypeError, KeyError, AttributeError, ValueError):
        return None
