"""Units of measure after a number, by pint; a noun that is no unit counts things."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any

_WORDS = re.compile(
    r"[ \u00a0\u202f]?-?(?P<unit>[%‰°µμΩA-Za-z][^\s,;:!?()\[\]{}<>|\"'’]*"
    r"(?:[ \u00a0][A-Za-z°][^\s,;:!?()\[\]{}<>|\"'’]*){0,3})"
)
_NOT_UNITS = frozenset(
    "a an and are as at be but by can do each every for from had has have if in into is it its "
    "least less more most no not of off on or over per so than that the their them then there "
    "these they this to until us was we were when which while who will with within you your "
    "other others such only also after before during about new".split()
)
_ALIASES = {
    "degrees celsius": "degC", "degree celsius": "degC", "°c": "degC", "deg c": "degC",
    "celsius": "degC", "degrees c": "degC", "℃": "degC",
    "degrees fahrenheit": "degF", "degree fahrenheit": "degF", "°f": "degF",
    "fahrenheit": "degF", "degrees f": "degF", "℉": "degF",
    "sq m": "m**2", "sqm": "m**2", "square metres": "m**2", "square meters": "m**2",
    "square metre": "m**2", "square meter": "m**2", "m2": "m**2", "m²": "m**2",
    "square feet": "ft**2", "square foot": "ft**2", "sq ft": "ft**2", "sqft": "ft**2",
    "cubic metres": "m**3", "cubic meters": "m**3", "m3": "m**3", "m³": "m**3",
    "cubic metre": "m**3", "cubic meter": "m**3", "cm²": "cm**2", "cm³": "cm**3",
    "square kilometres": "km**2", "square kilometers": "km**2", "km²": "km**2", "km2": "km**2",
    "square miles": "mi**2", "cubic feet": "ft**3",
    "kph": "km/h", "kmh": "km/h", "mph": "mi/h", "m/s": "m/s", "miles per hour": "mi/h",
    "kilometres per hour": "km/h", "kilometers per hour": "km/h",
    "metres per second": "m/s", "meters per second": "m/s",
    "mb/s": "MB/s", "mbit/s": "Mbit/s", "mbps": "Mbit/s", "gbps": "Gbit/s", "kbps": "kbit/s",
    "tonnes": "t", "tonne": "t", "kgs": "kg", "kilos": "kg", "kilo": "kg", "lbs": "lb",
    "litres": "L", "litre": "L", "ltr": "L", "l": "L", "ml": "mL", "dl": "dL", "cl": "cL",
    "hrs": "h", "hr": "h", "mins": "min", "secs": "s", "sec": "s",
    "u": "units", "units": "units", "points": "points", "cells": "cells", "seats": "seats",
    "nm": "nm", "psi": "psi", "hp": "hp", "kw": "kW", "kwh": "kWh", "mw": "MW", "mwh": "MWh",
    "gb": "GB", "mb": "MB", "kb": "kB", "tb": "TB", "hz": "Hz", "khz": "kHz", "mhz": "MHz",
    "ghz": "GHz", "v": "V", "w": "W", "kv": "kV", "ma": "mA", "db": "dB", "kg": "kg", "km": "km",
    "cm": "cm", "mm": "mm",
}  # fmt: skip
"""What pint spells otherwise, or would read as something that nobody means."""
_COUNTED = frozenset({"units", "points", "cells", "seats"})
_CASED = {
    "MW": "MW", "mW": "mW", "MB": "MB", "Nm": "N*m", "MA": "MA", "Gb": "Gbit", "Mb": "Mbit",
    "Kb": "kbit", "Tb": "Tbit",
}  # fmt: skip
"""Where the case of a letter makes another unit."""
_DEGREES = frozenset({"degree", "degrees", "°"})
_SPLIT = re.compile(r"[ \u00a0]")


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


@cache
def _parsed(unit: str) -> str | None:
    """Return pint's name of a unit, or nothing where it knows none."""
    import pint

    name = _CASED.get(unit) or _ALIASES.get(unit.casefold(), unit)
    if name in _COUNTED or (len(name) == 1 and name not in "mgstLlhdVAWKNJCFHTΩMBkPy"):
        return None
    try:
        known = _registry().parse_units(name)
    except (pint.PintError, ValueError, TypeError, AttributeError, ArithmeticError, SyntaxError):
        return None
    except Exception:  # noqa: BLE001  # pint's parser tokenizes as Python does, and raises likewise
        return None
    return str(known) if str(known) != "dimensionless" else None


def after(text: str, end: int) -> tuple[int, frozenset[str]] | None:
    """Return where the unit after a number ends and what it is: the longest that is known."""
    match = _WORDS.match(text, end)
    if match is None:
        return None
    start = match.start("unit")
    words = _SPLIT.split(match["unit"].rstrip(".-"))
    spaced = start > end and text[end] in " \u00a0\u202f"
    for count in range(len(words), 0, -1):
        said = " ".join(words[:count])
        stop = start + len(said)
        plain = said.strip("-.")
        if count == 1 and plain.casefold() in _NOT_UNITS:
            return None
        if plain.casefold() in _DEGREES:
            return stop, frozenset({"degC", "degF", "degree"})
        if count > 1 and not _looks_like_one(plain):
            continue
        known = _parsed(plain)
        if known is not None:
            return stop, frozenset({known})
    first = words[0].strip("-.")
    if spaced or text[end : end + 1] == "-":
        if first.isalpha() and first.islower() and len(first) > 2:
            return start + len(words[0].rstrip("-.")), frozenset({f"#{singular(first)}"})
        if first.isalpha() and len(first) > 3:
            return start + len(words[0].rstrip("-.")), frozenset({f"#{singular(first.lower())}"})
    return None


def _looks_like_one(words: str) -> bool:
    """Say whether several words can be one unit; pint multiplies any words it is given."""
    folded = words.casefold()
    return folded in _ALIASES or " per " in folded or "/" in folded


def singular(noun: str) -> str:
    """Return an English noun's singular, near enough to compare two."""
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
    ):
        if noun.endswith(ending) and len(noun) > len(ending) + 1:
            return noun[: -len(ending)] + instead
    irregular = {
        "people": "person",
        "persons": "person",
        "children": "child",
        "men": "man",
        "women": "woman",
    }
    if noun in irregular:
        return irregular[noun]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun


def converted(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    """Convert a value between two units; nothing where they measure different things."""
    if unit == wanted:
        return value
    if unit.startswith("#") or wanted.startswith("#"):
        return None
    import pint

    registry = _registry()
    try:
        there = registry.Quantity(float(value), unit).to(wanted)
    except (pint.PintError, ValueError, TypeError):
        return None
    return Decimal(repr(round(float(there.magnitude), 9)))
