"""Answerers over HTTP: an OpenAI-compatible chat endpoint, and the user's own application."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import jsonpath

from ingestd.backends.http import client
from ingestd.errors import Unavailable
from ingestd.model.answer import Answer, Asking
from ingestd.model.index import Hit

Retrieve = Callable[[Sequence[Asking]], list[list[Hit]]]
"""Finds the passages for questions."""
Cited = Callable[[Sequence[str], Asking], list[Hit]]
"""Finds the passages of documents that an application names."""

_AT_ONCE = 4
_MARK = re.compile(r"\s*\[(\d{1,2})\]")
_DECLINED = re.compile(
    r"^\W*(?:i (?:do not|don['’]t|cannot|can['’]t) (?:know|answer|find|tell)|unknown\b|no answer"
    r"|not (?:stated|found|mentioned|specified)"
    r"|the (?:passages|context|documents?) (?:do|does) not)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """An OpenAI-compatible endpoint and what it is told."""

    base_url: str
    model: str
    prompt: str
    """With {passages} and {question}."""
    key: str = field(default="", repr=False)
    max_tokens: int = 300
    patience: client.Patience = field(default_factory=client.Patience)


class ChatAnswerer:
    """Asks a chat model for an answer from the passages, with citations by number."""

    def __init__(self, endpoint: ChatEndpoint, retrieve: Retrieve) -> None:
        self._endpoint = endpoint
        self._retrieve = retrieve

    def answer(self, askings: Sequence[Asking]) -> list[Answer]:
        """Ask for each question; an endpoint's failure is that question's error."""
        found = self._retrieve(askings)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self._one, askings, found))

    def _one(self, asking: Asking, hits: Sequence[Hit]) -> Answer:
        endpoint = self._endpoint
        context = tuple(hits)
        passages = "\n\n".join(
            f"[{number}] {hit.row.prefix}{hit.row.text}" for number, hit in enumerate(hits, 1)
        )
        # Replaced, not formatted: passages may hold braces.
        said = endpoint.prompt.replace("{question}", asking.question).replace(
            "{passages}", passages
        )
        body = {
            "model": endpoint.model,
            "messages": [{"role": "user", "content": said}],
            "temperature": 0,
            "max_tokens": endpoint.max_tokens,
        }
        headers = {"content-type": "application/json"}
        if endpoint.key:
            headers["authorization"] = f"Bearer {endpoint.key}"
        url = endpoint.base_url.rstrip("/") + "/chat/completions"
        try:
            reply = client.send_json(
                "POST", url, headers=headers, body=json.dumps(body).encode(),
                patience=endpoint.patience,
            )  # fmt: skip
        except Unavailable as error:
            return Answer("", context=context, error=f"answerer: {error}")
        text = _message(reply)
        if text is None:
            return Answer(
                "", context=context,
                error=f"answerer: {client.shown(url)}: no choices[0].message.content in its answer",
            )  # fmt: skip
        cited = [int(n) - 1 for n in _MARK.findall(text) if 0 < int(n) <= len(hits)]
        plain = _MARK.sub("", text).strip()
        if not plain or _DECLINED.match(plain):
            return Answer("", abstained=True, context=context)
        return Answer(plain, context=context, cited=tuple(dict.fromkeys(cited)))


def _message(reply: Any) -> str | None:
    try:
        content = reply["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None
    return content if isinstance(content, str) else None


@dataclass(frozen=True, slots=True)
class Application:
    """The user's own application and where in its answer things stand."""

    url: str
    method: str = "POST"
    body: str = '{"question": "{question}"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: str = "$.answer"
    sources: str = ""
    key: str = field(default="", repr=False)
    patience: client.Patience = field(default_factory=client.Patience)


class ApplicationAnswerer:
    """Asks the application that the users ask."""

    def __init__(self, application: Application, retrieve: Retrieve, cited: Cited) -> None:
        self._application = application
        self._retrieve = retrieve
        self._cited = cited

    def answer(self, askings: Sequence[Asking]) -> list[Answer]:
        """Ask for each question; the passages are those of the documents that it names."""
        found = self._retrieve(askings)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            replies = list(pool.map(self._reply, askings))
        return [
            self._answer(asking, reply, hits)
            for asking, reply, hits in zip(askings, replies, found, strict=True)
        ]

    def _reply(self, asking: Asking) -> Any:
        application = self._application
        # As JSON writes it inside a string: a quote in a question ends none of the body's.
        escaped = json.dumps(asking.question)[1:-1]
        headers = {"content-type": "application/json", **application.headers}
        if application.key:
            headers["authorization"] = f"Bearer {application.key}"
        bare = application.method.upper() in ("GET", "HEAD")
        try:
            return client.send_json(
                application.method.upper(),
                application.url.replace("{question}", _quoted(asking.question)),
                headers=headers,
                body=None if bare else application.body.replace("{question}", escaped).encode(),
                patience=application.patience,
            )
        except Unavailable as error:
            return error

    def _answer(self, asking: Asking, reply: Any, hits: list[Hit]) -> Answer:
        application = self._application
        if isinstance(reply, Unavailable):
            return Answer("", context=tuple(hits), error=f"answerer: {reply}")
        try:
            said = jsonpath.findall(application.answer, reply)
            named = jsonpath.findall(application.sources, reply) if application.sources else []
        except jsonpath.JSONPathError as error:
            return Answer("", context=tuple(hits), error=f"answerer: no JSONPath: {error}")
        texts = [str(one) for one in said if isinstance(one, str | int | float)]
        if not texts:
            return Answer(
                "", context=tuple(hits),
                error=f"answerer: {client.shown(application.url)}: no text at {application.answer}",
            )  # fmt: skip
        paths = [one for one in _flat(named) if isinstance(one, str)]
        own = self._cited(paths, asking) if paths else []
        context = tuple(own or hits)
        text = texts[0].strip()
        if not text or _DECLINED.match(text):
            return Answer("", abstained=True, context=context)
        cited = tuple(range(len(own))) if own else tuple(range(len(hits)))
        return Answer(text, context=context, cited=cited)


def _flat(values: Sequence[Any]) -> list[Any]:
    made: list[Any] = []
    for value in values:
        made += value if isinstance(value, list) else [value]
    return made


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
