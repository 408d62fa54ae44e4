"""Numerals in a text: digits as a locale writes them, words, fractions, and their scale words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import text_to_num
from babel import Locale
from babel.core import UnknownLocaleError
from babel.numbers import get_decimal_symbol

_SPACES = " \u00a0\u2009\u202f"
_DIGITS = re.compile(
    r"(?<![\w.,:/\u066b])(?P<sign>(?<![\w)])[-\u2212+])?"
    rf"(?P<digits>\d{{1,3}}(?:[{_SPACES}'\u2019]\d{{3}})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)*)"
    rf"(?:[{_SPACES}]?(?P<fraction>\d/\d{{1,2}}(?![\d/])|[¼½¾⅓⅔⅛⅜⅝⅞]))?"
)
_LONE_FRACTION = re.compile(
    r"(?<![\w./])(?:(?P<over>\d{1,3})/(?P<under>\d{1,3})(?![\d/])|(?P<sign>[¼½¾⅓⅔⅛⅜⅝⅞]))"
)
_FRACTIONS = {
    "¼": (1, 4), "½": (1, 2), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅛": (1, 8), "⅜": (3, 8),
    "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b", re.IGNORECASE)
_IN_A_NAME = re.compile(r"[A-Za-z][-\u2010]$")
_TIME = re.compile(r":\d")
_SCALES = {
    "hundred": 100, "thousand": 10**3, "tausend": 10**3, "tsd": 10**3, "mille": 10**3,
    "million": 10**6, "millions": 10**6, "millionen": 10**6, "mio": 10**6, "mn": 10**6,
    "mln": 10**6, "mm": 10**6, "millones": 10**6, "milioni": 10**6,
    "billion": 10**9, "billions": 10**9, "bn": 10**9, "milliarde": 10**9, "milliarden": 10**9,
    "milliards": 10**9, "mrd": 10**9, "trillion": 10**12, "trillions": 10**12, "tn": 10**12,
    "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
    "dozen": 12,
}  # fmt: skip
_LETTERS = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "b": 10**9, "B": 10**9}
_SCALE = re.compile(r"[ \u00a0\u202f-]?(?P<word>[A-Za-z]+)\.?")
_NOT_A_SCALE = frozenset({"mm"})
_HALVES = re.compile(
    r"\b(?P<whole>[^\W\d_]+|\d+) and (?P<of>a half|a quarter|three quarters)\b", re.IGNORECASE
)
_PARTS = {"a half": Decimal("0.5"), "a quarter": Decimal("0.25"), "three quarters": Decimal("0.75")}
_SIMPLE = re.compile(
    r"\b(?:half(?: an?\b)?|a quarter|three quarters|a third|two thirds|a dozen)\b", re.IGNORECASE
)
_SIMPLE_VALUES = {
    "half": Decimal("0.5"), "half a": Decimal("0.5"), "half an": Decimal("0.5"),
    "a quarter": Decimal("0.25"), "three quarters": Decimal("0.75"),
    "a third": Decimal(1) / 3, "two thirds": Decimal(2) / 3, "a dozen": Decimal(12),
}  # fmt: skip
_ENGLISH = re.compile(
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|teen|twenty|thirty|forty"
    r"|fifty|hundred|zero|thousand|million|billion)",
    re.IGNORECASE,
)
"""A text without any of these has no number in words, and need not be looked through."""
_WRITTEN_LANGUAGES = frozenset({"en", "fr", "es", "pt", "de", "it", "nl"})


@dataclass(frozen=True, slots=True)
class Numeral:
    """`text[start:end]` says a number."""

    start: int
    end: int
    value: Decimal
    written: bool = False
    """True: in words, such as "twenty-five"."""


def numerals(text: str, locale: str, *, letters: bool = False) -> list[Numeral]:
    """Return a text's numerals in order.

    `letters`: a glued "k", "m" or "bn" is a scale ("1.2m"); not where it may be a unit.
    """
    found = sorted(
        [*_in_digits(text, locale, letters), *_fractions(text), *_in_words(text, locale)],
        key=lambda n: (n.start, -n.end),
    )
    kept: list[Numeral] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def known_locale(locale: str) -> bool:
    """Say whether a locale's way of writing numbers is known."""
    try:
        Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


@cache
def decimal_sign(locale: str) -> str:
    """Return the sign before a locale's decimals."""
    return str(get_decimal_symbol(locale.replace("-", "_")))


