"""Sentences: the pieces of a text that say one thing each."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A sentence ends at . ! ? (closing quotes included) before white space and something that can
# begin a sentence, or right after a full stop of a script that writes without spaces.
_SENTENCE_END = re.compile(
    r"""[.!?…]+["'”’»)\]]*(?=\s+["'“‘«(\[<*_]*[^\W_a-z])|[。！？]+["'”’」』)]*""",
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|No|Nos|Art|Sec|Fig|Vol|Inc|Ltd|Co|Corp|vs|etc"
    r"|approx|e\.g|i\.e|cf|al|pp|ca|bzw|Nr|Abs|z\.B)|\b(?:[A-Za-z]\.)+[A-Za-z])\.$"
)


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences in `[start, end)`, which they cover."""
    for match in _SENTENCE_END.finditer(text, start, end):
        if match.group().startswith(".") and _ABBREVIATION.search(
            text, max(start, match.start() - 12), match.start() + 1
        ):
            continue
        yield start, match.end()
        start = match.end()
    yield start, end
