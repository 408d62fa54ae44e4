"""How well statements match a question, by the embedder's own token vectors."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ingestd.model.ids import EmbedKey
from ingestd.model.index import Passage, Vector
from ingestd.ports.embedder import Embedder
from ingestd.ports.tokens import TokenSpans
from ingestd.retrieval.statements import Statement

_KEPT = 1024
"""Passages; about 100 MB."""
_CONTEXT = 0.85
"""What a match in the heading counts, beside one in the statement itself."""
_REACH = 60.0
"""Characters over which a question's word near a value loses most of its say."""
_WORDS = re.compile(r"\w+")
_EMPTY_WORDS = frozenset(
    "a an the is are was were be been do does did has have had how many much what which "
    "who whom whose when where why long often far old of in on at to for from by with "
    "about as and or not can could may might must should shall will would i you he she it "
    "we they me my your his her its our their this that these those there any some ? . , "
    "' s".split()
)


_Key = tuple[EmbedKey | None, str]
"""A passage's embed key and text; None and the text for a question."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's token vectors, special ones left out, and where the tokens stand."""

    vectors: Vector
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]


class TokenVectors:
    """Token vectors of passages, the last used ones kept."""

    def __init__(self, embedder: Embedder, spans: TokenSpans, kept: int = _KEPT) -> None:
        self._embedder = embedder
        self._spans = spans
        self._size = kept
        self._kept: OrderedDict[_Key, Tokens] = OrderedDict()

    def of_rows(self, rows: Sequence[Passage]) -> list[Tokens]:
        """Return passages' tokens; offsets count from the text, negative ones lie in the prefix."""
        # The text is part of the key: what a stricter policy masks on the way out reads otherwise.
        wanted: dict[_Key, str] = {(row.embed_key, row.text): row.prefix + row.text for row in rows}
        found = self._of(wanted)
        made = []
        for row in rows:
            tokens, shift = found[row.embed_key, row.text], len(row.prefix)
            made.append(Tokens(tokens.vectors, tokens.starts - shift, tokens.ends - shift))
        return made

    def of_texts(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of questions."""
        found = self._of({(None, text): text for text in texts})
        return [found[None, text] for text in texts]

    def forget(self) -> None:
        """Keep nothing any more."""
        self._kept.clear()

    def _of(self, wanted: Mapping[_Key, str]) -> dict[_Key, Tokens]:
        missing = {key: text for key, text in wanted.items() if key not in self._kept}
        if missing:
            for key, tokens in zip(missing, self._tokens(list(missing.values())), strict=True):
                is_passage = key[0] is not None
                half = replace(tokens, vectors=tokens.vectors.astype(np.float16))
                self._kept[key] = half if is_passage else tokens
        found = {key: self._kept[key] for key in wanted}
        for key in wanted:
            self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return found

    def _tokens(self, texts: Sequence[str]) -> list[Tokens]:
        vectors = self._embedder.embed_tokens(texts)
        made = []
        for own, spans in zip(vectors, self._spans.spans(texts), strict=True):
            places = np.asarray(spans, dtype=np.int32).reshape(-1, 2)[: len(own)]
            real = places[:, 1] > places[:, 0]
            made.append(Tokens(own[: len(places)][real], places[real, 0], places[real, 1]))
        return made


@dataclass(frozen=True, slots=True)
class Match:
    """How a statement meets each token of a question."""

    best: npt.NDArray[np.float32]
    """Shape (question tokens,): the best cosine in the statement or, less, its heading."""


def matches(question: Tokens, passage: Tokens, several: Sequence[Statement]) -> list[Match]:
    """Match every statement of a passage with a question."""
    if not len(question.vectors) or not len(passage.vectors):
        return [Match(np.zeros(len(question.vectors), dtype=np.float32)) for _ in several]
    cosines = question.vectors @ passage.vectors.astype(np.float32).T
    above = passage.starts < 0
    made = []
    for statement in several:
        own = (passage.starts >= statement.start) & (passage.ends <= statement.end)
        context = above.copy()
        if statement.heading is not None:
            context |= (passage.starts >= statement.heading[0]) & (
                passage.ends <= statement.heading[1]
            )
        made.append(
            Match(np.maximum(_highest(cosines, own), _CONTEXT * _highest(cosines, context)))
        )
    return made


def weights(text: str, question: Tokens) -> npt.NDArray[np.float32]:
    """Weigh a question's tokens: its words of content, those of form hardly."""
    made = np.full(len(question.starts), 1.0, dtype=np.float32)
    for index, (start, end) in enumerate(zip(question.starts, question.ends, strict=True)):
        word = _word_around(text, int(start), int(end)).casefold()
        if word in _EMPTY_WORDS or not any(c.isalnum() for c in word):
            made[index] = 0.15
    return made


def near(
    question: Tokens,
    weight: npt.NDArray[np.float32],
    passage: Tokens,
    statement: Statement,
    center: float,
) -> float:
    """Score a place of a statement by what of the question stands close to it; offset `center`."""
    inside = (passage.starts >= statement.start) & (passage.ends <= statement.end)
    if not inside.any() or not len(question.vectors):
        return 0.0
    distance = np.abs((passage.starts[inside] + passage.ends[inside]) / 2 - center)
    cosines = question.vectors @ passage.vectors[inside].astype(np.float32).T
    close = (cosines * np.exp(-distance / _REACH)[None, :]).max(axis=1)
    return float((close * weight).sum() / max(float(weight.sum()), 1e-6))


def _highest(
    cosines: npt.NDArray[np.float32], chosen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    if not chosen.any():
        return np.zeros(len(cosines), dtype=np.float32)
    return np.asarray(cosines[:, chosen].max(axis=1), dtype=np.float32)


def _word_around(text: str, start: int, end: int) -> str:
    for match in _WORDS.finditer(text):
        if match.start() <= start and end <= match.end():
            return match.group()
    return text[start:end]
