"""Whether a text holds a truth, and in which sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from ingestd.model.answer import Anchor
from ingestd.model.golden import GoldenQuestion, ValueType
from ingestd.values import comparing, polarity, reading, texts
from ingestd.values.differences import differs
from ingestd.values.kinds import Unreadable
from ingestd.values.sentences import sentences
from ingestd.values.tolerance import Tolerance

_WORD = re.compile(r"\w+")
_ALIKE = 0.5
_ON_TOPIC = 0.5
_FORM = frozenset(
    "is are was were be do does did has have had can may must shall should will would could might "
    "the a an of in on at to for by with and or not no any it its i you we they my your our".split()
)


def holds(
    text: str, truths: Sequence[str], question: GoldenQuestion, anchor: Anchor | None = None
) -> bool:
    """Say whether a text holds a truth, all of them for a set.

    With an anchor only where a statement is like it: the same value may stand elsewhere by chance.
    """
    check = all if question.type is ValueType.SET else any
    return check(
        any(_is_at(statement, anchor, question) for statement in holding(text, truth, question))
        for truth in truths
    )


def _is_at(statement: str, anchor: Anchor | None, question: GoldenQuestion) -> bool:
    if anchor is None:
        return True
    frame = _WORD.findall(f"{anchor.before} {anchor.after}".casefold())
    words = _WORD.findall(statement.casefold())
    if difflib.SequenceMatcher(None, frame, words, autojunk=False).ratio() >= _ALIKE:
        return True
    asked = _content(question.question)
    return len(asked & _content(statement)) >= _ON_TOPIC * max(len(asked), 1)


def holding(text: str, truth: str, question: GoldenQuestion) -> Iterator[str]:
    """Yield the statements of a text that hold a truth."""
    kind = question.type
    if kind in (ValueType.ONE_OF, ValueType.SET):
        kind = comparing.inferred(truth, question.locale)
    allowed = Tolerance()
    try:
        wanted = reading.read(truth, kind, question.locale) if kind in reading.SPANNED else None
    except Unreadable:
        wanted = None
    plain = texts.normalised(truth)
    asked = _content(question.question)
    for statement in statements(text):
        if wanted is not None:
            bare = reading.found(statement, ValueType.NUMBER, question.locale)
            values = [
                *reading.found(statement, kind, question.locale),
                *(bare if "|" in statement else ()),
            ]
            if any(not differs(wanted, v.value, allowed) or _bare(wanted, v.value) for v in values):
                yield statement
        elif kind is ValueType.BOOLEAN:
            said = polarity.answer_in(statement, question.question)
            on_topic = len(asked & _content(statement)) >= _ON_TOPIC * max(len(asked), 1)
            if on_topic and said == polarity.outright(truth):
                yield statement
        elif kind is ValueType.REGEX:
            if comparing.compare(truth, statement, kind).equal:
                yield statement
        elif plain and (
            f" {plain} " in f" {texts.normalised(statement)} "
            or comparing.compare(truth, statement, ValueType.TEXT, locale=question.locale).equal
        ):
            yield statement


def _bare(wanted: object, value: object) -> bool:
    """Say whether a table's bare number is an amount whose unit its heading has."""
    low, high = getattr(wanted, "low", None), getattr(value, "low", None)
    units = getattr(value, "units", None)
    return low is not None and low == high and units == frozenset()


def statements(text: str) -> Iterator[str]:
    """Yield the sentences and lines of a document's text."""
    for line in text.splitlines():
        for start, end in sentences(line, 0, len(line)):
            piece = line[start:end].strip()
            if piece:
                yield piece


def counterpart(statement: str, text: str) -> str:
    """Return what stands in a statement's place in another version; nothing where none is like."""
    wanted = _WORD.findall(statement.casefold())
    best, ratio = "", _ALIKE
    for other in statements(text):
        words = _WORD.findall(other.casefold())
        matcher = difflib.SequenceMatcher(None, wanted, words, autojunk=False)
        if matcher.real_quick_ratio() > ratio and matcher.quick_ratio() > ratio:
            now = matcher.ratio()
            if now > ratio:
                best, ratio = other, now
    return best


def _content(text: str) -> set[str]:
    return {w[:5] for w in _WORD.findall(text.casefold()) if w not in _FORM and len(w) > 2}
