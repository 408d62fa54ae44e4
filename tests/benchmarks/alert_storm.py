"""A storm: nine receivers that fail in nine ways, a daemon killed again and again, edits."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.model.alert import DeliveryState

from . import facts, harness
from .alert_daemon import clock
from .alert_receivers import FAULTS, SECRET, Letter, Post
from .harness import Figure, at_least, at_most, shown

HOURS = 72
CALM = 0.25
"""The share of the time, at the end, in which every receiver is well."""
DOCUMENTS = 8


def measured(home: Path, life: float, kills: int) -> Iterator[Figure]:
    """Let it storm for `life` seconds, 72 hours of the daemon's clock; then count."""
    posts = {fault: Post(fault) for fault in FAULTS}
    posts["tls"].contexts, trusted = _contexts(home)
    chance = random.Random(7)
    with contextlib.ExitStack() as stack:
        for post in posts.values():
            stack.enter_context(post.open())
        _write(home, posts)
        docs = Documents(home / "docs", chance)
        start = time.time()
        pace = HOURS * 3600 / life
        killed = _stormed(home, docs, posts, chance, Span(start, life, pace, kills), trusted)
        _replay(home, "410")
        docs.settle()
        _calm(home, docs, Span(start, life, pace, kills), trusted)
        yield from _counted(home, posts, docs, killed)


@dataclass(frozen=True)
class Span:
    """When it began, how long it lasts, and how fast its clock is."""

    start: float
    life: float
    pace: float
    kills: int

    @property
    def done(self) -> float:
        """The share that has passed."""
        return (time.time() - self.start) / self.life


