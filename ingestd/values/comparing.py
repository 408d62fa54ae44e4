"""Comparing an answer with a truth by the truth's type; every comparison says its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from ingestd.model.golden import ValueType
from ingestd.values import polarity, reading, texts
from ingestd.values.differences import comparable, differs
from ingestd.values.kinds import Amount, Answered, Found, Unreadable, Value
from ingestd.values.tolerance import Tolerance

_PATTERN_SECONDS = 1.0
_LEFT_BEHIND = re.compile(
    r"\b(?:not|instead of|rather than|no longer|previously|formerly|earlier|used to be|was|were"
    r"|up from|down from|(?:raised|increased|changed|reduced|lowered|cut) from|replac(?:es|ing)"
    r"|unlike|statt|nicht|bisher)"
    r"\s+(?:an?\s+|the\s+)?(?:up to\s+)?$",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*(?:[,;\n•|]|\s(?:and|or|und|oder|et|ou|y|o|&)\s)\s*(?:and\s|or\s)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether an answer is the truth, and why."""

    equal: bool
    reason: str


def compare(
    truth: str | Sequence[str],
    answer: str,
    kind: ValueType,
    *,
    tolerance: Tolerance | None = None,
    locale: str = "en",
    question: str = "",
) -> Comparison:
    """Compare; `truth` is several texts for `one_of` and `set`. Raises Unreadable for the truth."""
    several = [truth] if isinstance(truth, str) else list(truth)
    allowed = tolerance or Tolerance()
    if not answer.strip():
        return Comparison(equal=False, reason="there is no answer")
    match kind:
        case ValueType.BOOLEAN:
            return _boolean(several[0], answer, locale, question)
        case ValueType.TEXT:
            return _text(several[0], answer, locale, question)
        case ValueType.REGEX:
            return _pattern(several[0], answer)
        case ValueType.ONE_OF:
            return _one_of(several, answer, locale, question)
        case ValueType.SET:
            return _set(several, answer, locale, question)
        case _:
            return _typed(several[0], answer, kind, allowed, locale, question)


def _typed(
    truth: str, answer: str, kind: ValueType, allowed: Tolerance, locale: str, question: str
) -> Comparison:
    wanted = reading.read(truth, kind, locale)
    said = _said(wanted, answer, kind, locale, question)
    if said is None:
        return Comparison(equal=False, reason=f"the answer says no {kind.value}")
    value, shown = said
    difference = differs(wanted, value, allowed)
    if difference:
        return Comparison(
            equal=False, reason=f"the answer says {shown}, the truth is {truth}: {difference}"
        )
    return Comparison(equal=True, reason=f"{shown} is {truth}")


def _said(
    wanted: Value, answer: str, kind: ValueType, locale: str, question: str
) -> tuple[Value, str] | None:
    """Return the value that an answer gives, and its words: the first that is not left behind."""
    try:
        return _with_unit_of(wanted, reading.read(answer, kind, locale), question), answer.strip()
    except Unreadable:
        pass
    values = reading.found(answer, kind, locale)
    kept = [f for f in values if not _LEFT_BEHIND.search(answer[max(0, f.start - 40) : f.start])]
    several = kept or values
    like = [f for f in several if comparable(wanted, f.value)] or several
    if not like:
        return None
    first = like[0]
    return first.value, answer[first.start : first.end].strip()


def _with_unit_of(wanted: Value, value: Value, question: str) -> Value:
    """Give a bare number the truth's unit where the question itself names it."""
    if (
        isinstance(wanted, Amount)
        and isinstance(value, Amount)
        and wanted.units
        and not value.units
        and question
        and any(unit.casefold().lstrip("#") in question.casefold() for unit in _names(wanted.units))
    ):
        return Amount(value.low, value.high, wanted.units, value.bound)
    return value


def _names(units: frozenset[str]) -> list[str]:
    further = {
        "EUR": ["€", "euro"], "USD": ["$", "dollar"], "GBP": ["£", "pound"],
        "percent": ["percent", "per cent", "%"], "degree_Celsius": ["celsius", "°c", "degrees"],
    }  # fmt: skip
    return [name for unit in units for name in (unit, *further.get(unit, ()))]


