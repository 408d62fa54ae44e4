"""Kill -9 at random and at named points, while eight writers edit: the index after each restart.

KILLS=1000 sets how many (100 otherwise); SEED, which.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingestd.app.build import System
from ingestd.backends.lancedb import generations
from ingestd.backends.lancedb.store import LanceStore
from ingestd.backends.memory.dry import NoEmbedder
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.backends.memory.store import MemoryStore
from ingestd.config import loading
from ingestd.model.parsing import ParseOutcome, ParseRequest
from ingestd.ports.parser import Parser

from . import harness
from .harness import Figure, at_least, at_most, shown
from .kill_points import POINTS

WRITERS = 8
_MOST = 8
"""Documents of one writer."""
_SECONDS = 90.0
Rows = dict[str, tuple[str, int, int, str]]


@dataclass
class Tally:
    """What the campaign counts."""

    kills: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    foreign: int = 0
    twice: int = 0
    unsound: int = 0
    recoveries: list[float] = field(default_factory=list)


def run() -> Iterator[Figure]:
    """Kill, start again, compare; so many times."""
    count = int(os.environ.get("KILLS", "100"))
    chance = random.Random(int(os.environ.get("SEED", "6")))
    with tempfile.TemporaryDirectory() as scratch:
        tally = campaign(Path(scratch), count, chance)
    yield at_least("kills", tally.kills.total(), count)
    for name, number in sorted(tally.kills.items()):
        yield shown(f"  of them: {name}", number)
    yield at_most("chunks lost after a restart", tally.lost, 0)
    yield at_most("chunks that should not be there", tally.foreign, 0)
    yield at_most("chunks there twice", tally.twice, 0)
    yield at_most("rows not as they were written", tally.unsound, 0)
    recoveries = sorted(tally.recoveries)
    yield shown("start until the index is right, median", recoveries[len(recoveries) // 2], "s")
    yield at_most("the same, the longest", recoveries[-1], 10, "s")


def campaign(
    home: Path,
    count: int,
    chance: random.Random,
    embedding: str = f'models_dir = "{harness.MODELS}"',
) -> Tally:
    """Kill so many times; return what was found after each restart."""
    docs = home / "docs"
    docs.mkdir()
    config = home / "ingestd.toml"
    config.write_text(
        f'[embedding]\n{embedding}\n[[sources]]\nname = "docs"\n'
        f'path = "{docs}"\n[index]\nhold_documents = 1000000\n'
        "[daemon]\ntidy_minutes = 0.02\nsettle_seconds = 0.1\n",
        encoding="utf-8",
    )
    writers = [Writer(docs, number, random.Random(chance.random())) for number in range(WRITERS)]
    for writer in writers:
        for _ in range(5):
            writer.write()
    expected = System(loading.load(config))
    expected.parser = _Remembering(expected.parser)  # type: ignore[assignment]
    tally = Tally()
    try:
        while tally.kills.total() < count:
            _cycle(home, config, writers, chance, expected, tally)
    finally:
        expected.close()
    return tally


def _cycle(
    home: Path, config: Path, writers: list[Writer], chance: random.Random, expected: System,
    tally: Tally,
) -> None:  # fmt: skip
    began = time.monotonic()
    with daemon(home, config) as process:
        _until(lambda: "pass done" in (home / "log").read_text(), process, home)
        tally.recoveries.append(time.monotonic() - began)
        compare(home / ".ingestd", expected, tally)
        names = ["random", *(name for name in POINTS if name != "switch")]
        name = chance.choice(names)
        if name != "random":
            process.stdin.write(f"{name} {chance.randint(1, 4)}\n")
            process.stdin.flush()
        with at_work(writers):
            try:
                process.wait(chance.uniform(0.1, 2.0) if name == "random" else 4.0)
            except subprocess.TimeoutExpired:
                name = "random"  # That point did not come by: it ends here, wherever it is.
            process.kill()
            process.wait()
    tally.kills[name] += 1
    if tally.kills.total() % 25 == 0:
        print(f"  {tally}", file=sys.stderr, flush=True)
    if chance.random() < 0.08:
        _kill_reindex(home, config, chance, tally)


def _kill_reindex(home: Path, config: Path, chance: random.Random, tally: Tally) -> None:
    with daemon(home, config, "reindex") as process:
        name = chance.choice(["switch", "commit", "digests", "versions"])
        process.stdin.write(f"{name} {chance.randint(1, 2)}\n")
        process.stdin.flush()
        process.wait(_SECONDS)
        if process.returncode == -signal.SIGKILL:
            tally.kills[f"reindex, {name}"] += 1


@contextmanager
def daemon(home: Path, config: Path, what: str = "daemon") -> Iterator[Any]:
    """Run the daemon, or a reindex, until the block ends."""
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.kill_daemon", str(config), what],
            cwd=harness.ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdin.close()


def compare(state: Path, expected: System, tally: Tally) -> None:
    """Hold the index against one made from scratch of what lies on disk."""
    wanted = from_scratch(expected)
    current = generations.current(state)
    assert current is not None
    store = LanceStore(current)
    found: Rows = {}
    for rows in store.all_rows():
        for row in rows:
            tally.twice += row.chunk_id in found
            found[row.chunk_id] = (row.path, row.start, row.end, row.text)
    tally.lost += sum(found.get(key) != row for key, row in wanted.items())
    tally.foreign += len(found.keys() - wanted.keys())
    from ingestd.backends.lancedb import salvage

    tally.unsound += sum(len(p.damaged) + p.unread for p in salvage.chunks(store))


def from_scratch(system: System) -> Rows:
    """Parse, redact and cut everything anew, in memory; vectors are not compared here."""
    ledger, store = MemoryLedger(), MemoryStore()
    plan = system.planner(ledger, store).plan(system.config.sources, system.now())
    executor = system.executor(ledger, store, NoEmbedder(system.model.dimensions))  # type: ignore[arg-type]
    for _ in executor.run(plan):
        pass
    return {
        row.chunk_id: (row.path, row.start, row.end, row.text)
        for rows in store.all_rows()
        for row in rows
    }


class _Remembering:
    """A parser that reads no content twice: a page is the same however often it is compared."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._known: dict[str, ParseOutcome] = {}

    def parse(self, requests: Iterable[ParseRequest]) -> Iterator[ParseOutcome]:
        """Yield an outcome for every request."""
        fresh: list[ParseRequest] = []
        for request in requests:
            with open(request.file, "rb") as stream:
                known = self._known.get(hashlib.file_digest(stream, "sha256").hexdigest())
            if known is None:
                fresh.append(request)
            else:
                yield replace(known, request=request)
        for outcome in self._parser.parse(fresh):
            if outcome.fingerprint is not None:
                self._known[outcome.fingerprint.content_hash] = outcome
            yield outcome

    def close(self) -> None:
        """End what parses."""
        self._parser.close()  # type: ignore[attr-defined]


