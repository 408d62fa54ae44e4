"""Printing: JSON documents, and lines for people."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import typer


def document(value: dict[str, Any]) -> None:
    """Print one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=_plain))  # noqa: T201


def line(text: str = "") -> None:
    """Print a line for a person; what a document brings along cannot steer the terminal."""
    print(printable(text))  # noqa: T201


def note(text: str) -> None:
    """Print a line on stderr, beside the answer."""
    print(printable(text), file=sys.stderr)  # noqa: T201


def printable(text: str) -> str:
    """Escape control characters, so that a name with a newline stays one line."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


def bold(text: str) -> str:
    """Make a text stand out on a terminal, and leave it alone elsewhere."""
    return typer.style(text, bold=True) if sys.stdout.isatty() else text


def coloured(text: str, colour: str) -> str:
    """Colour a text on a terminal, and leave it alone elsewhere."""
    return typer.style(text, fg=colour) if sys.stdout.isatty() else text


def line_with(styled: str, text: str) -> None:
    """Print a line that begins with a text of our own that may be coloured."""
    print(styled + printable(text))  # noqa: T201


def held_line(source: str, count: int) -> str:
    """Say that deletions are held back."""
    return (
        f"Held back in {source}: {count} deletions, too many to be sure that they are meant. If "
        f"they are: ingestd approve {source}"
    )


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