class Documents:
    """Documents, each with one fact that is right or wrong."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        folder.mkdir()
        self.folder = folder
        self.wrong: dict[str, bool] = {}
        self._chance = chance
        for number in range(DOCUMENTS):
            self.set(f"{number}.md", wrong=False)

    def set(self, name: str, *, wrong: bool) -> None:
        """Write a document."""
        self.wrong[name] = wrong
        days = 27 if wrong else 25
        office = f"{facts.NAMES[int(name[:-3])]} office"
        (self.folder / name).write_text(
            f"# {office}\n\nIn the {office} an employee gets {days} days of leave.\n"
        )

    def change(self) -> None:
        """Turn one of them over."""
        name = self._chance.choice(list(self.wrong))
        self.set(name, wrong=not self.wrong[name])

    def settle(self) -> None:
        """Leave half of them wrong, so that both last states are there."""
        for number, name in enumerate(self.wrong):
            self.set(name, wrong=number % 2 == 0)


def _write(home: Path, posts: dict[str, Post]) -> None:
    questions = [
        {
            "id": f"leave-{n}",
            "question": f"How many days of leave does one get in the {facts.NAMES[n]} office?",
            "truth": "25 days", "type": "duration", "source": f"docs:{n}.md", "max_lag": "30d",
        }
        for n in range(DOCUMENTS)
    ]  # fmt: skip
    (home / "golden.yaml").write_text(yaml.safe_dump({"questions": questions}))
    (home / "secret").write_text(SECRET)
    receivers = "".join(
        f'[[alerts.receivers]]\nname = "{name.replace(" ", "")}"\nkind = "webhook"\n'
        f'url = "{post.url}"\nsecret_file = "secret"\ntimeout_seconds = 0.5\n'
        for name, post in posts.items()
    )
    (home / "ingestd.toml").write_text(
        f'[embedding]\nmodels_dir = "{harness.MODELS}"\n[freshness]\nschedule = ""\n'
        f'[[sources]]\npath = "docs"\n{receivers}'
    )


def _daemon(home: Path, span: Span, trusted: Path) -> subprocess.Popen[bytes]:
    log = (home / "log").open("ab")
    return subprocess.Popen(
        [
            sys.executable, "-m", "tests.benchmarks.alert_daemon", str(home / "ingestd.toml"),
            str(span.start), str(span.pace),
        ],
        stdout=log, stderr=log, env={**os.environ, "SSL_CERT_FILE": str(trusted)},
    )  # fmt: skip


def _stormed(
    home: Path,
    docs: Documents,
    posts: dict[str, Post],
    chance: random.Random,
    span: Span,
    trusted: Path,
) -> int:
    killed = 0
    storm = 1 - CALM
    daemon = _daemon(home, span, trusted)
    until = time.time() + chance.uniform(0.5, 1.5) * span.life * storm / span.kills
    try:
        while span.done < storm or killed < span.kills:
            if chance.random() < 0.3:
                docs.change()
            for post in posts.values():
                if chance.random() < 0.06:
                    post.fail(failing=not post.failing)
            time.sleep(0.2)
            if time.time() > until:
                daemon.kill()
                daemon.wait()
                killed += 1
                daemon = _daemon(home, span, trusted)
                until = time.time() + chance.uniform(0.5, 1.5) * span.life * storm / span.kills
    finally:
        daemon.kill()
        daemon.wait()
    for post in posts.values():
        post.fail(failing=False)
    return killed


def _calm(home: Path, docs: Documents, span: Span, trusted: Path) -> None:
    """Let the daemon finish what waits, and what half of the documents say."""
    daemon = _daemon(home, span, trusted)
    deadline = time.time() + max(span.life * CALM, 60)
    outbox: SqliteOutbox | None = None
    quiet = 0
    try:
        while quiet < 20:
            time.sleep(0.5)
            outbox = outbox or SqliteOutbox(Database(home / ".ingestd/ledger.db", read_only=True))
            waiting = sum(c.get(DeliveryState.WAITING, 0) for c in outbox.counts().values())
            quiet = quiet + 1 if not waiting else 0
            if time.time() > deadline:
                break
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=40)


def _replay(home: Path, receiver: str) -> None:
    """What an operator does once the receiver that said 410 is there again."""
    outbox = SqliteOutbox(Database(home / ".ingestd/ledger.db"))
    outbox.replay([], [receiver], clock(time.time(), 1))


def _counted(home: Path, posts: dict[str, Post], docs: Documents, killed: int) -> Iterator[Figure]:
    database = Database(home / ".ingestd/ledger.db", read_only=True)
    rows = database.rows(
        "SELECT d.*, n.content FROM deliveries AS d JOIN notices AS n ON n.id = d.notice_id"
        " ORDER BY d.number"
    )
    by_receiver = {name.replace(" ", ""): post for name, post in posts.items()}
    lost = doubled = disordered = wrong = 0
    for name, post in by_receiver.items():
        mine = [row for row in rows if row["receiver"] == name]
        accepted = {letter.id for letter in post.letters if letter.accepted}
        seen = {letter.id for letter in post.letters if not letter.refused}
        lost += sum(
            row["notice_id"] not in accepted
            if row["state"] != "dropped"
            else row["notice_id"] in seen
            for row in mine
        )
        doubled += _doubled(post.letters)
        disordered += _disordered([row["notice_id"] for row in mine], post.letters)
        wrong += _wrong(post.letters, docs)
    notices = {row["notice_id"] for row in rows}
    letters = sum(len(post.letters) for post in posts.values())
    yield shown("simulated hours", HOURS)
    yield at_least("kill -9 of the daemon", killed, KILLED)
    yield shown("transitions", len(notices))
    yield shown("deliveries, of nine receivers", len(rows))
    yield shown("requests that the receivers have read", letters)
    yield at_most("transitions lost", lost, 0)
    yield at_most("delivered under two ids", doubled, 0)
    yield at_most("out of order within a fingerprint", disordered, 0)
    yield at_most("receivers' last states that are wrong", wrong, 0)


KILLED = 50


def _doubled(letters: list[Letter]) -> int:
    """Count transitions that came under more than one id."""
    ids: dict[tuple[str, str, str], set[str]] = {}
    for letter in letters:
        body = json.loads(letter.body)
        key = (body["data"]["fingerprint"], body["type"], body["timestamp"])
        ids.setdefault(key, set()).add(letter.id)
    return sum(len(names) - 1 for names in ids.values())


def _disordered(order: list[str], letters: list[Letter]) -> int:
    """Count letters that came before one of their fingerprint that was written earlier."""
    place = {name: number for number, name in enumerate(order)}
    last: dict[str, int] = {}
    found = 0
    first = {letter.id: letter for letter in reversed(letters)}
    for letter in letters:
        if first[letter.id] is not letter:
            continue  # Sent again.
        fingerprint = json.loads(letter.body)["data"]["fingerprint"]
        found += place[letter.id] < last.get(fingerprint, -1)
        last[fingerprint] = place[letter.id]
    return found


def _wrong(letters: list[Letter], docs: Documents) -> int:
    """Count documents of which a receiver believes otherwise than is so."""
    last = dict.fromkeys(docs.wrong, "resolved")
    for letter in letters:
        if letter.accepted:
            found = json.loads(letter.body)["data"]
            last[found["labels"]["document"].removeprefix("docs:")] = found["state"]
    return sum((last[name] == "firing") != is_wrong for name, is_wrong in docs.wrong.items())


def _contexts(home: Path) -> tuple[tuple[ssl.SSLContext, ssl.SSLContext], Path]:
    """Make a certificate that the daemon trusts, and one that it does not."""
    made = []
    for name in ("known", "unknown"):
        key, certificate = home / f"{name}.key", home / f"{name}.pem"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key),
                "-out", str(certificate), "-days", "2", "-subj", f"/CN={name}",
                "-addext", "subjectAltName=IP:127.0.0.1",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        made.append(context)
    return (made[0], made[1]), home / "known.pem"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for figure in measured(Path(scratch), float(sys.argv[1]), int(sys.argv[2])):
            print(figure)
