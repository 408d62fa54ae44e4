"""Planting: values set at boundaries, each remembered with its disguise and its place."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ingestd.fuzzing import disguises
from ingestd.fuzzing.carrier import Boundary, Carrier, escaped
from ingestd.fuzzing.leaks import grams_of_text, grams_of_value
from ingestd.fuzzing.values import Maker, Value


@dataclass(frozen=True, slots=True)
class Planting:
    """One value, where and how it was planted."""

    value: Value
    disguise: str
    boundary: Boundary
    across: bool
    """Cut in two by the boundary; otherwise it stands right before or after it."""
    grams: frozenset[str]
    """Pieces of four characters that nothing else in the document has."""
    written: tuple[str, ...] = ()
    """As it stands in the document, in one part or two."""


_APART = 1
"""Pieces between two plantings, so that no value is told by another's words."""
_WORDY = re.compile(r"[^\W\d_]{2}")
_UNIT = re.compile(r"[.!?] (?=[A-Z])")
_MARK = re.compile(r"^\s*(?:#{1,6}\s+|(?:[-*+>]|\d+[.)])\s+)?")
_MARKUP_LINE = re.compile(r"\s*(?:#\+\w+|```|~~~|\[[^\]]+\]:|[\w-]+=[\"']|\.\. [\w-]+::)")
"""Fences, definitions of links, attributes of a tag, directives: no text that anybody reads."""
_TRIES = 40
_PROBES = 60
_LONGEST_PIECE = 5000


