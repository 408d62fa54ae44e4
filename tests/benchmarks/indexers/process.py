"""An indexer's process, from this side."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.benchmarks import harness


@dataclass(frozen=True)
class Update:
    """What one update took."""

    seconds: float
    texts: int
    tokens: int
    """Given to the embedder, before any cut by the model's window."""
    cut: int
    """Of them beyond the window."""
    rows: int


class Process:
    """A started indexer, its model loaded."""

    def __init__(self, process: subprocess.Popen[str], answers: IO[str], log: Path) -> None:
        self._process = process
        self._answers = answers
        self._log = log
        self._answer()

    def update(self, command: str = "update") -> Update:
        """Let it bring its index to what the folder says."""
        assert self._process.stdin
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return Update(**self._answer())

    def _answer(self) -> dict[str, float]:
        line = self._answers.readline()
        if not line:
            raise AssertionError(f"{self._process.args}: ended\n{self._log.read_text()[-3000:]}")
        return json.loads(line)


@contextmanager
def started(python: Path, module: str, docs: Path, scratch: Path, model: Path) -> Iterator[Process]:
    """Start an indexer over a folder; it ends with the block."""
    scratch.mkdir()
    reading, writing = os.pipe()
    command = [
        python, "-m", f"tests.benchmarks.indexers.{module}", docs, scratch, model, str(writing),
    ]  # fmt: skip
    quiet = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "TQDM_DISABLE": "1"}
    log = scratch / "log"
    with log.open("wb") as errors, os.fdopen(reading) as answers:
        process = subprocess.Popen(
            command, cwd=harness.ROOT, env=os.environ | quiet, text=True, pass_fds=[writing],
            stdin=subprocess.PIPE, stdout=errors, stderr=errors,
        )  # fmt: skip
        os.close(writing)
        try:
            yield Process(process, answers, log)
        finally:
            process.kill()
            process.wait()
