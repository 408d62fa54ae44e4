"""Secrets from files or systemd credentials; never from the config itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ingestd.config.loading import Config


def credential_id(path: Path) -> str:
    """Return what a file's systemd credential is called: its path, in the letters of a name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", os.path.abspath(path).strip("/"))


def credential(config: Config, name: str, key: str) -> bytes:
    """Return what a file or the systemd credential of that name holds; `key` names the setting."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    path = config.base / Path(name).expanduser()
    if credentials:
        for given in (name, credential_id(path)):
            if "/" not in given and (Path(credentials) / given).exists():
                path = Path(credentials) / given
                break
    try:
        return path.read_bytes()
    except OSError as error:
        raise config.fault(key, f"{path}: cannot be read: {error.strerror}") from error
