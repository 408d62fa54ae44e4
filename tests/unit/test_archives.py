"""Archives: refused by what they declare and by what they really hold, before they are unpacked."""

from __future__ import annotations

import io
import struct
import zipfile

from ingestd.backends.unstructured.archives import MOST_FILES, refusal


def archive(**members: bytes) -> bytes:
    """A ZIP as anybody makes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def declared(content: bytes, size: int) -> bytes:
    """The same with another size in its directory."""
    at = content.rindex(b"PK\1\2") + 24
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


def test_an_ordinary_one_is_unpacked() -> None:
    """And what is no archive, or a broken one, is left to its parser."""
    good = archive(**{"word/document.xml": b"<a/>" * 10_000, "b": b""})
    assert refusal(good) == ""
    assert refusal(good[:-30]) == ""
    assert refusal(b"PK\3\4 no archive") == ""


def test_one_that_unpacks_to_too_much_is_refused() -> None:
    """By its own words, and where these are a lie."""
    packed = archive(a=bytes(3_000_000))
    assert "unpacks to 600,000,000 bytes" in refusal(declared(packed, 600_000_000))
    assert refusal(declared(packed, 1000)) == "an archive that holds more than it declares"


def test_one_of_too_many_files_is_refused() -> None:
    """Each of them costs its parser something."""
    many = archive(**{str(number): b"" for number in range(MOST_FILES + 1)})
    assert "an archive of 20,001 files" in refusal(many)
