"""The sixteen causes of a drift, each staged twenty times; which code the check names."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from ingestd.app import passes
from ingestd.app.build import System
from ingestd.app.checking import checks, golden
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.model.check import Diagnosis, Result, Status

from . import harness
from .facts import FILLERS, NAMES
from .harness import Figure, at_least, shown

EACH = 20
_BY_APPLICATION = (Diagnosis.ABSTAINED, Diagnosis.ANSWER_DRIFT, Diagnosis.UNSUPPORTED)


class Case:
    """A document with one sentence, and the question about it."""

    def __init__(self, code: Diagnosis, number: int) -> None:
        index = list(Diagnosis).index(code)
        first, second = NAMES[number], NAMES[(number + index * 2 + 1) % len(NAMES)]
        self.code = code
        self.name = f"{first} {second} {'ABCDEFGHIJKLMNOP'[index]}"
        self.id = f"{code.value.lower()}-{number}"
        self.file = f"{self.id}.md"
        self.value = f"{200 + index * 30 + number} EUR"
        self.other = f"{700 + index * 30 + number} EUR"
        self.sentence = "The deposit of the {name} flat is {value}."
        self.question = f"What is the deposit of the {self.name} flat?"
        self.type = "currency"
        if code is Diagnosis.REDACTION_LOSS:
            self.value = f"{515151500 + number}"
            self.sentence = "The {name} dummy has passport number {value}."
            self.question = f"What is the passport number of the {self.name} dummy?"
            self.type = "text"
        self.truth: Any = self.value
        self.bound = code not in (Diagnosis.INDEX_ORPHAN, Diagnosis.RETRIEVAL_MISS)

    def text(self, value: str = "", sentence: str = "") -> str:
        said = (sentence or self.sentence).format(name=self.name, value=value or self.value)
        filler = FILLERS[len(self.id) % len(FILLERS)]
        return f"# {self.name}\n\n{filler} {said} Ask the desk for the form.\n"

    def entry(self) -> dict[str, Any]:
        made = {"id": self.id, "question": self.question, "truth": self.truth, "type": self.type}
        if self.bound:
            made["source"] = f"docs:{self.file}"
        if self.code is Diagnosis.INDEX_LAG:
            made["max_lag"] = "0s"
        if self.code is Diagnosis.SOURCE_OVERDUE:
            made["pace"] = "7d"
        if self.code is Diagnosis.TRUTH_EXPIRED:
            made["review_after"] = str(date.today() - timedelta(days=1))  # noqa: DTZ011
        return made


def run() -> Iterator[Figure]:
    """Confirm every answer, break each in its way, check again, and compare the codes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        docs = folder / "docs"
        docs.mkdir()
        cases = [Case(code, n) for code in Diagnosis for n in range(EACH)]
        for case in cases:
            (docs / case.file).write_text(case.text(), encoding="utf-8")
            if case.code is Diagnosis.SOURCE_OVERDUE:
                old = time.time() - 10 * 86400
                os.utime(docs / case.file, (old, old))
        stage = _Stage(folder, docs, cases)
        named = stage.play()
    right = 0
    for code in Diagnosis:
        mine = [named.get(case.id) for case in cases if case.code is code]
        good = sum(one is code for one in mine)
        right += good
        yield shown(code.value, good / EACH)
        for wrong in {str(one) for one in mine if one is not code}:
            print(f"    {code.value}: named {wrong}", flush=True)
    yield at_least("right code, of all", right / len(cases), 0.95)


