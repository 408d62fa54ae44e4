"""Archives that hold more than any document needs: refused before a parser unpacks them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

MOST_BYTES = 500_000_000
MOST_FILES = 20_000
_LOCAL = struct.Struct("<26xHH")
_BLOCK = 1 << 20
_PACKED = 1 << 16


def refusal(content: bytes) -> str:
    """Say why an archive is not unpacked, by what it declares and by what is really in it.

    Nothing where it is within the limits, or no archive that can be read: its parser says so.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        return ""
    if len(found) > MOST_FILES:
        return f"an archive of {len(found):,} files; the limit is {MOST_FILES:,}"
    declared = sum(one.file_size for one in found)
    if declared > MOST_BYTES:
        return f"unpacks to {declared:,} bytes; the limit is {MOST_BYTES:,}"
    actual = 0
    for one in found:
        size = _unpacked(content, one, MOST_BYTES - actual)
        if size > one.file_size:
            return "an archive that holds more than it declares"
        actual += size
    return ""


def _unpacked(content: bytes, member: zipfile.ZipInfo, most: int) -> int:
    """Count what a member really unpacks to, up to a limit; its own words are not believed."""
    if member.compress_type != zipfile.ZIP_DEFLATED:
        return 0  # Stored as it is; or packed in a way that Python's own reader keeps to its size.
    head = content[member.header_offset : member.header_offset + _LOCAL.size]
    if len(head) < _LOCAL.size:
        return 0
    names, further = _LOCAL.unpack(head)
    at = member.header_offset + _LOCAL.size + names + further
    most = min(most, member.file_size)
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    try:
        while not unpacking.eof and size <= most:
            block = unpacking.unconsumed_tail
            if not block:
                block, at = content[at : at + _PACKED], at + _PACKED
            if not block:
                break
            size += len(unpacking.decompress(block, _BLOCK))
    except zlib.error:
        return size  # Broken: whoever unpacks it comes as far.
    return size
