"""spaCy pipelines that find names, loaded from a folder of the user's; in the child alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingestd.model.finding import Finding

_LONGEST = 100_000


class SpacyRecognizer:
    """A pipeline's entities, those of its labels that the policy names."""

    def __init__(self, path: str, labels: Mapping[str, str]) -> None:
        import spacy

        self._pipeline = spacy.load(path)
        self._labels = dict(labels)

    def find(self, text: str) -> Iterator[Finding]:
        """Yield entities; a long text is read in pieces that end at line breaks."""
        for start, piece in pieces(text):
            for entity in self._pipeline(piece).ents:
                if entity.label_ in self._labels:
                    yield Finding(
                        start + entity.start_char,
                        start + entity.end_char,
                        self._labels[entity.label_],
                        0.85,
                    )


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text where lines end, into pieces that a pipeline's memory can hold."""
    start = 0
    while start < len(text):
        end = start + _LONGEST
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield start, text[start:end]
        start = end
