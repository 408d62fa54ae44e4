"""Receivers on loopback: ones that fail in every way, and ones that hold senders to an API."""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest


class Alertmanager:
    """Alertmanager's API v2 as its OpenAPI description has it: alerts by their label set."""

    def __init__(self) -> None:
        self.alerts: dict[str, dict[str, Any]] = {}
        self.posts = 0

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Take a list of postableAlert."""
        assert handler.headers["content-type"] == "application/json"
        posted = json.loads(body)
        assert isinstance(posted, list)
        for one in posted:
            assert set(one) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
            assert one["labels"], "at least one label"
            for name, value in {**one["labels"], **one["annotations"]}.items():
                assert name.isidentifier()
                assert isinstance(value, str)
            starts, ends = (datetime.datetime.fromisoformat(one[k]) for k in ("startsAt", "endsAt"))
            assert starts.tzinfo
            assert ends >= starts, "start time must be before end time"
            self.alerts[json.dumps(one["labels"], sort_keys=True)] = {**one, "ends": ends}
        self.posts += 1
        _answer(handler, 200)

    def firing(self) -> list[dict[str, str]]:
        """The label sets of what has not ended."""
        now = datetime.datetime.now(datetime.UTC)
        return [one["labels"] for one in self.alerts.values() if one["ends"] > now]


class PagerDuty:
    """PagerDuty's Events API v2: incidents by their dedup_key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.incidents: dict[str, str] = {}
        self.log: list[tuple[str, str]] = []

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Take an event, or refuse it with what is wrong as the service does."""
        event = json.loads(body)
        errors = list(self._errors(event))
        if errors or len(body) > 512_000:
            _answer(handler, 400, {"status": "invalid event", "errors": errors})
            return
        key = event["dedup_key"]
        if event["event_action"] == "trigger":
            self.incidents[key] = event["payload"]["severity"]
        else:
            self.incidents.pop(key, None)
        self.log.append((event["event_action"], key))
        _answer(handler, 202, {"status": "success", "dedup_key": key})

    def _errors(self, event: dict[str, Any]) -> Iterator[str]:
        if event.get("routing_key") != self.key:
            yield "routing_key is unknown"
        if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            yield "event_action"
        if not 0 < len(event.get("dedup_key", "")) <= 255:
            yield "dedup_key"
        if event.get("event_action") == "trigger":
            found = event.get("payload", {})
            if not 0 < len(found.get("summary", "")) <= 1024:
                yield "payload.summary"
            if not found.get("source"):
                yield "payload.source"
            if found.get("severity") not in ("critical", "error", "warning", "info"):
                yield "payload.severity"
            datetime.datetime.fromisoformat(found["timestamp"])


def _answer(handler: BaseHTTPRequestHandler, code: int, content: object = None) -> None:
    body = json.dumps(content).encode() if content is not None else b""
    handler.send_response(code)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


Behaviour = Callable[[socket.socket], None]


@contextmanager
def raw(behave: Behaviour) -> Iterator[str]:
    """A server that does what it likes with each connection; yields its address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):  # Whoever asked has hung up, as it should.
                behave(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook"
    finally:
        server.shutdown()
        server.server_close()


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read a request: its head and its body; OSError where it breaks off."""
    held = b""
    while b"\r\n\r\n" not in held:
        held += _block(connection)
    head, _, body = held.partition(b"\r\n\r\n")
    wanted = next(
        int(line.split(b":")[1])
        for line in head.lower().splitlines()
        if line.startswith(b"content-length")
    )
    while len(body) < wanted:
        body += _block(connection)
    return head, body


def _block(connection: socket.socket) -> bytes:
    block = connection.recv(65536)
    if not block:
        raise ConnectionError("the request broke off")
    return block


def answers(written: bytes, *, pause: float = 0.0) -> Behaviour:
    """Answer with these bytes; with a pause, one at a time."""

    def behave(connection: socket.socket) -> None:
        read_request(connection)
        if not pause:
            connection.sendall(written)
            return
        for byte in written:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return behave


def resets(connection: socket.socket) -> None:
    """Read the request, then end the connection with a reset."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs(connection: socket.socket) -> None:
    """Say nothing at all."""
    read_request(connection)
    time.sleep(30)


@contextmanager
def tls(folder: Path, behave: Behaviour) -> Iterator[tuple[str, Path]]:
    """A server with a certificate that nobody knows; yields address and certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    folder.mkdir(parents=True, exist_ok=True)
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key),
            "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            behave(inner)

    with raw(wrapped) as url:
        yield url.replace("http:", "https:"), certificate


@contextmanager
def smtp() -> Iterator[tuple[int, list[bytes]]]:
    """A mail server that takes everything; yields its port and the messages."""
    taken: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        stream = connection.makefile("rwb")

        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())
            stream.flush()

        say("220 localhost")
        while word := stream.readline():
            verb = word[:4].upper()
            if verb == b"DATA":
                say("354 go on")
                lines = []
                while (given := stream.readline()) not in (b".\r\n", b""):
                    lines.append(given)
                taken.append(b"".join(lines))
                say("250 taken")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 localhost" if verb != b"EHLO" else "250-localhost\r\n250 8BITMIME")

    with raw(behave) as url:
        yield int(url.split(":")[2].split("/")[0]), taken
