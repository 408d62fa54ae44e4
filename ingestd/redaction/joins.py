"""Joins: what a value looks like when it goes on after a line, an element, a page or a table cell.

Most recognizers read past a blank of any kind by themselves. What is cut in the middle of a word or
of a group of digits is looked at once more with its two sides put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum

from ingestd.model.finding import Finding
from ingestd.redaction.patterns import digits_of
from ingestd.redaction.payments import card
from ingestd.redaction.phones import CERTAIN
from ingestd.redaction.view import View

_JOIN = re.compile(r"[ \t]*(?:[|\n\r\f][ \t]*)+(?:(?:[-*•>#+]{1,6}|\d{1,2}\.)[ \t]+)?")
_AROUND = 80
_LONGEST_PIECE = 90
_MOST_JOINS = 12
_HINT = re.compile(
    r"[\d@]|eyJ|A[A-Z]{4}|[a-z]_|sk-|gl[a-z]+-|pypi-|AIza|(?i:pass|secret|token|key)"
)
_LONG_TAIL = re.compile(r"\S{20,}\Z")
_NUMBER_TAIL = re.compile(r"[+(]*(?<![^\W_])\d++(?:[ ().\-/]+\d++)*[ ().\-/]*\Z")
_NUMBER_HEAD = re.compile(r"[ ().\-/]*\d++(?![^\W_])(?:[ ().\-/]+\d++(?![^\W_]))*")
_TELLING = re.compile(
    r"(?:(?<![\w-])(?:eyJ|A[A-Z]{3}[A-Z0-9]|gh[pousr]_|gl[a-z]+-|sk-|[srp]k_|whsec_|xox|AIza|SG\.|npm_"
    r"|pypi-|hf_|0x|bc1|[13]\w*[A-Za-z]|(?:[0-9A-Fa-f]{2}[:-]){2})"
    r"|(?i:pass\w*|pwd|secret|token|key|bearer)[\"'*`]*\s*[:=|]\s*)\S*\Z"
)
_SUFFIXES = frozenset(
    "com org net edu gov mil int info biz name pro app dev cloud online site tech store shop blog"
    " xyz email company group agency news media solutions services systems world live team".split()
)
_CONNECTORS = frozenset("._+%")
_SENTENCE_END = re.compile(r"[^\W\d_]+[.?!]")
_INSIDE = frozenset("@._+-/=:%()#&")
_DIGIT = re.compile(r"\d")
_NEAR = 30
_FEW = 4


def windows(text: str) -> Iterator[tuple[View, int, int]]:
    """Yield views of places around joins, with the offsets that a finding must cross."""
    joins = [m.span() for m in _JOIN.finditer(text)]
    for first in range(len(joins)):
        start = joins[first][0]
        after = joins[first][1]
        if start == 0 or after == len(text) or not _goes_on(text[start - 1], text[after]):
            continue
        left = text[max(0, start - _AROUND) : start]
        near = _HINT.search(text, max(0, start - _NEAR), after + _NEAR)
        # The digits of a long token may all be in its beginning.
        if near is None and not _ends_in_a_token(left):
            continue
        tail = left.rsplit(None, 1)[-1]
        for last in range(first, min(first + _MOST_JOINS, len(joins))):
            if last > first:
                piece = text[joins[last - 1][1] : joins[last][0]]
                if not piece or len(piece) > _LONGEST_PIECE or " " in piece.strip():
                    break
            end = joins[last][1]
            right = text[end : end + _AROUND]
            if not right:
                break
            head = right.split(None, 1)[0]
            inner = [text[joins[n][1] : joins[n + 1][0]] for n in range(first, last)]
            cells = "|" in text[start : joins[first][1]]
            kind = _kind(left, tail, inner, head, right, cells=cells)
            if kind is _Kind.NOTHING:
                continue
            low = max(0, start - _AROUND)
            high = min(len(text), end + _AROUND)
            for put in ("", " ") if kind is _Kind.NUMBER else ("",):
                edits = [(0, low, ""), *((*joins[n], put) for n in range(first, last + 1))]
                view = View.of(text).then([*edits, (high, len(text), "")])
                before = start - low
                yield view, before, before + len(put) + sum(len(p) + len(put) for p in inner)


def _ends_in_a_token(left: str) -> bool:
    tail = _LONG_TAIL.search(left)
    return tail is not None and any(c.isdigit() for c in tail.group())


class _Kind(Enum):
    """What the two sides of a join may be parts of."""

    NOTHING = 0
    NUMBER = 1
    WORD = 2


def _kind(left: str, tail: str, inner: list[str], head: str, right: str, *, cells: bool) -> _Kind:
    """Say cheaply what two sides of a join could be one value of."""
    both = tail + "".join(inner) + head
    if "@" in both:
        return _Kind.WORD if len(inner) < 3 else _Kind.NOTHING
    if not _goes_on(tail[-1], head[0]):
        return _Kind.NOTHING
    if len(inner) < 4 and _TELLING.search(left + "".join(inner) + head[:_PREFIX]) is not None:
        return _Kind.WORD
    own_left, own_right = _JOIN.split(left)[-1], _JOIN.split(right, 1)[0]
    near = own_left[-_NEAR:] + "".join(inner) + own_right[:_NEAR]
    if len(_DIGIT.findall(near)) < _FEW:
        return _Kind.NOTHING
    figures = cells and _NUMERIC.fullmatch(own_left) and _NUMERIC.fullmatch(own_right)
    if figures and any(_DECIMAL.fullmatch(piece) for piece in (tail, *inner, head)):
        return _Kind.NOTHING
    numbers = _NUMBER_TAIL.search(left), _NUMBER_HEAD.match(right)
    if numbers[0] and numbers[1] and all(piece.isdigit() for piece in inner):
        behind, ahead = left[: numbers[0].start()], right[numbers[1].end() :]
        if not _is_more(behind[-1:]) and not _is_more(ahead[:1]):
            digits = digits_of(numbers[0].group() + "".join(inner) + numbers[1].group())
            if inner:
                good = card(digits) or numbers[0].group().startswith("+")
            else:
                good = len(digits) >= _LEAST_DIGITS
            if good or figures or inner:
                return _Kind.NUMBER if good else _Kind.NOTHING
    long = any(len(p) >= _LONG and any(c.isdigit() for c in p) for p in (tail, head))
    if not long and (_is_word(tail, _TAILS) or _is_word(head, _HEADS)):
        return _Kind.NOTHING
    if figures:
        return _Kind.NOTHING
    # Long tokens are wrapped over several lines; whatever else is cut is cut in two or three.
    good = len(inner) < 2 or (
        _TELLING.search(left) is not None
        and all(len(piece) > 10 and any(c.isalpha() for c in piece) for piece in inner)
    )
    return _Kind.WORD if good else _Kind.NOTHING


_LEAST_DIGITS = 7
_PREFIX = 6
_LONG = 14
"""Characters of what is a token, whatever the rest of it looks like."""
_NUMERIC = re.compile(r"[-+]?[\d.,% ]*")
_DECIMAL = re.compile(r"[-+]?\d*[.,]\d+%?")


def _is_more(character: str) -> bool:
    """Say whether a character beside a number makes it a part of something else."""
    return character.isalpha() or character == ":"


def _goes_on(last: str, first: str) -> bool:
    """Say whether a value can be cut between two characters."""
    return (last.isalnum() or last in _INSIDE) and (first.isalnum() or first in _INSIDE)


_TAILS = re.compile(r"[^\W\d_]*[^\W\d_A-Z][^\W\d_]*[-.]?")
_HEADS = re.compile(r"[^\W\d_]{0,1}[^\W\d_A-Z]{2,}[.,;:!?)]*")
"""A word in small letters is no part of a number; one in capitals may be."""


def _is_word(piece: str, pattern: re.Pattern[str] | None = None) -> bool:
    if pattern is not None:
        return pattern.fullmatch(piece) is not None
    piece = piece.strip(".,;:!?()")
    return piece.isalpha() and (piece.islower() or piece.istitle() or piece.isupper())


def is_plausible(
    view: View, finding: Finding, first: int, last: int, is_whole: Callable[[str], bool]
) -> bool:
    """Say whether a finding that crosses joins is one value, not one and the word beside it.

    `is_whole` says whether a text ends with a value that needs nothing more.
    """
    if not finding.start < first or not finding.end > last:
        return False
    found = view.text[finding.start : finding.end]
    behind = view.text[finding.start : first]
    ahead = view.text[last : finding.end]
    if behind[-1] in ".,;!?" and _is_word(ahead) and finding.entity_type != "EMAIL_ADDRESS":
        return False  # The end of a sentence, and the next.
    match finding.entity_type:
        case "EMAIL_ADDRESS":
            suffix = found.rsplit(".", 1)[-1].lower()
            if "@" in behind[:-1]:
                # A whole address at the end of a line or a sentence does not go on in the next.
                own = behind.rstrip(".").rsplit(".", 1)[-1].lower()
                ended = own in _SUFFIXES and ahead[0] != "."
                if behind[-1] == ".":
                    ended = ended or len(own) == 2 or ahead[0].isupper()
                return not ended and (suffix in _SUFFIXES or len(suffix) == 2)
            # The last word of a sentence, or a word before a handle, is no part of an address.
            if not any(c.isalnum() for c in behind) or _SENTENCE_END.fullmatch(behind):
                return False
            if ahead[0] == "@":
                return not behind.isalpha()
            return (
                not _CONNECTORS.isdisjoint(behind)
                or behind[-1] in "@-"
                or ahead[0] in "._+-%"
                or (behind[-1].isdigit() and ahead[0].isdigit())
            )
        case "SECRET":
            return not _is_word(ahead) or not is_whole(view.text[:last])
        case "URL" | "DOMAIN_NAME" | "STREET_ADDRESS":
            return False
        case "PHONE_NUMBER":
            return finding.score >= CERTAIN
    return True
