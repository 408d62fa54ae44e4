"""The parser's fingerprint, without importing the parser."""

from __future__ import annotations

from importlib.metadata import version

from ingestd.model.ids import digest

MAPPING_VERSION = "3"
"""Changes whenever the same file would give other elements by our own doing."""

_PACKAGES = ("unstructured", "pypdfium2", "Markdown", "lxml", "python-docx", "python-pptx")


def fingerprint() -> str:
    """Name the parser: our mapping, and the versions of what reads the files."""
    return digest("parser", MAPPING_VERSION, *(f"{name}={version(name)}" for name in _PACKAGES))
