"""The shadow of a text: the same without its disguises, and a map back to where each piece stood.

Recognizers look at the text as it is and at its shadow. In the shadow compatibility forms are
folded (Unicode NFKC), digits of any script are ASCII, format characters (zero-width, soft hyphens,
bidirectional marks) are gone, letters that look Latin are Latin, and entities and percent codes are
what they stand for. Near digits all dashes and all spaces are one, and remains of markup are gone.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ingestd.redaction.view import Edit, View

_LOOKALIKES = str.maketrans(
    # Cyrillic and Greek letters that are drawn like Latin ones (Unicode TS 39, confusables).
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν",
    "ABESIJKMHOPCTYXaesijopcyxdqwhABEZHIKMNOPTYXoav",
)
_SEVERAL = "\ue000"
"""Stands for a character whose folded form is not one character, until that is put in."""
_BLANK = "\ue001"
"""Stands for a dash or a space other than ASCII's, until it is known whether it matters."""
_VALUE = re.compile(r"[\d@]")
_NEAR = 12
_BLANKS = re.compile(r"[\t\x0b\x0c\x85]")
_MARKUP = re.compile(
    # The first character alone, so that the engine skips from one to the next.
    r"[&<%\\*~`_=\[({](?:"
    r"(?<=&)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});"
    r"|(?<=<)(?:/?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]{0,300})?/?>|!--[^<>]{0,300}-->)"
    r"|(?<=%)(?:40|2[0BDEbde]|3[0-9])"
    r"|(?<=\\)(?=[!-/:-@\[-`{-~])|(?<=\*)\*{0,2}|(?<=~)~|(?<=`)`{0,2}"
    r"|(?<=_)(?:(?<![^\W_].)_|_(?![^\W_]))|(?<==)\r?\n"
    r"|(?<=[\[({]) ?(?:at|AT|At|dot|DOT|Dot) ?[\])}]"
    r")"
)
_MARKS = frozenset("&<%\\*~`_=[({")
_COLUMNS = re.compile(r"(?<=\d) {2,8}(?=\d)")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-[ ]*(?:\r?\n[ ]*){1,3}(?=[^\W\d_])")


def shadow(text: str) -> View | None:
    """Cast a text's shadow; `None`: it would be the text itself."""
    cast = View.of(text)
    if not text.isascii() or _BLANKS.search(text):
        cast = _unfolded(cast)
    if not _MARKS.isdisjoint(cast.text):
        cast = cast.then(_marks(cast.text))
    if "  " in cast.text:
        cast = cast.then((m.start(), m.end(), " ") for m in _COLUMNS.finditer(cast.text))
    return None if cast.text == text else cast


def unhyphenated(cast: View) -> View | None:
    """Return the view with words whole that are hyphenated at a line's end, if there are any."""
    edits = [(m.start(), m.end(), "") for m in _HYPHENATED.finditer(cast.text)]
    return cast.then(edits) if edits else None


def folded(text: str) -> str:
    """Return a text's shadow alone, for comparing values."""
    cast = shadow(text) or View.of(text)
    return (unhyphenated(cast) or cast).text


def _unfolded(cast: View) -> View:
    text = cast.text
    plain = text.translate(_FOLDS)
    if _BLANK in plain:
        # Dashes and spaces are what prose is full of: they hide something only in a number.
        plain = "".join(_blanks(text, plain))
    several = [
        (offset, offset + 1, _fold(text[offset]))
        for offset in _offsets(plain, _SEVERAL)
        if text[offset] != _SEVERAL
    ]
    return View.of(plain).then(several)


def _blanks(text: str, plain: str) -> Iterable[str]:
    position = 0
    for offset in _offsets(plain, _BLANK):
        yield plain[position:offset]
        yield _fold(text[offset]) if _is_near_a_value(plain, offset, offset + 1) else text[offset]
        position = offset + 1
    yield plain[position:]


def _is_near_a_value(text: str, start: int, end: int) -> bool:
    return _VALUE.search(text, max(0, start - _NEAR), end + _NEAR) is not None


def _offsets(text: str, character: str) -> Iterable[int]:
    offset = text.find(character)
    while offset >= 0:
        yield offset
        offset = text.find(character, offset + 1)


def _marks(text: str) -> Sequence[Edit]:
    edits: list[Edit] = []
    for match in _MARKUP.finditer(text):
        found = match.group()
        word = found.strip(" [](){}").lower()
        if found[0] in "*`~_\\<" and not _is_near_a_value(text, match.start(), match.end()):
            continue
        start, end = match.span()
        if word in ("at", "dot"):
            put = "@" if word == "at" else "."
            start -= start > 0 and text[start - 1] == " "
            end += text[end : end + 1] == " "
        elif found[0] == "&":
            put = "".join(_fold(c) for c in html.unescape(found))
            if put == found:
                continue
        elif found[0] == "%":
            put = chr(int(found[1:], 16))
        else:
            put = ""
        if not edits or start >= edits[-1][1]:
            edits.append((start, end, put))
    return edits


def _fold(character: str) -> str:
    """Return what one character is without its disguise; nothing for what is not seen."""
    if character in "\n\r":
        return character
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or character == "\u034f":
        return ""
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Zs" or character == "\t":
        return " "
    if category in ("Zl", "Zp") or character in "\x0b\x0c\x85":
        return "\n"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return unicodedata.normalize("NFKC", character).translate(_LOOKALIKES)


class _Folds(dict[int, str]):
    """The folded form of each character that was met, made when it is first met."""

    def __missing__(self, code: int) -> str:
        put = _fold(chr(code))
        if (put in ("-", " ") and code > 127) or code == 9:
            self[code] = _BLANK
            return _BLANK
        self[code] = found = put if len(put) == 1 else _SEVERAL
        return found


_FOLDS = _Folds()
