"""Keeping unstructured offline: no spaCy model fetched, no analytics, no notice."""

from __future__ import annotations

import os
import sys

_NOT_NEEDED = ("torch", "transformers")


def settle(*, torch: bool = False) -> None:
    """Prepare the process; called before the first import of unstructured.

    `torch`: leave torch and transformers to be imported, for a model of the user's.
    """
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["SCARF_NO_ANALYTICS"] = "true"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["UNSTRUCTURED_DISABLE_NOTICE"] = "1"
    # spaCy imports these where it finds them: three seconds and 200 MB for nothing.
    for name in () if torch else _NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    import spacy
    import unstructured.nlp.tokenize as tokenize

    if spacy.util.is_package("en_core_web_sm"):
        return
    # Without its model unstructured downloads one and installs it into site-packages. A blank
    # pipeline costs only its guess of narrative or title for bare text, which is not used here.
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    tokenize._get_nlp = lambda: pipeline
