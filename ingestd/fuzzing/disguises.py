"""Disguises: the ways in which a value is written so that a plain pattern does not see it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from ingestd.fuzzing.values import Value

Disguise = Callable[[str, random.Random], str]

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u200e"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
_SPACES = "\u00a0\u2002\u2009\u202f\u3000\t"
_ZEROS = "\u0660\u06f0\u0966\u09e6\uff10\U0001d7ce\U0001d7f6"
_LOOKALIKES = dict(zip("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ", strict=True))
_SIGNS = {"@": "%40", "+": "%2B", "-": "%2D", ".": "%2E"}


def _between(marks: str) -> Disguise:
    def disguise(text: str, chance: random.Random) -> str:
        return "".join(c + (chance.choice(marks) if chance.random() < 0.4 else "") for c in text)

    return disguise


def _full_width(text: str, _: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _digits(text: str, chance: random.Random) -> str:
    zero = ord(chance.choice(_ZEROS))
    return "".join(chr(zero + int(c)) if c in "0123456789" else c for c in text)


def _dashes(text: str, chance: random.Random) -> str:
    return re.sub(r"(?<=\w)[- ](?=\w)", lambda _: chance.choice(_DASHES), text)


def _spaces(text: str, chance: random.Random) -> str:
    return text.replace(" ", chance.choice(_SPACES))


def _lookalikes(text: str, chance: random.Random) -> str:
    return "".join(
        _LOOKALIKES[c] if c in _LOOKALIKES and chance.random() < 0.5 else c for c in text
    )


def _entities(text: str, chance: random.Random) -> str:
    def one(c: str) -> str:
        if c.isspace() or chance.random() > 0.4:
            return c
        return f"&#{ord(c)};" if chance.random() < 0.5 else f"&#x{ord(c):x};"

    return "".join(map(one, text))


def _percent(text: str, _: random.Random) -> str:
    return "".join(_SIGNS.get(c, c) for c in text)


def _regrouped(text: str, chance: random.Random) -> str:
    glue = chance.choice([" ", "-", ".", "/"])
    pieces: list[str] = []
    plain = "".join(c for c in text if c.isalnum())
    while plain:
        size = chance.randint(3, 6)
        pieces.append(plain[:size])
        plain = plain[size:]
    return glue.join(pieces)


def _spelled(text: str, chance: random.Random) -> str:
    at, dot = chance.choice([(" [at] ", " [dot] "), ("(at)", "."), ("[at]", "[dot]")])
    local, _, host = text.partition("@")
    return local + at + host.replace(".", dot)


def _hyphenated(text: str, chance: random.Random) -> str:
    places = [m.start() + 1 for m in re.finditer(r"[a-z](?=[a-z])", text)]
    if not places:
        return text
    place = chance.choice(places)
    return f"{text[:place]}-\n{text[place:]}"


_ANY = re.compile("")
_HAS_DIGITS = re.compile(r"\d")
_HAS_GAP = re.compile(r"\d[- ]\d")
_REGROUPED = frozenset({"CREDIT_CARD", "IBAN_CODE"})
_ADDRESSES = frozenset({"EMAIL_ADDRESS"})
_WORDS = frozenset({"EMAIL_ADDRESS", "DENIED_PHRASE"})
_FOLDED = frozenset({"EMAIL_ADDRESS", "IBAN_CODE"})
_Names = frozenset[str] | None

_RULES: tuple[tuple[str, Disguise, re.Pattern[str], _Names, _Names], ...] = (
    # Name, what it does, which texts it changes, of which entities, in which kinds of file.
    ("none", lambda text, _: text, _ANY, None, None),
    ("zero width", _between(_ZERO_WIDTH), _ANY, None, None),
    ("soft hyphen", _between("\u00ad"), _ANY, None, None),
    ("full width", _full_width, _ANY, None, None),
    ("digits", _digits, _HAS_DIGITS, None, None),
    ("dashes", _dashes, _HAS_GAP, None, None),
    ("spaces", _spaces, re.compile(" "), None, None),
    ("look-alikes", _lookalikes, _ANY, _FOLDED, None),
    ("grouping", _regrouped, _ANY, _REGROUPED, None),
    ("spelled", _spelled, _ANY, _ADDRESSES, None),
    ("hyphenation", _hyphenated, _ANY, _WORDS, frozenset({"text"})),
    ("entities", _entities, _ANY, None, frozenset({"markdown", "html"})),
    ("percent", _percent, _ANY, _ADDRESSES, frozenset({"markdown"})),
)  # fmt: skip

BY_PART = frozenset(
    {"zero width", "soft hyphen", "full width", "digits", "look-alikes", "entities", "none"}
)
"""Those that work on each part of a value that is cut in two."""


def applicable(value: Value, kind: str, encoding: str) -> list[tuple[str, Disguise]]:
    """Return the disguises that a value can wear in a kind of file."""
    found: list[tuple[str, Disguise]] = []
    for name, disguise, changes, entities, kinds in _RULES:
        if (
            changes.search(value.text)
            and (entities is None or value.entity_type in entities)
            and (kinds is None or kind in kinds)
            and (name in _PLAIN or _fits(encoding))
            and not (name == "spaces" and kind == "table")  # A tab is a cell's end to some.
            and not ("\n" in value.text and name not in _PLAIN)
        ):
            found.append((name, disguise))
    return found


_PLAIN = frozenset({"none", "grouping", "spelled", "hyphenation", "entities", "percent"})


def _fits(encoding: str) -> bool:
    return encoding.startswith("utf")