def _boolean(truth: str, answer: str, locale: str, question: str) -> Comparison:
    wanted = reading.read(truth, ValueType.BOOLEAN, locale)
    said = polarity.answer_in(answer, question)
    equal = isinstance(wanted, Answered) and wanted.yes == said
    word = "yes" if said else "no"
    return Comparison(equal, f"the answer says {word}, the truth is {truth}")


def _text(truth: str, answer: str, locale: str, question: str) -> Comparison:
    found = texts.likeness(truth, answer, locale, question)
    return Comparison(found.same, found.why)


def _pattern(truth: str, answer: str) -> Comparison:
    try:
        matched = regex.search(truth, answer, timeout=_PATTERN_SECONDS)
    except regex.error as error:
        raise Unreadable(f"{truth!r} is no regular expression: {error}") from error
    except TimeoutError as error:
        raise Unreadable(f"{truth!r} takes longer than {_PATTERN_SECONDS:g} s") from error
    return Comparison(
        bool(matched), "the pattern matches" if matched else "the pattern does not match"
    )


def _one_of(truths: Sequence[str], answer: str, locale: str, question: str) -> Comparison:
    for truth in truths:
        if _item(truth, answer, locale, question):
            return Comparison(equal=True, reason=f"it is {truth!r}")
    return Comparison(equal=False, reason=f"it is none of {', '.join(truths)}")


def _set(truths: Sequence[str], answer: str, locale: str, question: str) -> Comparison:
    items = [part for part in _SPLIT.split(answer.strip().rstrip(".")) if part.strip()]
    missing = [t for t in truths if not _somewhere(t, answer, items, locale, question)]
    if missing:
        return Comparison(equal=False, reason=f"missing: {', '.join(missing)}")
    if len(items) > len(truths):
        further = [
            i for i in items if not any(_somewhere(t, i, [i], locale, question) for t in truths)
        ]
        if further:
            return Comparison(equal=False, reason=f"not in the truth: {', '.join(further)}")
    return Comparison(equal=True, reason=f"all {len(truths)}, and no other")


def _somewhere(truth: str, answer: str, items: Sequence[str], locale: str, question: str) -> bool:
    wanted = texts.normalised(truth)
    return any(_item(truth, item, locale, question) for item in items) or (
        f" {wanted} " in f" {texts.normalised(answer)} " and not polarity.is_negative(answer)
    )


def _item(truth: str, answer: str, locale: str, question: str) -> bool:
    kind = inferred(truth, locale)
    if kind in (ValueType.TEXT, ValueType.BOOLEAN):
        return texts.likeness(truth, answer, locale, question).same
    return _typed(truth, answer, kind, Tolerance(), locale, question).equal


_ORDER = (
    ValueType.CURRENCY, ValueType.PERCENT, ValueType.DURATION, ValueType.DATE, ValueType.VERSION,
    ValueType.NUMBER, ValueType.QUANTITY,
)  # fmt: skip


def inferred(truth: str, locale: str) -> ValueType:
    """Return the narrowest type that a truth is a value of, text where it is none."""
    plain = truth.strip().rstrip(".")
    if plain.casefold() in ("yes", "no", "true", "false"):
        return ValueType.BOOLEAN
    for kind in _ORDER:
        values = reading.found(plain, kind, locale)
        if len(values) == 1 and values[0].start == 0 and values[0].end == len(plain):
            if kind is ValueType.VERSION and plain.count(".") == 1 and plain[0].isdigit():
                continue  # 3.11 is a number unless its question says otherwise
            return kind
    return ValueType.TEXT


def values_in(text: str, kind: ValueType, locale: str) -> list[Found]:
    """Return the values of a type in a text, those that it leaves behind ("not 5") left out."""
    several = reading.found(text, kind, locale)
    return [f for f in several if not _LEFT_BEHIND.search(text[max(0, f.start - 40) : f.start])]
