"""Dates and times of day in a text, as far as they are said."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from functools import cache

from babel import Locale
from babel.dates import get_date_format, get_month_names

from ingestd.values.kinds import Bound, Day, Found

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "pl")
_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d{2})"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_TIME = re.compile(
    r"(?<![\d.,:])(?:(?P<h>[01]?\d|2[0-4])(?:(?P<sep>[:.])(?P<m>[0-5]\d))(?::[0-5]\d)?\s?(?P<ap>[ap]\.?m\b\.?)?"
    r"|(?P<h2>1[0-2]|0?[1-9])\s?(?P<ap2>[ap]\.?m\b\.?)|(?P<word>\b(?:noon|midday|midnight)\b)"
    r"|(?P<h3>[01]?\d|2[0-4])(?:\s?o'clock|\s?Uhr))(?!\d|[.,:]\d|\s?%)",
    re.IGNORECASE,
)
_BOUNDS = tuple(
    (bound, re.compile(rf"\b(?:{words})\s+(?:the\s+)?$", re.IGNORECASE))
    for bound, words in (
        (Bound.AT_MOST, "by|no later than|not later than|until|till|on or before|bis"),
        (Bound.BELOW, "before|prior to|vor dem"),
        (Bound.AT_LEAST, "from|since|starting|effective|as of|ab dem|ab|seit"),
        (Bound.ABOVE, "after"),
    )
)
_END_OF = re.compile(r"\b(?:the\s+)?end\s+of\s+$|\bEnde\s+$", re.IGNORECASE)


@cache
def _months(locale: str) -> tuple[dict[str, int], str]:
    """Return months by name, casefolded, and a pattern of the names, the longest first."""
    names: dict[str, int] = {}
    for tag in dict.fromkeys((*_LANGUAGES, locale)):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                months = get_month_names(width, context=context, locale=tag.replace("-", "_"))
                for number, name in months.items():
                    plain = name.casefold().rstrip(".")
                    if len(plain) > 2:
                        names.setdefault(plain, number)
    names["sept"] = 9
    ordered = sorted(names, key=len, reverse=True)
    return names, "|".join(map(re.escape, ordered))


@cache
def _patterns(locale: str) -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<month>{_months(locale)[1]})\.?"
    suffix = r"(?:st|nd|rd|th|\.|er|º)?"
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            rf"(?<![\w-]){_YEAR}-(?P<m>0[1-9]|1[0-2])(?:-(?P<day>[0-2]\d|3[01]))?(?![\w-]|/\d)(?:T\d\d:\d\d\S*)?",
            rf"(?<![\w/]){_YEAR}/(?P<m>0?[1-9]|1[0-2])/{_DAY}(?![\w/])",
            rf"(?<!\w){_DAY}{suffix}(?:\s+(?:of|de|d[i'])\s*|[\s-]*){month}(?!\w)(?:(?:,|\s+of|\s+de|-)?\s*{_YEAR}(?!\w))?",
            rf"(?<!\w){month}\s+{_DAY}{suffix}(?![\w:]|\.\d)(?:,?\s+{_YEAR}(?!\w))?",
            rf"(?<!\w){month}(?:\s+of|\s+de|,)?\s+{_YEAR}(?!\w)",
            rf"(?<!\w){_YEAR}[\s/-]?Q(?P<q>[1-4])(?!\w)",
            rf"(?<!\w)Q(?P<q>[1-4])(?:[\s/-]+{_YEAR})?(?!\w)",
            r"(?<![\w./-])(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})(?![\w/-]|\.\d)",
            rf"(?<!\w){month}(?!\w)",
            rf"(?<![\w.,$€£-]){_YEAR}(?![\w,]|\.\d|\s?(?:%|[€$£]))",
        )
    )


@cache
def _day_first(locale: str) -> bool:
    pattern = get_date_format("short", locale=Locale.parse(locale.replace("-", "_"))).pattern
    return bool(pattern.find("d") < pattern.find("M"))


def dates(text: str, locale: str) -> list[Found]:
    """Return a text's dates, the fullest reading of each place."""
    found: list[Found] = []
    for order, pattern in enumerate(_patterns(locale)):
        for match in pattern.finditer(text):
            if any(f.start < match.end() and match.start() < f.end for f in found):
                continue
            day = _day(text, match, locale, alone=order == 8)
            if day is not None:
                found.append(Found(match.start(), match.end(), day))
    found += [
        one
        for one in _times(text)
        if not any(f.start < one.end and one.start < f.end for f in found)
    ]
    return sorted(_with_times(text, sorted(found, key=lambda f: f.start)), key=lambda f: f.start)


