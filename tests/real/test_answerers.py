"""Answerers over HTTP: the protocol against a real server program, and every fault."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ingestd.backends.http.answerers import (
    Application,
    ApplicationAnswerer,
    ChatAnswerer,
    ChatEndpoint,
)
from ingestd.backends.http.client import Patience
from ingestd.config.schema import DEFAULT_PROMPT
from ingestd.model.answer import Asking

from . import command, servers

pytestmark = pytest.mark.real
ASKED = [Asking("How many days?")]


def chat(base: str, *, seconds: float = 5.0, retries: int = 2) -> ChatAnswerer:
    endpoint = ChatEndpoint(base, "m", DEFAULT_PROMPT, "k3y", patience=Patience(seconds, retries))
    return ChatAnswerer(endpoint, lambda askings: [[] for _ in askings])


def completion(text: str) -> dict[str, object]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}]}


@pytest.mark.timeout(600)
def test_the_protocol_against_a_real_server(tmp_path: Path, models_dir: Path) -> None:
    """`transformers serve` with a tiny random model: it answers, in words that nothing supports."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text("# Leave\n\nA new employee gets 25 days of annual leave.\n")
    with servers.chat_model(tmp_path / "model") as base:
        command.config(
            tmp_path, models_dir, docs,
            f'[freshness]\nanswerer = "openai"\n[freshness.openai]\nbase_url = "{base}"\n'
            f'model = "{tmp_path / "model"}"\ntimeout_seconds = 120.0\nmax_tokens = 12\n',
        )  # fmt: skip
        command.run_json("sync", cwd=tmp_path)
        (tmp_path / "golden.yaml").write_text(
            "- id: leave\n  question: How many days of annual leave does a new employee get?\n"
            "  truth: 25 days\n"
        )
        found = command.run_json("check", cwd=tmp_path, code=4)
        (result,) = found["results"]
        assert result["status"] == "fail", result
        assert result["diagnosis"] in ("ANSWER_DRIFT", "ABSTAINED"), result
        asked = command.run_json("ask", "How many days of annual leave?", cwd=tmp_path)
        assert asked.keys() >= {"question", "answer", "abstained", "citations", "index_version"}


def test_an_answer_is_tried_again_and_then_taken() -> None:
    """After a 429 with Retry-After and a 500; the key goes along, the question in the prompt."""
    seen: list[tuple[str, dict[str, object]]] = []
    steps = [
        servers.says(429, {}, retry_after="1"), servers.says(500, b"oops"),
        servers.says(200, completion("25 days [1]")),
    ]  # fmt: skip

    def reply(handler, body):
        seen.append((handler.headers["authorization"], json.loads(body)))
        steps[len(seen) - 1](handler, body)

    began = time.monotonic()
    with servers.http({"/v1/chat/completions": reply}) as base:
        (answer,) = chat(f"{base}/v1", seconds=20).answer(ASKED)
    assert (answer.text, answer.error) == ("25 days", "")
    assert len(seen) == 3
    assert time.monotonic() - began >= 1
    key, body = seen[0]
    assert (key, body["temperature"], body["model"]) == ("Bearer k3y", 0, "m")
    assert "How many days?" in body["messages"][0]["content"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (servers.says(429, {}, retry_after="9"), "HTTP 429"),
        (servers.says(500, b"x"), "HTTP 500"),
        (servers.says(401, b"x"), "the key is missing or wrong"),
        (servers.slow, "within 2 s"),
        (servers.cut_off, "in the middle of its answer"),
        (servers.says(200, b"<html>"), "answers HTML"),
        (servers.says(200, {"choices": []}), "no choices[0].message.content"),
        (servers.says(200, b"\xff\xfe"), "no JSON"),
    ],
    ids=["429", "500", "401", "slow", "cut-off", "html", "no-choice", "nonsense"],
)
def test_each_fault_is_an_error_of_that_question(reply, said: str) -> None:
    """Never a wrong answer, and never the end of the others."""
    with servers.http({"/v1/chat/completions": reply}) as base:
        (answer,) = chat(f"{base}/v1", seconds=2, retries=1).answer(ASKED)
    assert said in answer.error
    assert "k3y" not in answer.error


@pytest.mark.parametrize("text", ["I do not know.", "I don't know [1]", "", "Unknown"])
def test_declining_is_an_abstention(text: str) -> None:
    """As the prompt asks for it."""
    with servers.http({"/v1/chat/completions": servers.says(200, completion(text))}) as base:
        (answer,) = chat(f"{base}/v1").answer(ASKED)
    assert (answer.abstained, answer.text, answer.error) == (True, "", "")


def test_the_users_own_application() -> None:
    """Its body from a template, whatever the question holds; answer and sources by JSONPath."""
    seen: list[bytes] = []

    def reply(handler, body):
        seen.append(body)
        servers.says(200, {"out": {"text": "25 days", "from": ["leave.md"]}})(handler, body)

    named: list[list[str]] = []

    def cited(paths, asking):
        named.append(list(paths))
        return []

    with servers.http({"/ask": reply, "/bad": servers.says(200, {"out": {}})}) as base:
        own = Application(
            f"{base}/ask", body='{"q": "{question}"}', answer="$.out.text", sources="$.out.from"
        )
        answerer = ApplicationAnswerer(own, lambda askings: [[] for _ in askings], cited)
        (answer,) = answerer.answer([Asking('Is it "25"?\nReally {question}?')])
        assert answer.text == "25 days"
        bad = ApplicationAnswerer(
            Application(f"{base}/bad", answer="$.out.text"),
            lambda askings: [[] for _ in askings],
            cited,
        )
        assert "no text at $.out.text" in bad.answer(ASKED)[0].error
    assert json.loads(seen[0])["q"].startswith('Is it "25"?')
    assert named == [["leave.md"]]
