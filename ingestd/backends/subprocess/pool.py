"""The pool of parser children: spawned at need, one file each at a time, killed at their limits."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from ingestd.backends.subprocess import wire
from ingestd.errors import ParserStopped
from ingestd.model.ledger import DocState
from ingestd.model.parsing import ParseOutcome, ParseRequest, Rejection

_AHEAD = 64
"""Outcomes that may wait: more, and the children wait for whoever takes them."""
_RECYCLE = 2000
_WORTH = 16
"""Files that are worth the start of a child."""
_STARTUP_SECONDS = 120.0
_SEND_SECONDS = 30.0
SCRATCH = "ingestd-scratch-"

Opener = Callable[[ParseRequest], int]
"""Opens a request's file for reading; raises OSError where there is nothing to read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What parsing one file may take."""

    seconds: float = 60.0
    memory_bytes: int = 2_000_000_000
    output_bytes: int = 400_000_000
    """Of what comes back: the text with what is known of it."""


class _Died(Exception):
    """The child is gone; the message says how."""


class Child:
    """One parser process."""

    def __init__(
        self, command: Sequence[str], hello: dict[str, Any], limits: Limits, scratch: str
    ) -> None:
        self._limits = limits
        self.served = 0
        self.cage: tuple[str, ...] = ()
        """What holds it, once it is ready."""
        # What converters write holds raw text: it goes with the child, whatever becomes of that.
        self._scratch = tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-", dir=scratch)
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # What libraries print there may quote a document.
                start_new_session=True,  # Ctrl-C is the parent's to handle; children end with it.
                env={
                    **os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1",
                    "TMPDIR": self._scratch, "HOME": self._scratch,
                },
            )  # fmt: skip
        self._line.settimeout(_SEND_SECONDS)
        hello = {**hello, "memory_bytes": limits.memory_bytes, "scratch": self._scratch}
        with contextlib.suppress(OSError):  # wait_ready() says how it ended.
            wire.send(self._line, {**hello, "seconds": limits.seconds})

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait until it has loaded its libraries."""
        self.cage = tuple(map(str, self._receive(_STARTUP_SECONDS)["cage"]))

    def parse(self, request: ParseRequest, descriptor: int) -> ParseOutcome:
        """Send a file and wait for what it gives; raises _Died where the child does not survive."""
        self.served += 1
        try:
            wire.send(self._line, wire.request_out(request), descriptor)
        except OSError as error:
            raise _Died(self._how()) from error
        return wire.outcome_in(request, self._receive(self._limits.seconds))

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        held = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise _Died(f"took longer than {seconds:g} seconds (parsing.timeout_seconds)")
                try:
                    block = self._line.recv(1 << 20)
                except ConnectionError:
                    block = b""
                if not block:
                    raise _Died(self._how())
                held += block
                if len(held) >= wire.HEAD.size:
                    (length,) = wire.HEAD.unpack(held[: wire.HEAD.size])
                    if length > self._limits.output_bytes:
                        raise _Died(f"gave more than {self._limits.output_bytes:,} bytes of text")
                    if len(held) >= wire.HEAD.size + length:
                        message: dict[str, Any] = json.loads(held[wire.HEAD.size :])
                        return message

    def _how(self) -> str:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "its parser stopped answering"
        if code < 0:
            return f"its parser was killed by {signal.Signals(-code).name}"
        return f"its parser ended with code {code}"

    def stop(self) -> None:
        """End it and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):  # It may have ended by itself.
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._line.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


