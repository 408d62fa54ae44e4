"""Truths at HTTP endpoints: one value of a JSON document, by JSONPath (RFC 9535)."""

from __future__ import annotations

import jsonpath

from ingestd.backends.http import client
from ingestd.errors import Unavailable
from ingestd.model.check import TruthReading
from ingestd.model.golden import HttpValue, Truth


class HttpTruth:
    """Asks an endpoint."""

    def __init__(self, patience: client.Patience) -> None:
        self._patience = patience

    def read(self, truth: Truth) -> TruthReading:
        """Read the value; several where the path matches several."""
        if not isinstance(truth, HttpValue):
            raise TypeError("an HTTP truth")
        try:
            found = client.send_json(
                "GET", truth.url, headers={"accept": "application/json", **dict(truth.headers)},
                patience=self._patience,
            )  # fmt: skip
        except Unavailable as error:
            return TruthReading(error=f"truth: {error}")
        return values_at(found, truth.path, client.shown(truth.url))


def values_at(document: object, path: str, where: str) -> TruthReading:
    """Return what a JSONPath matches in a document."""
    try:
        matched = jsonpath.findall(path, document)
    except jsonpath.JSONPathError as error:
        return TruthReading(error=f"truth: {path!r} is no JSONPath: {error}")
    texts = [text for one in matched if (text := as_text(one)) is not None]
    if not texts:
        return TruthReading(
            error=f"truth: {where}: nothing but objects, or nothing at all, at {path}"
        )
    return TruthReading(tuple(texts))


def as_text(value: object) -> str | None:
    """Write a JSON scalar as a truth is written; nothing for lists and objects."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case _:
            return None
