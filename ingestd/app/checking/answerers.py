"""The answerer that a config chooses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingestd.app.build import System
from ingestd.app.credentials import credential
from ingestd.errors import ConfigError
from ingestd.model.answer import Asking
from ingestd.model.ids import doc_id
from ingestd.model.index import Hit
from ingestd.ports.answerer import Answerer
from ingestd.retrieval.extractive import ExtractiveAnswerer


def extractive(system: System, k: int | None = None) -> ExtractiveAnswerer:
    """Return the answerer that needs nothing but the index."""
    depth = k or system.config.file.freshness.k
    return ExtractiveAnswerer(system.searcher, system.token_vectors, depth)


def chosen(system: System, k: int | None = None) -> Answerer:
    """Return the answerer of the config."""
    section = system.config.file.freshness
    depth = k or section.k

    def retrieve(askings: Sequence[Asking]) -> list[list[Hit]]:
        return system.searcher.search_many(
            [a.question for a in askings], depth, [a.document for a in askings]
        )

    if section.answerer == "extractive":
        return extractive(system, k)
    if section.answerer == "openai":
        from ingestd.backends.http.answerers import ChatAnswerer, ChatEndpoint
        from ingestd.backends.http.client import Patience

        chat = section.openai
        if not chat.model:
            raise ConfigError(
                _missing(system, "freshness.openai.model", "the endpoint's name of a model")
            )
        return ChatAnswerer(
            ChatEndpoint(
                chat.base_url,
                chat.model,
                chat.prompt,
                _key(system, chat.key_file, "freshness.openai.key_file"),
                chat.max_tokens,
                Patience(chat.timeout_seconds, chat.retries),
            ),
            retrieve,
        )
    from ingestd.backends.http.answerers import Application, ApplicationAnswerer
    from ingestd.backends.http.client import Patience

    own = section.http
    if not own.url:
        raise ConfigError(_missing(system, "freshness.http.url", "the address of your application"))

    def cited(paths: Sequence[str], asking: Asking) -> list[Hit]:
        wanted = [
            doc_id(entry.source, entry.path)
            for entry in system.ledger.entries()
            if any(_names(path, entry.source, entry.shown_path) for path in paths)
        ]
        found = system.searcher.search_many([asking.question] * len(wanted), depth, wanted)
        return [hit for hits in found for hit in hits]

    return ApplicationAnswerer(
        Application(
            own.url,
            own.method,
            own.body,
            own.headers,
            own.answer,
            own.sources,
            _key(system, own.key_file, "freshness.http.key_file"),
            Patience(own.timeout_seconds, own.retries),
        ),
        retrieve,
        cited,
    )


def _names(given: str, source: str, path: str) -> bool:
    """Say whether an application means a document: by path, source:path, or an address's end."""
    return given in (path, f"{source}:{path}", f"{source}/{path}") or given.endswith(f"/{path}")


def _key(system: System, name: str, key: str) -> str:
    return credential(system.config, name, key).decode("utf-8").strip() if name else ""


def _missing(system: System, key: str, what: str) -> str:
    return str(system.config.fault(key, f"missing; it is {what}"))


def base_of(golden: Path) -> Path:
    """Return the folder that relative paths in a golden file start at."""
    return golden.absolute().parent