class ChildPool:
    """A parser over up to `workers` children."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        hello: dict[str, Any],
        workers: int,
        open_file: Opener,
        scratch: str,
        limits: Limits | None = None,
    ) -> None:
        """Take the command line of a child, and the first message to each.

        `scratch`: the folder below which each child has one of its own to write to.
        """
        self._command = tuple(command)
        self._open = open_file
        self._scratch = scratch
        self._hello = hello
        self._workers = workers
        self._limits = limits or Limits()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        _sweep(scratch)
        # Children die with the thread that started them (PR_SET_PDEATHSIG): one that stays.
        self._spawner = ThreadPoolExecutor(1, thread_name_prefix="parser-spawner")
        self.used_at = time.monotonic()
        self.held_by: tuple[str, ...] = ()
        """What holds the children; nothing before the first is ready."""

    def warm(self, count: int = 1) -> None:
        """Start children ahead of the first file, without waiting for them."""
        with self._lock:
            while not self._closed and len(self._idle) + len(self._busy) < count:
                self._idle.append(self._spawn())

    def parse(self, requests: Iterable[ParseRequest]) -> Iterator[ParseOutcome]:
        """Yield an outcome for every request as it is done; files are read ahead, a few only."""
        outcomes: queue.Queue[ParseOutcome | BaseException | None] = queue.Queue(_AHEAD)
        source = iter(requests)
        taking = threading.Lock()
        stopping = threading.Event()

        def put(item: ParseOutcome | BaseException | None) -> None:
            while not stopping.is_set():
                try:
                    outcomes.put(item, timeout=0.2)
                    return
                except queue.Full:
                    continue

        def work() -> None:
            try:
                while not stopping.is_set():
                    with taking:
                        request = next(source, None)
                    if request is None:
                        break
                    put(self._one(request))
            except BaseException as error:  # noqa: BLE001 (raised again by the caller's thread)
                put(error)
            finally:
                put(None)

        threads: list[threading.Thread] = []
        ahead = list(islice(source, self._workers * _WORTH))
        source = chain(ahead, source)
        # A few files are parsed sooner than a second child starts.
        worth = max(-(-len(ahead) // _WORTH), len(self._idle))
        for number in range(min(worth, len(ahead), self._workers)):
            thread = threading.Thread(target=work, name=f"parser-{number}", daemon=True)
            thread.start()
            threads.append(thread)
        left = len(threads)
        try:
            while left:
                item = outcomes.get()
                if item is None:
                    left -= 1
                elif isinstance(item, BaseException):
                    raise item
                else:
                    yield item
        finally:
            stopping.set()
            for thread in threads:
                thread.join(timeout=0.5)  # One at work gives its child back when it is done.
            self.used_at = time.monotonic()

    def _one(self, request: ParseRequest) -> ParseOutcome:
        try:
            descriptor = self._open(request)
        except FileNotFoundError:
            gone = Rejection(DocState.SKIPPED, "it is gone", vanished=True)
            return ParseOutcome(request, gone, None)
        except OSError as error:
            why = f"cannot be read: {error.strerror or type(error).__name__}"
            return ParseOutcome(request, Rejection(DocState.QUARANTINED, why), None)
        try:
            return self._parsed(request, descriptor)
        finally:
            os.close(descriptor)

    def _parsed(self, request: ParseRequest, descriptor: int) -> ParseOutcome:
        child = self._take()
        try:
            outcome = child.parse(request, descriptor)
        except _Died as death:
            self._drop(child)
            if self._closed:
                raise ParserStopped("the parser was stopped") from death
            return ParseOutcome(request, Rejection(DocState.QUARANTINED, str(death)), None)
        except BaseException:
            self._drop(child)
            raise
        if child.served >= _RECYCLE:
            self._drop(child)
        else:
            self._give_back(child)
        return outcome

    def _spawn(self) -> Child:
        return self._spawner.submit(
            Child, self._command, self._hello, self._limits, self._scratch
        ).result()

    def _take(self) -> Child:
        with self._lock:
            if self._closed:
                raise ParserStopped("the parser was stopped")
            child = self._idle.pop() if self._idle else self._spawn()
            self._busy.add(child)
        if not child.cage:
            try:
                child.wait_ready()
            except _Died as death:
                self._drop(child)
                raise ParserStopped(f"the parser child does not start: {death}") from death
            self.held_by = child.cage
        return child

    def _give_back(self, child: Child) -> None:
        with self._lock:
            self._busy.discard(child)
            if not self._closed:
                self._idle.append(child)
                return
        child.stop()

    def _drop(self, child: Child) -> None:
        with self._lock:
            self._busy.discard(child)
        child.stop()

    def trim(self, keep: int, idle_seconds: float) -> None:
        """End the children that have had nothing to do for a while, but some."""
        if time.monotonic() - self.used_at < idle_seconds:
            return
        with self._lock:
            spare, self._idle = self._idle[keep:], self._idle[:keep]
        for child in spare:
            child.stop()

    def close(self) -> None:
        """End all children, those at work too."""
        with self._lock:
            self._closed = True
            children = [*self._idle, *self._busy]
            self._idle.clear()
        for child in children:
            child.stop()
        self._spawner.shutdown()


def _sweep(folder: str) -> None:
    """Remove what children of a process left that was killed."""
    for entry in os.scandir(folder):
        if entry.name.startswith(SCRATCH):
            parent = entry.name.removeprefix(SCRATCH).partition("-")[0]
            if not os.path.exists(f"/proc/{parent}"):
                shutil.rmtree(entry.path, ignore_errors=True)
