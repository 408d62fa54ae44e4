"""What every indexer's process shares: commands on stdin, figures on a descriptor of its own.

Libraries print what they like to stdout. It runs in the indexers' own environments: nothing is
imported here that one of them may lack.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

WINDOW = 256
"""Tokens that the model reads, its special ones included."""


class Indexer(Protocol):
    """A system at work over one folder of documents."""

    def update(self) -> None:
        """Bring the index to what the folder says now; everything is searchable on return."""
        ...

    def rows(self) -> int:
        """Count the rows of the index."""
        ...


class Given:
    """The texts that the embedder was given since the last count."""

    def __init__(self, model: Path) -> None:
        from tokenizers import Tokenizer

        self.texts: list[str] = []
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def take(self, texts: Sequence[str]) -> None:
        """Note some."""
        self.texts += texts

    def watch_encode(self) -> None:
        """Note what sentence-transformers embeds, whoever asks it to."""
        from sentence_transformers import SentenceTransformer

        encode = SentenceTransformer.encode

        def noting(model: Any, sentences: Any, *args: Any, **kwargs: Any) -> Any:
            self.take([sentences] if isinstance(sentences, str) else list(sentences))
            return encode(model, sentences, *args, **kwargs)

        SentenceTransformer.encode = noting

    def counted(self) -> dict[str, int]:
        """Count texts, their tokens, and those beyond the window; then begin anew."""
        sizes = [len(one.ids) for one in self._tokenizer.encode_batch(self.texts)]
        figures = {
            "texts": len(sizes),
            "tokens": sum(sizes),
            "cut": sum(max(size - WINDOW, 0) for size in sizes),
        }
        self.texts = []
        return figures


def serve(made: Callable[[Path, Path, Path, Given], Indexer]) -> None:
    """Make the indexer, say that it is ready, and update it as often as a line comes."""
    docs, scratch, model = map(Path, sys.argv[1:4])
    answers = os.fdopen(int(sys.argv[4]), "w")
    given = Given(model)
    indexer = made(docs, scratch, model, given)
    given.texts = []

    def say(figures: dict[str, Any]) -> None:
        print(json.dumps(figures), file=answers, flush=True)

    say({})
    for command in sys.stdin:
        began = time.perf_counter()
        getattr(indexer, command.strip())()
        seconds = time.perf_counter() - began
        say({"seconds": seconds, **given.counted(), "rows": indexer.rows()})
