"""What type of answer a question wants, by its own words."""

from __future__ import annotations

import re

from ingestd.model.golden import ValueType

_TIME = r"(?:seconds|minutes|hours|days|weeks|months|years)"
_WANTED = (
    (ValueType.DURATION, rf"\bhow (?:many|much) (?:\w+ ){{0,2}}{_TIME}\b|\bhow long\b"),
    (ValueType.PERCENT, r"\b(?:what|which|how many) percent(?:age)?\b|\bat what rate\b"),
    (
        ValueType.CURRENCY,
        (
            r"\bhow much (?:\w+ ){0,3}(?:cost|may|can|does|is|do|will|money|pay|paid)\b"
        r"|\bwhat (?:is|are|was) the (?:\w+ ){0,3}(?:price|fee|cost|charge|salary|deposit|fare)\b"
        r"|\bwhat do(?:es)? .{1,60}\bcost\b|\bhow expensive\b"
        ),
    ),
    (ValueType.VERSION, r"\b(?:which|what) version\b"),
    (ValueType.DATE, r"^\W*when\b|\b(?:what|which) (?:date|day|year|month|time)\b|\bby when\b"),
    (ValueType.NUMBER, r"\bhow many\b|\bwhat number of\b"),
    (
        ValueType.BOOLEAN,
        (
            r"^\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|shall|will|has|have)\b"
            r"(?!.*\bor\b)"
        ),
    ),
)  # fmt: skip


def wanted(question: str) -> ValueType:
    """Return the type that a question's words ask for; text where they ask for none."""
    for kind, pattern in _WANTED:
        if re.search(pattern, question, re.IGNORECASE):
            return kind
    return ValueType.TEXT
