"""Lengths of time in a text; a month is no number of days, and a working day is not any day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ingestd.values import ranges
from ingestd.values.kinds import Duration, Found, Length
from ingestd.values.numerals import numerals

_UNITS: tuple[tuple[str, Length], ...] = (
    (r"milliseconds?|ms", Length(seconds=Decimal("0.001"))),
    (r"seconds?|secs?|s|sekunden?|secondes?|segundos?", Length(seconds=Decimal(1))),
    (r"minutes?|mins?|min|m|minuten?|minutos?", Length(seconds=Decimal(60))),
    (r"hours?|hrs?|h|stunden?|std|heures?|horas?|ore", Length(seconds=Decimal(3600))),
    (r"days?|d|tagen?|tage?|jours?|días?|giorni|giorno|dagen|dag", Length(seconds=Decimal(86400))),
    (r"weeks?|wks?|w|wochen?|semaines?|semanas?|settimane|weken", Length(seconds=Decimal(604800))),
    (r"fortnights?", Length(seconds=Decimal(1209600))),
    (r"months?|mths?|mo|monate?|monaten|mois|mes(?:es)?|mesi|mese|maanden", Length(Decimal(1))),
    (r"quarters?|quartale?", Length(Decimal(3))),
    (r"years?|yrs?|y|jahre?|jahren|ans?|années?|años?|anni|anno|jaar", Length(Decimal(12))),
    (r"decades?", Length(Decimal(120))),
    (r"centur(?:y|ies)", Length(Decimal(1200))),
)  # fmt: skip
_WORKING = r"(?:working|business|work|office|weekdays?|banking|arbeits|werk)"
_QUALIFIER = (
    rf"(?:(?P<working>{_WORKING})[\s-]?|(?:calendar|consecutive|full|whole|more|further|additional"
    r"|kalender|paid|unpaid|clear)[\s-]?)?"
)
_UNIT = re.compile(
    rf"[\s\u00a0-]?{_QUALIFIER}(?:"
    + "|".join(f"(?P<u{i}>{words})" for i, (words, _) in enumerate(_UNITS))
    + r")(?![^\W_])(?!\.\d)",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?<![\w-])P(?=\d|T\d)(?:(?P<y>\d+)Y)?(?:(?P<mo>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<mi>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?(?!\w)"
)
_COMPACT = re.compile(
    r"(?<![\w.,:])(?=(?:\d+[dhms]){2})(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<mi>\d+)m)?"
    r"(?:(?P<s>\d+)s)?(?!\w)"
)
_ONE = re.compile(
    r"\b(?:an?|one|per|each|every|ein(?:e[nrm]?)?|une?|una?)\s+(?=(?:" + _WORKING
    + r"[\s-])?(?:second|minute|hour|day|week|fortnight|month|quarter|year|decade"
    r"|stunde|tag|woche|monat|jahr"
    r"|heure|jour|semaine|mois|an\b|hora|día|semana|mes|año)\b)",
    re.IGNORECASE,
)  # fmt: skip
_RATES = frozenset({"per", "each", "every"})
_AND_A_HALF = re.compile(r"\s+and\s+a\s+half\b", re.IGNORECASE)
_GLUE = re.compile(r"\s*(?:,?\s?and|und|et|y)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    length: Length
    number_end: int


def durations(text: str, locale: str) -> list[Found]:
    """Return a text's durations: compounds added up, ranges as one."""
    pieces = _compounds(text, list(_parts(text, locale)))
    bare = ranges.without_signs(numerals(text, locale), text)
    found: list[Found] = []
    index = 0
    while index < len(pieces):
        one = pieces[index]
        if index + 1 < len(pieces):
            other = pieces[index + 1]
            if ranges.joins(text, (one.start, one.end), (other.start, other.end)):
                found.append(Found(one.start, other.end, Duration(one.length, other.length)))
                index += 2
                continue
        low = next(
            (
                n
                for n in bare
                if n.end <= one.start and ranges.joins(text, (n.start, n.end), (one.start, one.end))
            ),
            None,
        )
        unit = _UNIT.match(text, one.number_end) if low is not None else None
        if low is not None and unit is not None and unit.end() == one.end:
            begin = _times(low.value, unit)
            found.append(Found(low.start, one.end, Duration(begin, one.length)))
        else:
            bound = ranges.bound_of(text, one.start, one.end)
            found.append(Found(one.start, one.end, Duration(one.length, one.length, bound)))
        index += 1
    return found


