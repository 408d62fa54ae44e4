"""Keeping unstructured offline and light: no model fetched, no analytics, nothing loaded unused."""

from __future__ import annotations

import importlib
import os
import sys
import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ingestd.backends.unstructured import guessing


def settle() -> None:
    """Prepare the process; called before the first import of unstructured."""
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["SCARF_NO_ANALYTICS"] = "true"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"
    # With spaCy's English model installed the guesses would be others, and so would the index.
    _put(guessing.module("unstructured.nlp.tokenize"))
    words = ModuleType("unstructured.nlp.english_words")
    vars(words)["ENGLISH_WORDS"] = frozenset()  # Asked for English alone, like the tags.
    _put(words)
    _postpone("iso639")  # Languages are told to unstructured, never looked up: 0.2 s for nothing.
    # Of its second parser of HTML, which is not asked for here; 0.4 s.
    _when_called(
        "unstructured.partition.html.transformations",
        "parse_html_to_ontology", "ontology_to_unstructured_elements",
    )  # fmt: skip
    _with_punctuation_later()


def _put(module: ModuleType) -> None:
    sys.modules.setdefault(module.__name__, module)


def _postpone(name: str) -> None:
    """Let a module be loaded at its first use instead of its import."""
    if name in sys.modules:
        return
    standing_in = ModuleType(name)

    def load(attribute: str) -> Any:
        return getattr(_real(standing_in), attribute)

    # importlib's LazyLoader loads at the next import already: that looks at the module's spec.
    vars(standing_in)["__getattr__"] = load
    sys.modules[name] = standing_in


def _real(standing_in: ModuleType) -> ModuleType:
    """Load the module that another stands in for."""
    name = standing_in.__name__
    if sys.modules.get(name) is standing_in:
        del sys.modules[name]
    return importlib.import_module(name)


def _when_called(name: str, *functions: str) -> None:
    """Let a module of functions be loaded when one of them is called."""
    standing_in = ModuleType(name)

    def calling(function: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            return getattr(_real(standing_in), function)(*args, **more)

        return call

    vars(standing_in).update({function: calling(function) for function in functions})
    _put(standing_in)


def _with_punctuation_later() -> None:
    """Import unstructured's cleaners; they look for punctuation in all of Unicode first, 0.4 s."""
    import unstructured.file_utils.encoding
    import unstructured.nlp.patterns  # noqa: F401 (both before, with all of Unicode)

    most = sys.maxunicode
    sys.maxunicode = 0
    try:
        from unstructured.cleaners import core
    finally:
        sys.maxunicode = most
    core.tbl = Punctuation(core.tbl)


class Punctuation(dict[int, int | None]):
    """A table for `str.translate` that takes all punctuation out, made as characters come by."""

    def __missing__(self, point: int) -> int | None:
        """Look a character up."""
        is_one = unicodedata.category(chr(point)).startswith("P")
        return self.setdefault(point, None if is_one else point)
