"""Phone numbers: written with a country code, in the North American form, or told by their context.

A group of digits without a code is a phone number when a word before it says so, or when it stands
on a line of its own in a shape that amounts and dates do not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestd.model.finding import Finding

ENTITY_TYPE = "PHONE_NUMBER"

_EXTENSION = r"(?:[ ]?(?:x|ext\.?|extension|#)[ ]?\d{1,6})?"
_CODED = re.compile(
    r"(?<![\w+])(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}"
    rf"|(?:\(\d{{3}}\) ?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}){_EXTENSION}(?!\w)"
)
_GROUPED = r"(?:\(\d{2,4}\)[ ]?)?\d{2,4}(?:[ .-]\d{2,6}){1,4}|\d{9,11}"
_TOLD = re.compile(
    r"\b(?:tele)?(?:phones?|mobile|cell|tel|fax|call(?: me| us| him| her)?|sms|text me|reach(?:ed)?"
    r"|answering|dial|desk|office|hotline|messages?|registered|whatsapp)\b"
    rf"[^\d\n]{{0,20}}\n?[^\d\n]{{0,12}}(?P<number>{_GROUPED}){_EXTENSION}(?![\w.,-]?\d)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^[ \t]*(?P<number>\(\d{2,3}\) ?\d{3}[ -]\d{3,4}|\d{2}(?:-\d{2}){3,4}|\d{3} \d{2} \d{3}"
    r"|\d{3} \d{3} \d{3}|\d{3} \d{4})(?=[ \t]*(?:$|-?[ ]?(?:office|home|work|mobile|desk|fax)\b))",
    re.MULTILINE | re.IGNORECASE,
)
_LEAST, _MOST = 7, 15
"""Digits of a number, ITU-T E.164."""


class PhoneRecognizer:
    """Finds phone numbers by their form and their context."""

    entity_type = ENTITY_TYPE

    def find(self, text: str) -> Iterator[Finding]:
        """Yield numbers; a context word itself is not part of one."""
        for match in _CODED.finditer(text):
            yield Finding(match.start(), match.end(), ENTITY_TYPE)
        for pattern in (_TOLD, _ALONE):
            for match in pattern.finditer(text):
                if _LEAST <= sum(c.isdigit() for c in match["number"]) <= _MOST:
                    yield Finding(match.start("number"), match.end(), ENTITY_TYPE)