def parsed(digits: str, locale: str) -> Decimal:
    """Read digits with their separators.

    A sign that stands twice, or before the other one, groups; a lone one is the locale's, except
    that what cannot be a group of thousands is decimals ("12,5" is twelve and a half anywhere).
    """
    plain = re.sub(rf"[{_SPACES}'\u2019]", "", digits)
    signs = [c for c in plain if c in ".,"]
    if not signs:
        return Decimal(plain)
    if len(set(signs)) == 2:
        mark = signs[-1] if signs.count(signs[-1]) == 1 else ""
    elif len(signs) > 1:
        mark = ""
    else:
        whole, _, rest = plain.partition(signs[0])
        groups = len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
        mark = "" if groups and signs[0] != decimal_sign(locale) else signs[0]
    kept = "".join("." if c == mark else c for c in plain if c.isdigit() or c == mark)
    return Decimal(kept)


def _in_digits(text: str, locale: str, letters: bool) -> Iterator[Numeral]:
    for match in _DIGITS.finditer(text):
        end = match.end()
        if (
            _IN_A_NAME.search(text[max(match.start() - 2, 0) : match.start()])
            or _ORDINAL.match(text, end)
            or _TIME.match(text, end)
        ):
            continue
        start = match.start("digits")
        value = parsed(match["digits"], locale)
        if match["fraction"]:
            value += _fraction(match["fraction"])
        elif text[end : end + 1] == "/" and text[end + 1 : end + 2].isdigit():
            continue  # a fraction of its own, or a date
        if match["sign"]:
            start = match.start()
            value = value if match["sign"] == "+" else -value
        end, scale = _scaled(text, end, letters)
        yield Numeral(start, end, value * scale)


def _fractions(text: str) -> Iterator[Numeral]:
    for match in _LONE_FRACTION.finditer(text):
        if match["sign"]:
            yield Numeral(match.start(), match.end(), _fraction(match["sign"]))
        elif int(match["under"]) and int(match["over"]) < int(match["under"]):
            yield Numeral(match.start(), match.end(), _fraction(match.group()))


def _fraction(written: str) -> Decimal:
    over, under = _FRACTIONS[written] if written in _FRACTIONS else map(int, written.split("/", 1))
    return Decimal(over) / Decimal(under or 1)


def _scaled(text: str, end: int, letters: bool) -> tuple[int, int]:
    """Return where a numeral ends with its scale word, and that scale."""
    match = _SCALE.match(text, end)
    if match is None:
        return end, 1
    word, glued = match["word"], match.start("word") == end
    if letters and glued and word in _LETTERS:
        return match.end("word"), _LETTERS[word]
    known = word.lower()
    if known not in _SCALES or known in _NOT_A_SCALE:
        return end, 1
    stop = match.end("word")
    further, more = _scaled(text, stop, letters=False)
    return further, _SCALES[known] * more


class _Word:
    """A word of a text, as text2num wants its tokens."""

    def __init__(self, match: re.Match[str], text: str, previous: re.Match[str] | None) -> None:
        self.start, self.end = match.span()
        self._word = match.group().lower()
        between = text[previous.end() : match.start()] if previous else ""
        # "three, four" are two numbers; so are those of two lines.
        self._apart = bool(between.strip(" -")) or "\n" in between

    def text(self) -> str:
        return self._word

    def nt_separated(self, _: object) -> bool:
        return self._apart

    def not_a_number_part(self) -> bool:
        return False


def _in_words(text: str, locale: str) -> Iterator[Numeral]:
    language = locale[:2].lower()
    for match in _SIMPLE.finditer(text):
        yield Numeral(
            match.start(), match.end(), _SIMPLE_VALUES[match.group().lower()], written=True
        )
    if language == "en" and not _ENGLISH.search(text):
        return
    words: list[_Word] = []
    previous: re.Match[str] | None = None
    for match in re.finditer(r"[^\W\d_]+", text):
        words.append(_Word(match, text, previous))
        previous = match
    for language_read in dict.fromkeys((language, "en")):
        if language_read not in _WRITTEN_LANGUAGES:
            continue
        for found in text_to_num.find_numbers(words, language_read, threshold=0):
            if found.is_ordinal:
                continue
            start, end = words[found.start].start, words[found.end - 1].end
            value = Decimal(str(found.value))
            if value == value.to_integral():
                value = value.quantize(Decimal(1))
            part = _HALVES.match(text, words[found.end - 1].start)
            if part:
                value, end = value + _PARTS[part["of"].lower()], part.end()
            yield Numeral(start, end, value, written=True)
