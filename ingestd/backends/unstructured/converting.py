"""Kinds of documents that another program converts before they can be read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable

from ingestd.backends.unstructured import breaks, markdown
from ingestd.backends.unstructured.decoding import decode
from ingestd.backends.unstructured.elements import elements
from ingestd.model.document import RawElement

Result = tuple[str, Iterable[RawElement]]
"""A document's title, where its file says one, and its elements."""
Reader = Callable[[bytes], Result]
_SOFFICE_SECONDS = 120


class NeedsSoffice(Exception):
    """LibreOffice is not installed here."""


_BARE = (".org", ".rst")
_ENUMERATOR = re.compile(r"(?m)^([ \t]*)(?=\(?\d{3,}[.)][ \t])")
"""In reST a number that long and its bracket begin no list that anybody wrote: "(712) 767-9588"
begins a telephone number, and as a list's number its first half would vanish."""


def with_pandoc(module: str, name: str, suffix: str) -> Reader:
    """Read a kind that pandoc makes HTML of; `name` is unstructured's function for it."""

    def read(content: bytes) -> Result:
        import importlib

        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "document" + suffix)
            text = decode(content) if suffix in _BARE else None
            with open(path, "wb") as stream:
                if text is not None and suffix == ".org":
                    text = markdown.keep_underscores(text)
                if text is not None and suffix == ".rst":
                    text = _ENUMERATOR.sub(r"\1\\", text)
                stream.write(content if text is None else breaks.mark(text).encode())
            reader = getattr(importlib.import_module(module), name)
            found = breaks.unmark(elements(reader(filename=path, languages=[""])))
            return "", list(markdown.unguard(found))

    return read


def with_soffice(suffix: str, becomes: str, reader: Reader) -> Reader:
    """Read a kind that LibreOffice makes `becomes` of, with the reader of that."""

    def read(content: bytes) -> Result:
        soffice = shutil.which("soffice") or shutil.which("libreoffice")
        if soffice is None:
            raise NeedsSoffice
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "document" + suffix)
            with open(path, "wb") as stream:
                stream.write(content)
            subprocess.run(
                [
                    soffice, f"-env:UserInstallation=file://{scratch}/profile", "--headless",
                    "--norestore", "--convert-to", becomes, "--outdir", scratch, path,
                ],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SOFFICE_SECONDS,
            )  # fmt: skip
            with open(os.path.join(scratch, f"document.{becomes}"), "rb") as stream:
                converted = stream.read()
        title, found = reader(converted)
        return title, list(found)

    return read