def _parts(text: str, locale: str) -> Iterator[_Part]:
    spoken = ranges.without_signs(numerals(text, locale), text)
    parts: list[_Part] = []
    for numeral in spoken:
        unit = _UNIT.match(text, numeral.end)
        if unit is None or _is_a_letter_apart(text, numeral.end, unit):
            continue
        if unit.group().strip().lower() == "an" and not locale.startswith("fr"):
            continue  # "In office 3 an employee": the article, no French year.
        parts.append(_Part(numeral.start, unit.end(), _times(numeral.value, unit), numeral.end))
    for match in _ONE.finditer(text):
        unit = _UNIT.match(text, match.end())
        word = match.group().split()[0].lower()
        if unit is None or word in _RATES or any(p.start <= match.start() < p.end for p in parts):
            continue
        half = _AND_A_HALF.match(text, unit.end())
        value = Decimal("1.5") if half else Decimal(1)
        end = half.end() if half else unit.end()
        parts.append(_Part(match.start(), end, _times(value, unit), match.end()))
    for match in (*_ISO.finditer(text), *_COMPACT.finditer(text)):
        part = {unit: Decimal(match.groupdict().get(unit) or 0) for unit in _ISO.groupindex}
        seconds = part["w"] * 604800 + part["d"] * 86400 + part["h"] * 3600
        length = Length(part["y"] * 12 + part["mo"], seconds + part["mi"] * 60 + part["s"])
        parts.append(_Part(match.start(), match.end(), length, match.end()))
    return iter(sorted(parts, key=lambda p: p.start))


def _is_a_letter_apart(text: str, end: int, unit: re.Match[str]) -> bool:
    """Tell "5 m" and "5 d" in running text from units: one letter counts only when glued."""
    said = unit.group().strip(" \u00a0-")
    return len(said) == 1 and text[end : end + 1] != said and said not in ("h", "s")


def _times(value: Decimal, unit: re.Match[str]) -> Length:
    index = next(i for i in range(len(_UNITS)) if unit[f"u{i}"])
    one = _UNITS[index][1]
    if unit["working"] and one.seconds == 86400:
        return Length(working_days=value)
    return Length(one.months * value, one.seconds * value)


def _compounds(text: str, parts: list[_Part]) -> list[_Part]:
    """Add up "1 year and 6 months": each further part of a smaller unit than the one before."""
    added: list[_Part] = []
    for part in parts:
        last = added[-1] if added else None
        if (
            last is not None
            and _GLUE.fullmatch(text, last.end, part.start)
            and "\n" not in text[last.end : part.start]
            and _rank(part.length) < _rank_of_last(text, last)
        ):
            added[-1] = _Part(last.start, part.end, last.length + part.length, part.number_end)
        else:
            added.append(part)
    return added


def _rank(length: Length) -> int:
    """Order units by size, from what one of them measures."""
    if length.months:
        return 5 if length.months >= 12 and length.months % 12 == 0 else 4
    seconds = length.seconds
    if not seconds:
        return 3
    return (
        3 if seconds % 86400 == 0 else 2 if seconds % 3600 == 0 else 1 if seconds % 60 == 0 else 0
    )


def _rank_of_last(text: str, part: _Part) -> int:
    unit = _UNIT.match(text, part.number_end)
    if unit is None:
        return -1
    index = next(i for i in range(len(_UNITS)) if unit[f"u{i}"])
    return _rank(_UNITS[index][1])
