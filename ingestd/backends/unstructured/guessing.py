"""What unstructured guesses a text's kind by: its words and sentences, without spaCy.

unstructured asks three functions whether bare text is a title or a narrative, and reads neither
from the answer here but in English, which it is never told. They stand in for its module of the
same functions, whose import brings spaCy, and downloads a model where none is installed.
"""

from __future__ import annotations

import re
from types import ModuleType

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_SENTENCE = re.compile(r"\S.*?(?:[.!?…。！？][\"'”’)\]]*(?=\s|\Z)|\Z)", re.DOTALL)


def module(name: str) -> ModuleType:
    """Return a module under that name with unstructured's three functions."""
    made = ModuleType(name, __doc__)
    vars(made).update(
        sent_tokenize=sent_tokenize, word_tokenize=word_tokenize, pos_tag=pos_tag
    )  # fmt: skip
    return made


def sent_tokenize(text: str) -> list[str]:
    """Cut a text behind the marks that end sentences."""
    return _SENTENCE.findall(text)


def word_tokenize(text: str) -> list[str]:
    """Cut a text into words and marks."""
    return _WORD.findall(text)


def pos_tag(text: str) -> list[tuple[str, str]]:
    """Tag no word: asked for English alone."""
    return [(word, "") for word in word_tokenize(text)]
