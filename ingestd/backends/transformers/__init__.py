"""Token classifiers that find names, loaded from the user's folder; in the child alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestd.model.finding import Finding

_OVERLAP = 32
"""Tokens that two windows share, so that a name at the edge of one stands inside the other."""


class TransformersRecognizer:
    """A classifier's entities, those of its labels that the policy names."""

    def __init__(self, path: str, labels: Mapping[str, str], threshold: float) -> None:
        import torch
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        torch.set_num_threads(1)  # One child a core.
        self._torch = torch
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self._model: Any = AutoModelForTokenClassification.from_pretrained(
            path, local_files_only=True
        ).eval()
        self._names: dict[int, str] = self._model.config.id2label
        self._labels = dict(labels)
        self._threshold = threshold
        longest = min(
            self._tokenizer.model_max_length,
            getattr(self._model.config, "max_position_embeddings", 512),
            512,
        )
        self._window = longest

    def find(self, text: str) -> Iterator[Finding]:
        """Yield entities: runs of tokens of one label, each as sure as its least sure token."""
        encoded = self._tokenizer(
            text,
            return_offsets_mapping=True,
            return_overflowing_tokens=True,
            truncation=True,
            max_length=self._window,
            stride=min(_OVERLAP, self._window // 4),
        )
        for ids, mask, offsets in zip(
            encoded["input_ids"], encoded["attention_mask"], encoded["offset_mapping"], strict=True
        ):
            with self._torch.inference_mode():
                logits = self._model(
                    input_ids=self._torch.tensor([ids]), attention_mask=self._torch.tensor([mask])
                ).logits[0]
            scores, best = logits.softmax(-1).max(-1)
            yield from self._runs(offsets, best.tolist(), scores.tolist())

    def _runs(
        self, offsets: list[tuple[int, int]], best: list[int], scores: list[float]
    ) -> Iterator[Finding]:
        open_run: Finding | None = None
        for (start, end), label, score in zip(offsets, best, scores, strict=True):
            if start == end:
                continue
            name = self._names[label]
            begins = name.startswith("B-")
            entity = self._labels.get(name.removeprefix("B-").removeprefix("I-"))
            if entity is not None and score < self._threshold:
                entity = None
            if open_run is not None and entity == open_run.entity_type and not begins:
                open_run = Finding(open_run.start, end, entity, min(open_run.score, score))
                continue
            if open_run is not None:
                yield open_run
            open_run = Finding(start, end, entity, score) if entity is not None else None
        if open_run is not None:
            yield open_run