class _Stage:
    def __init__(self, folder: Path, docs: Path, cases: Sequence[Case]) -> None:
        self.folder, self.docs, self.cases = folder, docs, cases
        self.path = folder / "golden.yaml"
        for case in self.of(Diagnosis.SOURCE_WRONG):
            table = folder / f"{case.id}.csv"
            table.write_text(f"name,deposit\nflat,{case.value}\n", encoding="utf-8")
            case.truth = {"csv": str(table), "column": "deposit"}

    def of(self, *codes: Diagnosis) -> list[Case]:
        return [case for case in self.cases if case.code in codes]

    def play(self) -> dict[str, Diagnosis | None]:
        named: dict[str, Diagnosis | None] = {}
        entities = ["EMAIL_ADDRESS", "PHONE_NUMBER"]
        with self.opened(entities) as (system, history):
            passes.sync(system)
            first = self.check(system, history, self.cases)
            for result in first:
                wanted = next(c.code for c in self.cases if c.id == result.question.id)
                ready = wanted in (Diagnosis.SOURCE_OVERDUE, Diagnosis.TRUTH_EXPIRED)
                if result.status is not Status.PASS and not ready:
                    print(f"    not ready: {result.question.id}: {result.reason}", flush=True)
            self.break_before_sync()
            passes.sync(system)
            self.break_after_sync()
            plain = [c for c in self.cases if c.code not in (*_BY_APPLICATION, *_LATER)]
            named |= {r.question.id: r.diagnosis for r in self.check(system, history, plain)}
        with _application(self.cases) as url:
            section = {"answerer": "http", "url": url}
            with self.opened(entities, application=section) as (system, history):
                some = self.of(*_BY_APPLICATION)
                named |= {r.question.id: r.diagnosis for r in self.check(system, history, some)}
        with self.opened([*entities, "PASSPORT"]) as (system, history):
            some = self.of(Diagnosis.INDEX_CONFIG)
            named |= {r.question.id: r.diagnosis for r in self.check(system, history, some)}
            passes.sync(system)
            some = self.of(Diagnosis.REDACTION_LOSS)
            named |= {r.question.id: r.diagnosis for r in self.check(system, history, some)}
        return named

    @contextmanager
    def opened(
        self, entities: list[str], application: dict[str, str] | None = None
    ) -> Iterator[tuple[System, SqliteHistory]]:
        from ingestd.config.schema import ConfigFile

        default = ConfigFile()
        redaction = default.redaction.model_copy(update={"entities": entities})
        freshness = default.freshness.model_copy(update={"k": 4})
        if application:
            own = freshness.http.model_copy(
                update={"url": application["url"], "sources": "$.sources"}
            )
            freshness = freshness.model_copy(update={"answerer": "http", "http": own})
        with harness.system(
            self.docs, self.folder / "state", redaction=redaction, freshness=freshness
        ) as system:
            yield system, SqliteHistory(Database(system.folder.ledger))

    def check(self, system: System, history: SqliteHistory, cases: Sequence[Case]) -> list[Result]:
        entries = {"questions": [case.entry() for case in cases]}
        self.path.write_text(yaml.safe_dump(entries), encoding="utf-8")
        questions = golden.questions(system, self.path)
        return list(checks.check(system, history, questions, self.path).results)

    def break_before_sync(self) -> None:
        for case in self.of(Diagnosis.SOURCE_MISSING):
            (self.docs / case.file).unlink()
        for case in self.of(Diagnosis.TRUTH_STALE):
            self.write(case, case.text(case.other))
        for case in self.of(Diagnosis.CONFLICT):
            (self.docs / f"copy-of-{case.file}").write_text(case.text(case.other), encoding="utf-8")
        for case in self.of(Diagnosis.EXTRACTION_LOSS):
            self.write(
                case, case.text(sentence="The deposit of the {name} flat is in the picture.")
            )
        for case in self.of(Diagnosis.RETRIEVAL_MISS):
            for number in range(5):
                decoy = f"What is the deposit of the {case.name} flat? Ask desk {number} for it."
                (self.docs / f"decoy-{number}-{case.file}").write_text(
                    f"# {case.name}: the deposit of the flat\n\n{decoy}\n", encoding="utf-8"
                )

    def break_after_sync(self) -> None:
        for case in self.of(Diagnosis.CHECK_ERROR):
            case.truth = {"csv": "nowhere.csv", "column": "deposit"}
        for case in self.of(Diagnosis.INDEX_LAG):
            self.write(case, case.text(case.other))
        for case in self.of(Diagnosis.INDEX_ORPHAN):
            (self.docs / case.file).unlink()
        for case in self.of(Diagnosis.SOURCE_WRONG):
            (self.folder / f"{case.id}.csv").write_text(
                f"name,deposit\nflat,{case.other}\n", encoding="utf-8"
            )

    def write(self, case: Case, text: str) -> None:
        (self.docs / case.file).write_text(text, encoding="utf-8")


_LATER = (Diagnosis.INDEX_CONFIG, Diagnosis.REDACTION_LOSS)


@contextmanager
def _application(cases: Sequence[Case]) -> Iterator[str]:
    """Serve as the user's own application, which answers in three wrong ways."""
    by_question = {case.question: case for case in cases}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["question"]
            case = by_question[asked]
            reply = {
                Diagnosis.ABSTAINED: {"answer": "I do not know.", "sources": []},
                Diagnosis.ANSWER_DRIFT: {"answer": case.other, "sources": [case.file]},
                Diagnosis.UNSUPPORTED: {
                    "answer": case.value, "sources": [cases[0].file],
                },
            }[case.code]  # fmt: skip
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ask"
    finally:
        server.shutdown()
