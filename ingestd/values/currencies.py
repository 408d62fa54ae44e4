"""Currencies by symbol, code and name; a sign may stand for several."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import get_currency_name, list_currencies

Marks = dict[str, tuple[frozenset[str], Decimal]]

_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD",), "US$": ("USD",), "USD$": ("USD",), "CA$": ("CAD",), "C$": ("CAD",),
    "A$": ("AUD",), "AU$": ("AUD",), "NZ$": ("NZD",), "HK$": ("HKD",), "S$": ("SGD",),
    "R$": ("BRL",), "MX$": ("MXN",), "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"),
    "CN¥": ("CNY",), "JP¥": ("JPY",), "₹": ("INR",), "Rs": ("INR", "PKR", "LKR"),
    "Rs.": ("INR", "PKR", "LKR"), "₽": ("RUB",), "₩": ("KRW",), "₪": ("ILS",), "₺": ("TRY",),
    "₴": ("UAH",), "₫": ("VND",), "฿": ("THB",), "zł": ("PLN",), "Kč": ("CZK",), "Ft": ("HUF",),
    "Fr.": ("CHF",), "SFr.": ("CHF",), "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("SEK", "NOK", "DKK", "ISK"), "₦": ("NGN",), "R": ("ZAR",),
}  # fmt: skip
_NAMES: dict[str, tuple[str, ...]] = {
    "dollar": ("USD",), "dollars": ("USD",), "bucks": ("USD",), "euro": ("EUR",), "euros": ("EUR",),
    "pound": ("GBP",), "pounds": ("GBP",), "quid": ("GBP",), "pounds sterling": ("GBP",),
    "yen": ("JPY",), "yuan": ("CNY",), "renminbi": ("CNY",), "rupee": ("INR", "PKR", "LKR"),
    "rupees": ("INR", "PKR", "LKR"), "franc": ("CHF",), "francs": ("CHF",), "franken": ("CHF",),
    "krone": ("NOK", "DKK"), "kroner": ("NOK", "DKK"), "krona": ("SEK", "ISK"),
    "kronor": ("SEK",), "rouble": ("RUB",), "roubles": ("RUB",), "rubles": ("RUB",),
    "złoty": ("PLN",), "zloty": ("PLN",), "reais": ("BRL",), "rand": ("ZAR",), "won": ("KRW",),
    "shekels": ("ILS",), "lira": ("TRY",),
}  # fmt: skip
_HUNDREDTHS: dict[str, tuple[str, ...]] = {
    "cent": ("USD", "EUR", "CAD", "AUD"), "cents": ("USD", "EUR", "CAD", "AUD"), "¢": ("USD",),
    "penny": ("GBP", "USD"), "pence": ("GBP",), "p": ("GBP",), "øre": ("NOK", "DKK"),
    "öre": ("SEK",),
}  # fmt: skip
_FURTHER_LOCALES = ("en", "de", "fr", "es", "it")
_NOT_CODES = frozenset({"ALL", "TOP", "TRY", "CUP", "MOP", "BAM", "COP", "PEN", "SOS", "MAD"})
"""Codes that are words in capitals: they count only right beside a number, as all others do, and
not before it."""


@cache
def marks() -> Marks:
    """Return every mark of a currency, casefolded where it is a word, with codes and factor."""
    known: Marks = {}
    one, hundredth = Decimal(1), Decimal("0.01")
    codes = sorted(list_currencies())
    for tag in _FURTHER_LOCALES:
        locale = Locale.parse(tag)
        for code in codes:
            for count in (1, 2):
                name = get_currency_name(code, count=count, locale=locale).casefold()
                codes_so_far = known.get(name, (frozenset(), one))[0]
                known[name] = (codes_so_far | {code}, one)
    for code in codes:
        known[code.casefold()] = (frozenset({code}), one)
    for several, factor in ((_SIGNS, one), (_NAMES, one), (_HUNDREDTHS, hundredth)):
        for mark, meant in several.items():
            known[mark.casefold()] = (frozenset(meant), factor)
    return known


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    signs = sorted((*_SIGNS, "¢"), key=len, reverse=True)
    codes = sorted(list_currencies())
    before = [
        *(re.escape(s) for s in signs if s != "¢"),
        *(c for c in codes if c not in _NOT_CODES),
    ]
    names = sorted((m for m in marks() if len(m) > 1), key=len, reverse=True)
    return (
        re.compile(rf"(?:^|(?<=[\s(\[~≈<>=≤≥–—/\-:|])|(?<=\d))(?P<mark>{'|'.join(before)})\s?$"),
        re.compile(
            rf"[\s\u00a0]?(?P<mark>(?:{'|'.join(map(re.escape, signs))})(?!\w)"
            rf"|(?:{'|'.join(map(re.escape, names))}|p)(?!\w))",
            re.IGNORECASE,
        ),
    )


def before(text: str, start: int) -> tuple[int, frozenset[str], Decimal] | None:
    """Return where a mark right before a number begins, its codes and factor."""
    match = _patterns()[0].search(text[max(0, start - 8) : start])
    if match is None:
        return None
    codes, factor = marks()[match["mark"].casefold()]
    return start - (len(match.group())), codes, factor


def after(text: str, end: int) -> tuple[int, frozenset[str], Decimal] | None:
    """Return where a mark right after a number ends, its codes and factor."""
    match = _patterns()[1].match(text, end)
    if match is None:
        return None
    codes, factor = marks()[match["mark"].casefold()]
    return match.end(), codes, factor


def named_in(text: str) -> frozenset[str]:
    """Return the one currency that a heading such as "Price EUR" names; none, or several: none."""
    named: set[frozenset[str]] = set()
    for word in re.findall(r"[^\W\d_]+|[€$£¥₹]", text):
        if word.isupper() or not word.isalpha() or word.casefold() in _NAMES:
            meant = marks().get(word.casefold())
            if meant is not None and meant[1] == 1 and word != "R":
                named.add(meant[0])
    return next(iter(named)) if len(named) == 1 else frozenset()
