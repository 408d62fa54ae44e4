"""Questions and answers over a Unix socket: a line of JSON each way, one pair a connection."""

from __future__ import annotations

import json
import logging
import os
import selectors
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_log = logging.getLogger("ingestd")
_LONGEST = 1 << 20
"""Bytes of a question."""
_PATIENCE = 2.0
"""Seconds for whoever has connected to say what they want: there is one at a time."""

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Listener:
    """A socket that answers, one connection after the other."""

    def __init__(self, path: Path, answer: Answer) -> None:
        """Take where it lies, in a folder of its owner's own, and what makes an answer."""
        self._path = path
        self._answer = answer
        self._ended = threading.Event()
        self._end, self._wake = socket.socketpair()

    def serve(self) -> None:
        """Answer until the end."""
        with _short(self._path) as address:
            self._unlink()
            try:
                server = _Server(address, self._answer)
            except OSError as error:
                # Some file systems have no sockets: whoever asks answers for themselves there.
                _log.warning("questions are not answered: %s", error.strerror)
                return
            with server:
                self._path.chmod(0o600)
                with selectors.DefaultSelector() as either:
                    for one in (server, self._end):
                        either.register(one, selectors.EVENT_READ)
                    while not self._ended.is_set():
                        if any(key.fileobj is server for key, _ in either.select()):
                            server.handle_request()
        self._unlink()

    def end(self) -> None:
        """End `serve` after the answer at hand."""
        self._ended.set()
        self._wake.send(b".")

    def _unlink(self) -> None:
        with suppress(FileNotFoundError):  # A run before was killed, or none was.
            self._path.unlink()


def ask(path: Path, question: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """Return the answer; None where nobody answers in time."""
    try:
        with _short(path) as address, socket.socket(socket.AF_UNIX) as line:
            line.settimeout(seconds)
            line.connect(address)
            line.sendall(json.dumps(question).encode() + b"\n")
            with line.makefile("rb") as stream:
                answer = json.loads(stream.read())
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


class _Server(socketserver.UnixStreamServer):
    timeout = 0  # Of what comes next; it is asked only when somebody has come.
    request_queue_size = 64

    def __init__(self, address: str, answer: Answer) -> None:
        self.answer = answer
        super().__init__(address, _Handler)

    def handle_error(self, *_: Any) -> None:
        """Log what an answer failed by: its kind alone, for its words may quote a document."""
        fault = sys.exc_info()[0]
        _log.warning("a question was not answered: %s", fault.__name__ if fault else "")


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def handle(self) -> None:
        """Read a question, write its answer."""
        question = json.loads(self.rfile.readline(_LONGEST))
        self.wfile.write(json.dumps(self.server.answer(question)).encode())


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name for a path that a socket takes: those end at 107 bytes."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