def _until(holds: Any, process: Any, home: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert process.poll() is None, (home / "log").read_text()
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.02)


@contextmanager
def at_work(writers: list[Writer]) -> Iterator[None]:
    """Let the writers write while the block runs."""
    stop = threading.Event()

    def work(writer: Writer) -> None:
        while not stop.wait(writer.chance.uniform(0.01, 0.3)):
            writer.write()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


class Writer:
    """Somebody who writes, renames and deletes documents of their own."""

    def __init__(self, docs: Path, number: int, chance: random.Random) -> None:
        self._docs = docs
        self._number = number
        self.chance = chance
        self._made = 0

    def write(self) -> None:
        """Do one thing."""
        mine = sorted(self._docs.glob(f"w{self._number}-*/*.md"))
        what = self.chance.random()
        if len(mine) < 4 or (what < 0.2 and len(mine) < _MOST):
            self._made += 1
            folder = self._docs / f"w{self._number}-{self.chance.randrange(3)}"
            folder.mkdir(exist_ok=True)
            (folder / f"page-{self._made}.md").write_text(self._text())
            return
        path = self.chance.choice(mine)
        if what < 0.65:
            path.write_text(path.read_text() + f"\nPump {self.chance.randrange(10**6)} was seen.\n")
        elif what < 0.8:
            path.write_text(self._text())
        elif what < 0.9:
            path.rename(path.with_name(f"moved-{self.chance.randrange(10**6)}.md"))
        else:
            path.unlink()

    def _text(self) -> str:
        parts = [
            f"## Part {n}\n\n" + f"Valve {self.chance.randrange(500)} holds {n} bar. " * 8
            for n in range(self.chance.randint(1, 4))
        ]
        return "# A page\n\n" + "\n\n".join(parts)
