"""Keeping unstructured offline and light: no model fetched, no analytics, nothing loaded unused."""

from __future__ import annotations

import importlib
import os
import sys
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


def _put(module: ModuleType) -> None:
    sys.modules.setdefault(module.__name__, module)


def _postpone(name: str) -> None:
    """Let a module be loaded at its first use instead of its import."""
    if name in sys.modules:
        return
    standing_in = ModuleType(name)

    def load(attribute: str) -> Any:
        if sys.modules.get(name) is standing_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    # importlib's LazyLoader loads at the next import already: that looks at the module's spec.
    vars(standing_in)["__getattr__"] = load
    sys.modules[name] = standing_in
