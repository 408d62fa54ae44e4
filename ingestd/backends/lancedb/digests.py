"""Digests of the index's files: they never change once written, so that any other bit is a fault.

Beside a digest of the whole, each file has a CRC-32 of every block. A CRC is linear: the
difference between the stored one and today's tells which single bit of the block has flipped, if
it was only one, and the digest proves that it is right again.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAME = "digests.jsonl"
_TABLES = ("chunks.lance", "documents.lance")
_REWRITTEN = "latest_version_hint.json"
"""The one file that LanceDB writes again and again; nothing depends on it."""
BLOCK = 4096
_PIECE = 256 * BLOCK
_MENDED = ".mended"
_CRCS = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Digest:
    """What is known of one file."""

    size: int
    whole: str
    blocks: bytes
    """A CRC-32 for each block of 4,096 bytes, little-endian."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """A file that is not as it was written."""

    path: str
    what: str


class Digests:
    """The digests of one generation, in a file of their own beside its tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / _NAME
        self._known: dict[str, Digest] | None = None

    def add(self) -> None:
        """Take in the files that are new since the last time, and forget those that are gone."""
        known = self._read()
        there = set(self._there())
        fresh = {path: _digest(self._folder / path) for path in there - known.keys()}
        gone = known.keys() - there
        known.update(fresh)
        for path in gone:
            del known[path]
        try:
            if len(gone) > len(known) // 2:
                self._rewrite(known)
            elif fresh:
                lines = b"".join(_line(path, digest) for path, digest in fresh.items())
                with self._file.open("ab") as stream:
                    # A full disk may have cut the last line short: these begin on one of their own.
                    stream.write(b"\n" + lines)
        except OSError:
            self._known = None  # What was not written is not known; the next time adds it.
            raise

    def renew(self) -> None:
        """Take every file for what it is now: after its rows were found as they were written."""
        self._known = {path: _digest(self._folder / path) for path in self._there()}
        self._rewrite(self._known)

    def check(self) -> Iterator[FileFault | None]:
        """Look at each file; yield what is wrong with it, or nothing."""
        self._known = None
        known = self._read()
        there = set(self._there())
        for path, digest in sorted(known.items()):
            try:
                with (self._folder / path).open("rb") as stream:
                    found = hashlib.file_digest(stream, _hash).hexdigest()
            except FileNotFoundError:
                continue  # Compacted away; one that is needed is missed by whoever reads the rows.
            except OSError as error:
                yield FileFault(path, f"cannot be read: {error.strerror}")
                continue
            yield None if found == digest.whole else FileFault(path, "is not as it was written")
        for path in sorted(there - known.keys()):
            yield FileFault(path, "has no digest")

    def mend(self, path: str) -> bool:
        """Put a single flipped bit of a file right again; False: more than that is wrong."""
        digest = self._read().get(path)
        if digest is None:
            return False
        content = bytearray((self._folder / path).read_bytes())
        if len(content) != digest.size:
            return False
        for number, (wanted,) in enumerate(_CRCS.iter_unpack(digest.blocks)):
            block = memoryview(content)[number * BLOCK : (number + 1) * BLOCK]
            difference = zlib.crc32(block) ^ wanted
            if difference:
                bit = _bits(len(block)).get(difference)
                if bit is None:
                    return False
                block[bit // 8] ^= 1 << bit % 8
        if _hash(content).hexdigest() != digest.whole:
            return False
        mended = self._folder / f"{path}{_MENDED}"
        with mended.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(mended, self._folder / path)
        return True

    def _there(self) -> Iterator[str]:
        for table in _TABLES:
            for folder, _, names in os.walk(self._folder / table):
                below = os.path.relpath(folder, self._folder)
                for name in names:
                    if name != _REWRITTEN and not name.endswith(_MENDED):
                        yield os.path.join(below, name)

    def _read(self) -> dict[str, Digest]:
        """Read what is known; a damaged line counts as none."""
        if self._known is None:
            self._known = {}
            if self._file.exists():
                for line in self._file.read_bytes().splitlines():
                    found = _parsed(line)
                    if found is not None:
                        self._known[found[0]] = found[1]
        return self._known

    def _rewrite(self, known: dict[str, Digest]) -> None:
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as stream:
            stream.writelines(_line(path, digest) for path, digest in known.items())
        os.replace(fresh, self._file)


def _hash(content: bytes | bytearray = b"") -> hashlib.blake2b:
    return hashlib.blake2b(content, digest_size=16)


def _digest(path: Path) -> Digest:
    """Digest a file, a piece at a time: one that was compacted may be of gigabytes."""
    size, whole, crcs = 0, _hash(), bytearray()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            whole.update(piece)
            for at in range(0, len(piece), BLOCK):
                crcs += _CRCS.pack(zlib.crc32(memoryview(piece)[at : at + BLOCK]))
    return Digest(size, whole.hexdigest(), bytes(crcs))


def _line(path: str, digest: Digest) -> bytes:
    blocks = base64.b64encode(digest.blocks).decode()
    body = json.dumps([path, digest.size, digest.whole, blocks]).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _parsed(line: bytes) -> tuple[str, Digest] | None:
    crc, _, body = line.partition(b" ")
    if crc != b"%08x" % zlib.crc32(body):
        return None
    path, size, whole, blocks = json.loads(body)
    return path, Digest(size, whole, base64.b64decode(blocks))


@functools.lru_cache(maxsize=8)
def _bits(size: int) -> dict[int, int]:
    """Return which bit of a block of so many bytes each difference of two CRCs stands for.

    The CRC of a block and of one with a bit flipped differ by a constant: that of the flip alone,
    carried through the bytes that follow it.
    """
    zero = zlib.crc32(bytes(size))
    found: dict[int, int] = {}
    block = bytearray(size)
    # From the last byte on, one more zero byte behind the bit at each step.
    differences = []
    for bit in range(8):
        block[-1] = 1 << bit
        differences.append(zlib.crc32(block) ^ zero)
    for at in range(size - 1, -1, -1):
        for bit in range(8):
            found[differences[bit]] = at * 8 + bit
        differences = [_shifted(one) for one in differences]
    return found


def _shifted(crc: int) -> int:
    """Carry a difference through one zero byte, as the reflected CRC-32 of zlib does."""
    return _TABLE[crc & 0xFF] ^ (crc >> 8)


def _entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
    return value


_TABLE = [_entry(value) for value in range(256)]