class Planter:
    """Plants into carriers until it has planted as many as it was asked for."""

    def __init__(self, makers: dict[str, Maker], seed: int) -> None:
        self._makers = sorted(makers.items())
        # Telling words are planted with values: what they hold is no other value's trace.
        probe = random.Random(0)  # noqa: S311 (repeatable on purpose)
        told = {make(probe).context for _, make in self._makers for _ in range(_PROBES)}
        self._told = grams_of_text(" ".join(told))
        self._chance = random.Random(seed)  # noqa: S311 (repeatable on purpose)

    def plant(
        self,
        carrier: Carrier,
        most: int,
        chunk_starts: Sequence[str] = (),
        taken: AbstractSet[str] = frozenset(),
    ) -> tuple[list[str], list[Planting]]:
        """Return the carrier's pieces with up to `most` values, and what was planted.

        `taken`: pieces of four characters that the document shows by itself.
        """
        chance = self._chance
        pieces = list(carrier.pieces)
        taken = grams_of_text("\n".join(pieces)) | taken | self._told
        starts = frozenset(start[:24] for start in chunk_starts)
        places = [n for n, piece in enumerate(pieces) if self._is_place(carrier, n, piece)]
        chance.shuffle(places)
        used: set[int] = set()
        planted: list[Planting] = []
        for place in places:
            if len(planted) >= most:
                break
            if any(near in used for near in range(place - _APART, place + _APART + 1)):
                continue
            made = self._one(carrier, pieces, place, starts, taken)
            if made is not None:
                used.add(place)
                planted.append(made)
                taken |= made.grams
        return pieces, planted

    def name(self, stem: str, taken: AbstractSet[str]) -> tuple[str, Planting] | None:
        """Plant a value into a file's name; `taken`: what the document shows by itself."""
        found = self._value(taken | self._told)
        if found is None:
            return None
        value, grams = found
        text = value.context + value.text
        if "/" in text or "\n" in text or len(text) > 120:
            return None
        planting = Planting(value, "none", Boundary.FILE_NAME, across=False, grams=grams)
        return f"{stem} {text}", planting

    def _is_place(self, carrier: Carrier, number: int, piece: str) -> bool:
        if carrier.kind == "mail" and number == len(carrier.pieces) - 1:
            return True
        return (
            _MARKUP_LINE.match(piece) is None
            and _WORDY.search(piece) is not None
            and "://" not in piece
            and len(piece) < _LONGEST_PIECE
        )

    def _value(self, taken: AbstractSet[str]) -> tuple[Value, frozenset[str]] | None:
        _, maker = self._makers[self._chance.randrange(len(self._makers))]
        for _ in range(_TRIES):
            value = maker(self._chance)
            grams = grams_of_value(value)
            own = grams - taken
            if own and len(own) >= len(grams) - 1:
                return value, frozenset(own)
        return None

    def _one(
        self,
        carrier: Carrier,
        pieces: list[str],
        place: int,
        starts: frozenset[str],
        taken: AbstractSet[str],
    ) -> Planting | None:
        chance = self._chance
        found = self._value(taken)
        if found is None:
            return None
        value, grams = found
        if "\n" in value.text and (
            carrier.one_line or carrier.glues[place - 1 : place] == [Boundary.CELL]
        ):
            return None
        around = pieces[place].strip()
        worn = disguises.applicable(value, carrier.kind, carrier.encoding)
        if carrier.one_line:
            worn = [w for w in worn if w[0] != "hyphenation"]
        if around[:1].isdigit() or around[-1:].isdigit():
            # Grouped at will beside another number, it is not to be told from it.
            worn = [w for w in worn if w[0] != "grouping"]
        name, disguise = worn[chance.randrange(len(worn))]
        last = place == len(pieces) - 1
        glue = Boundary.ATTACHMENT_NAME if last else carrier.glues[place]
        attached = carrier.kind == "mail" and last

        def put(text: str, _: random.Random = chance) -> str:
            # An entity is markup already; everything else is text that markup must not swallow.
            worn = disguise(text, chance)
            return worn if name == "entities" else escaped(carrier, worn)

        context = escaped(carrier, value.context)
        whole = context + put(value.text)
        if attached:
            if "/" in whole or "\n" in whole or len(whole) > 100:
                return None
            pieces[place] = whole
            boundary = Boundary.ATTACHMENT_NAME
            return Planting(value, name, boundary, across=False, grams=grams)
        mark = _MARK.match(pieces[place + 1]) if not last else None
        at = mark.end() if mark and carrier.kind != "pages" else 0
        # At the end of a piece, these may be markup; before a number, digits are not to be told.
        cuts = [
            cut
            for cut in range(value.first_cut, len(value.text))
            if value.text[cut - 1] not in "_*"
        ]
        crossing = (
            not last
            and bool(cuts)
            and not pieces[place + 1][at : at + 1].isdigit()
            and place not in carrier.apart
            and not (carrier.kind == "mail" and place in (0, len(pieces) - 2))
            and name in disguises.BY_PART
            and "\n" not in value.text
            and self._is_place(carrier, place + 1, pieces[place + 1])
            and len(value.text) > value.first_cut + 1
            and chance.random() < 0.5
        )
        if crossing:
            cut = chance.choice(cuts)
            before, after = put(value.text[:cut]), put(value.text[cut:])
            following = pieces[place + 1]
            pieces[place] = f"{pieces[place].rstrip()} {context}{before}"
            pieces[place + 1] = f"{following[:at]}{after} {following[at:]}"
            written = (context + before, after)
            return Planting(value, name, glue, True, grams, written)  # noqa: FBT003
        return self._beside(carrier, pieces, place, starts, value, name, whole, glue, grams)

    def _beside(
        self,
        carrier: Carrier,
        pieces: list[str],
        place: int,
        starts: frozenset[str],
        value: Value,
        name: str,
        whole: str,
        glue: Boundary,
        grams: frozenset[str],
    ) -> Planting:
        chance = self._chance
        piece = pieces[place]
        if carrier.kind == "html":
            whole = f" {whole} "  # A node ends where the next begins.
        elif carrier.kind == "office":
            whole = f"{whole} "  # What follows may be a link, which is no run of characters.
        units = [m.end() for m in _UNIT.finditer(piece)]
        boundary = glue
        if piece.strip()[:24] in starts:
            mark = _MARK.match(piece)
            at = mark.end() if mark else 0
            boundary = Boundary.CHUNK
            pieces[place] = f"{piece[:at]}{whole} {piece[at:]}"
        elif units and chance.random() < 0.5:
            at = chance.choice(units)
            boundary = Boundary.UNIT
            pieces[place] = f"{piece[:at]}{whole} {piece[at:]}"
        elif (
            carrier.kind == "markdown"
            and chance.random() < 0.3
            and "\n" not in whole
            and "*" not in whole
        ):
            boundary = Boundary.MARKUP
            pieces[place] = f"{piece.rstrip()} **{whole}**"
        elif chance.random() < 0.5:
            mark = _MARK.match(piece)
            at = mark.end() if mark else 0
            pieces[place] = f"{piece[:at]}{whole} {piece[at:]}"
        else:
            pieces[place] = f"{piece.rstrip()} {whole}"
        if carrier.encoding not in ("utf-8", "ascii") and boundary is glue:
            boundary = Boundary.ENCODING
        return Planting(value, name, boundary, False, grams, (whole,))  # noqa: FBT003
