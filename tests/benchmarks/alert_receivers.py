"""Receivers on loopback that are well, or fail each in its own way."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook

from tests.real.receiving import read_request

SECRET = f"whsec_{b64encode(os.urandom(24)).decode()}"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Letter:
    """A request that a receiver has read whole."""

    id: str
    body: bytes
    accepted: bool
    refused: bool
    """It was told so: whoever is refused need not hear of the end."""


@dataclass
class Post:
    """A receiver on loopback that is well or fails in its own way."""

    fault: str = ""
    letters: list[Letter] = field(default_factory=list)
    failing: bool = False
    url: str = ""
    contexts: tuple[ssl.SSLContext, ssl.SSLContext] | None = None

    @contextmanager
    def open(self) -> Iterator[Post]:
        """Listen until the block ends."""
        port = self._listen(0)
        self.url = f"{'https' if self.contexts else 'http'}://127.0.0.1:{port}/hook"
        try:
            yield self
        finally:
            self._close()

    def fail(self, *, failing: bool) -> None:
        """Begin or end to fail."""
        if failing == self.failing:
            return
        self.failing = failing
        if self.fault == "down":
            port = int(self.url.split(":")[2].split("/")[0])
            self._close() if failing else self._listen(port)

    def _listen(self, port: int) -> int:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=64, reuse_port=False)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()
        return int(self._socket.getsockname()[1])

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            if self.contexts is not None:
                context = self.contexts[1 if self.failing else 0]
                with context.wrap_socket(connection, server_side=True) as inner:
                    self._answer(inner)
            else:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        head, body = read_request(connection)
        headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
        raw = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        raw = {key.lower(): value for key, value in raw.items()}
        if self.fault:
            Webhook(SECRET).verify(body, raw)
        failing = self.failing
        answer = OK if not failing else _ANSWERS.get(self.fault, OK)
        accepted = answer.startswith(b"HTTP/1.1 200") and (
            not failing or self.fault not in ("slow", "reset")
        )
        # Before it answers: what the sender knows of, this receiver has.
        refused = failing and self.fault in ("429", "410", "redirect")
        self.letters.append(Letter(headers["webhook-id"], body, accepted, refused))
        if failing and self.fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if failing and self.fault == "slow":
            for byte in OK:
                connection.sendall(bytes([byte]))
                time.sleep(1)
            return
        connection.sendall(answer)


_ANSWERS = {
    "429": b"HTTP/1.1 429 No\r\nretry-after: 600\r\ncontent-length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
    "410": b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "10 MB": b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + b"x" * 10_000_000,
}
FAULTS = ("down", "slow", "reset", "tls", *_ANSWERS)
