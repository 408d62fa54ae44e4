"""Files that come with ingestd: its example config and its units."""

from __future__ import annotations

from pathlib import Path

from ingestd.errors import Unavailable

_PACKAGE = Path(__file__).resolve().parent.parent


def shared_file(kind: str, name: str) -> Path:
    """Find a file of `config/` or `systemd/`: in an installed package, or in the checkout."""
    for base in (_PACKAGE / "share", _PACKAGE.parent):
        path = base / kind / name
        if path.is_file():
            return path
    raise Unavailable(f"{kind}/{name} is missing from this installation; install ingestd again")