def _day(text: str, match: re.Match[str], locale: str, *, alone: bool) -> Day | None:
    part = match.groupdict()
    end_of = _END_OF.search(text[max(0, match.start() - 16) : match.start()])
    bound = _bound(text, match.start() - (len(end_of.group()) if end_of else 0))
    year = int(part["year"]) if part.get("year") else None
    if part.get("q"):
        return Day(year=year, quarter=int(part["q"]), bound=bound)
    if part.get("y"):
        return _numeric(part, locale, bound)
    if part.get("month"):
        said = part["month"]
        if alone and not said[0].isupper():
            return None  # "may", "march" and "mars" are words
        if alone and said.casefold() in ("may", "march") and _is_a_word(text, match):
            return None
        month = _months(locale)[0][said.casefold().rstrip(".")]
    elif part.get("m"):
        month = int(part["m"])
    else:
        return Day(year=year, bound=bound)
    day = int(part["day"]) if part.get("day") else None
    if day is None and end_of:
        day = calendar.monthrange(year or 2023, month)[1]
    if day is not None and day > calendar.monthrange(year or 2024, month)[1]:
        return None
    return Day(year, month, day, bound=bound)


def _is_a_word(text: str, match: re.Match[str]) -> bool:
    """Tell the month from the word that begins a sentence: "May I", "March on"."""
    before = text[: match.start()].rstrip()
    return (not before or before[-1] in ".!?:") and text[match.end() : match.end() + 1] == " "


def _numeric(part: dict[str, str | None], locale: str, bound: Bound) -> Day | None:
    first, second = int(part["a"] or 0), int(part["b"] or 0)
    year = int(part["y"] or 0)
    if year < 100:
        year += 2000 if year < 70 else 1900
    by_day = part["sep"] == "." or _day_first(locale)
    day, month = (first, second) if by_day else (second, first)
    if month > 12 >= day:
        day, month = month, day
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return Day(year, month, day, bound=bound)


def _times(text: str) -> Iterator[Found]:
    for match in _TIME.finditer(text):
        if match["sep"] == "." and not match["ap"]:
            continue  # 9.30 is a number unless it says am or pm
        if match["word"]:
            minutes = 0 if match["word"].lower() == "midnight" else 720
        else:
            hour = int(match["h"] or match["h2"] or match["h3"])
            half = (match["ap"] or match["ap2"] or "").lower()
            if half and hour > 12:
                continue
            if half:
                hour = hour % 12 + (12 if half.startswith("p") else 0)
            minutes = (hour * 60 + int(match["m"] or 0)) % 1440
        yield Found(
            match.start(),
            match.start() + len(match.group().rstrip()),
            Day(minutes=minutes, bound=_bound(text, match.start())),
        )


def _with_times(text: str, found: list[Found]) -> Iterator[Found]:
    """Join a date and the time of day beside it."""
    index = 0
    while index < len(found):
        one = found[index]
        other = found[index + 1] if index + 1 < len(found) else None
        if other is not None and isinstance(one.value, Day) and isinstance(other.value, Day):
            between = text[one.end : other.start].strip(" ,")
            date, time = (
                (one.value, other.value) if one.value.minutes is None else (other.value, one.value)
            )
            if (
                between in ("", "at", "on", "um", "à")
                and len(text[one.end : other.start]) < 6
                and date.minutes is None
                and date.day is not None
                and time.minutes is not None
                and time.day is None
            ):
                joined = Day(date.year, date.month, date.day, None, time.minutes, one.value.bound)
                yield Found(one.start, other.end, joined)
                index += 2
                continue
        yield one
        index += 1


def _bound(text: str, start: int) -> Bound:
    before = text[max(0, start - 24) : start]
    return next((bound for bound, pattern in _BOUNDS if pattern.search(before)), Bound.EXACT)
