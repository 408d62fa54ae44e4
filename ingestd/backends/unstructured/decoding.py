"""Bytes to text: marks, UTF-8, what the file declares, and a guess last."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27})
_SAMPLE = 65536


def decode(content: bytes) -> str | None:
    """Return the text of a file's bytes; `None`: they are no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _try(content, encoding) or content.decode(encoding, "replace")
    wide = _wide(content[:_SAMPLE])
    if wide is not None:
        return _try(content, wide)
    if is_binary(content):
        return None
    declared = _DECLARED.search(content[:4096])
    names = ["utf-8", declared.group(1).decode("ascii") if declared else ""]
    for encoding in filter(None, names):
        text = _try(content, encoding)
        if text is not None:
            return text
    if _nearly_utf8(content):
        # A line in another encoding spoils no more than its own letters.
        return "".join(_line(line) for line in content.splitlines(keepends=True))
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE]).best()
    text = _try(content, best.encoding) if best is not None else None
    return text if text is not None else content.decode("cp1252", "replace")


def is_binary(content: bytes) -> bool:
    """Say whether bytes hold control characters that no text has."""
    sample = content[:_SAMPLE]
    found = len(sample) - len(sample.translate(None, _CONTROLS))
    return b"\0" in sample or found > len(sample) // 100


def _wide(sample: bytes) -> str | None:
    """Recognise UTF-16 and UTF-32 without a mark by where their zero bytes fall."""
    if len(sample) < 4 or b"\0" not in sample:
        return None
    sample = sample[: len(sample) // 4 * 4]
    zeros = [sample[place::4].count(0) / (len(sample) // 4) for place in range(4)]
    for encoding, pattern in (
        ("utf-32-le", (0, 1, 1, 1)),
        ("utf-32-be", (1, 1, 1, 0)),
        ("utf-16-le", (0, 1, 0, 1)),
        ("utf-16-be", (1, 0, 1, 0)),
    ):
        if all(z > 0.7 if want else z < 0.3 for z, want in zip(zeros, pattern, strict=True)):
            return encoding
    return None


def _nearly_utf8(content: bytes) -> bool:
    text = content[:_SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    # Sequences of UTF-8 hardly ever come about by chance in another encoding.
    whole = sum(not character.isascii() for character in text) - broken
    return whole >= 2 and broken <= 4 * whole


def _line(line: bytes) -> str:
    text = _try(line, "utf-8")
    return text if text is not None else line.decode("cp1252", "replace")


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
