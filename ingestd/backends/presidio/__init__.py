"""Presidio's recognizers, without its NLP engine; imported in the parser child alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingestd.model.finding import Finding
from ingestd.ports.recognizer import Recognizer

PACKAGE = "presidio-analyzer"


def package_version() -> str:
    """Return the installed version without importing it; part of the recipe."""
    try:
        return f"presidio-{version(PACKAGE)}"
    except PackageNotFoundError:
        return "presidio-none"


_DIGITS = re.compile(r"\d(?:\D{0,6}\d){6,}")
_AROUND = 40
_DECIMAL = re.compile(r"[-+]?\d+[.,]\d+")
_DATE = re.compile(r"\d{1,2}([-./])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([-./])\d{1,2}\2\d{1,2}")
_RANGE = re.compile(r"(\d{3,4})-(\d{3,4})")
_NARROW = 100
_BARE_DIGITS = ("PHONE_NUMBER", "UK_NHS")
_LINKS = tuple("/=_#&?%")


class PresidioRecognizer:
    """One of Presidio's recognizers, its results below a score left out."""

    def __init__(self, recognizer: Any, entity_type: str, threshold: float) -> None:
        self._recognizer = recognizer
        self._entity_type = entity_type
        self._threshold = threshold

    def find(self, text: str) -> Iterator[Finding]:
        """Yield what it finds; these recognizers need no linguistic analysis of the text."""
        windows = _digit_windows(text) if self._entity_type == "PHONE_NUMBER" else [(0, len(text))]
        for first, last in windows:
            found = self._recognizer.analyze(text[first:last], [self._entity_type], None)
            for result in found or ():
                start, end = first + result.start, first + result.end
                unsure = self._entity_type in _BARE_DIGITS and _is_something_else(text, start, end)
                if result.score >= self._threshold and not unsure:
                    yield Finding(start, end, self._entity_type, result.score)


def _digit_windows(text: str) -> list[tuple[int, int]]:
    """Return the stretches around seven digits or more: elsewhere is no phone number to look for.

    phonenumbers reads a text once for each region, a hundred times slower than this.
    """
    windows: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        first, last = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], last)
        else:
            windows.append((first, last))
    return windows


def _is_something_else(text: str, start: int, end: int) -> bool:
    """Say whether a run of digits is part of a link or number, a date, or a range of numbers."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    found = text[start:end]
    if (
        (found.isdigit() and before[-1:] in _LINKS)
        or _DECIMAL.fullmatch(found)
        or _DATE.fullmatch(found)
    ):
        return True
    if (before[-1:] in (".", ",") and before[:1].isdigit()) or (
        after[:1] in (".", ",") and after[1:].isdigit()
    ):
        return True
    limits = _RANGE.fullmatch(found)
    return limits is not None and 0 < int(limits[2]) - int(limits[1]) < _NARROW


def recognizers(
    entities: Iterable[str], phone_regions: Iterable[str], threshold: float
) -> list[Recognizer]:
    """Load the recognizers of some entity types; types that Presidio does not know are left out."""
    import tldextract
    from presidio_analyzer import predefined_recognizers as predefined

    # Its e-mail recognizer checks domains: with the list that it ships, never a fetched one.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    tldextract.extract = tldextract.tldextract.TLD_EXTRACTOR
    makers: dict[str, Any] = {
        "CREDIT_CARD": predefined.CreditCardRecognizer,
        "CRYPTO": predefined.CryptoRecognizer,
        "EMAIL_ADDRESS": predefined.EmailRecognizer,
        "IBAN_CODE": predefined.IbanRecognizer,
        "IP_ADDRESS": predefined.IpRecognizer,
        "MAC_ADDRESS": predefined.MacAddressRecognizer,
        "PHONE_NUMBER": lambda: predefined.PhoneRecognizer(supported_regions=tuple(phone_regions)),
        "UK_NHS": predefined.NhsRecognizer,
        "US_ITIN": predefined.UsItinRecognizer,
        "US_SSN": predefined.UsSsnRecognizer,
    }
    return [
        PresidioRecognizer(makers[entity](), entity, threshold)
        for entity in sorted(set(entities))
        if entity in makers
    ]
