"""Yes and no: the polarity of a sentence, by its negations."""

from __future__ import annotations

import re

_NEGATIONS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|nowhere|without|cannot|unable|lacks?|lacking"
    r"|fail(?:s|ed)? to|refus(?:e|es|ed)|declin(?:e|es|ed)|except|excluding|excludes?|excluded"
    r"|prohibit(?:s|ed)?|forbid(?:s|den)?|bann?ed|bans?|barred|disallow(?:s|ed)?|den(?:y|ies|ied)"
    r"|disabled|disqualified|revoked|abolished|discontinued|suspended|exempt|ineligible"
    r"|impermissible|unavailable|unpaid|unlimited|optional|voluntary|invalid|impossible"
    r"|nonrefundable|uninsured|uncovered"
    r"|unauthori[sz]ed|unacceptable|unnecessary|illegal|unlawful|incorrect|untrue|false|closed"
    r"|nicht|kein(?:e[nmrs]?)?|niemals|nie|ohne|verboten|jamais|aucun|interdit|nunca|sin|prohibido"
    r"|ne(?=\s\w+\spas))\b"
    r"|\w+n['\u2019]t\b|\bnon-(?=\w)|\bno longer\b",
    re.IGNORECASE,
)  # fmt: skip
_NOT_NEGATIONS = re.compile(
    r"\bnot only\b|\bno later than\b|\bnot later than\b|\bno (?:more|less|fewer|longer) than\b"
    r"|\bno doubt\b"
    r"|\bno matter\b|\bnot (?:more|less|fewer|longer) than\b|\bnothing (?:more|less)\b"
    r"|\bwhether or not\b|\bif not\b|\bno\.\s?\d|\bdo not hesitate\b|\bno problem\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|true|correct|right|indeed|affirmative|certainly|of course|absolutely"
    r"|ja|oui|sí|sì|sim)\b(?!\s+(?:or|oder)\b)",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|nope|false|incorrect|wrong|negative|nein|non|não|nee|nej)\b"
    r"(?!\s+(?:later|more|less|fewer|longer|one|doubt|matter|problem)\b)"
    r"|^\W*not (?:at all|really|exactly|any ?more)\b",
    re.IGNORECASE,
)
_ALONE = re.compile(r"^\W*(?:1|0|y|n|t|f|on|off|enabled|disabled)\W*$", re.IGNORECASE)
_BARE_PREFIXES = ("non-", "non", "un", "in", "im", "il", "ir", "dis")


def negations(text: str) -> list[tuple[int, int]]:
    """Return the spans of the words that negate."""
    exempt = [match.span() for match in _NOT_NEGATIONS.finditer(text)]
    return [
        match.span()
        for match in _NEGATIONS.finditer(text)
        if not any(a <= match.start() < b for a, b in exempt)
    ]


def is_negative(sentence: str) -> bool:
    """Say whether a sentence denies: an odd number of negations."""
    return len(negations(sentence)) % 2 == 1


def outright(text: str) -> bool | None:
    """Return what a text says that begins with yes or no, or is nothing but such a word."""
    alone = _ALONE.match(text)
    if alone:
        return alone.group().strip(" .!").lower() in ("1", "y", "t", "on", "enabled")
    if _YES.match(text):
        return True
    if _NO.match(text):
        return False
    return None


def answer_in(sentence: str, question: str = "") -> bool:
    """Return the yes or no that a sentence gives to a question.

    A sentence that denies what the question does not, or the other way round, says no.
    """
    said = outright(sentence)
    if said is not None:
        return said
    return is_negative(sentence) == is_negative(question)


def unnegated(word: str, known: frozenset[str]) -> str | None:
    """Return what a word like "ineligible" negates, where that word is known."""
    for prefix in _BARE_PREFIXES:
        if word.startswith(prefix) and word[len(prefix) :] in known:
            return word[len(prefix) :]
    return None
