"""One request: one deadline for all of it, addresses checked at connect, no redirects, a cap."""

from __future__ import annotations

import email.utils
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import certifi
import httpcore
import httpx

from ingestd.alerting.addresses import Network, is_refused


class NotReached(Exception):
    """No connection was made, so that the other side has read nothing; the message says why."""


class Broken(Exception):
    """The connection ended or timed out before there was an answer; it may have been read."""


class Forbidden(Exception):
    """The address is one that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    is_whole: bool
    """`False`: it was longer than the cap, or slower than the deadline."""

    @property
    def retry_after(self) -> float | None:
        """Return how many seconds the other side asks to be left alone."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdigit():
            return float(value)
        try:
            at = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(at.timestamp() - time.time(), 0.0)


def once(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    cap: int,
    linger: float | None = None,
    refuse: bool = False,
    allow: Sequence[Network] = (),
) -> Response:
    """Send a request and read its answer; raises NotReached, Broken or Forbidden.

    `linger`: seconds for the body, once the status is known. `refuse`: send nothing to link-local
    and metadata addresses, but those of `allow`. An address that is none raises httpx.InvalidURL.
    """
    clock = _Clock(time.monotonic() + seconds)
    backend = _Backend(clock, refuse, tuple(allow))
    transport = _Transport(backend)
    timeout = httpx.Timeout(seconds)
    try:
        with (
            httpx.Client(transport=transport, timeout=timeout, follow_redirects=False) as client,
            client.stream(method, url, headers=dict(headers), content=body) as response,
        ):
            if linger is not None:
                clock.deadline = min(clock.deadline, time.monotonic() + linger)
            held, is_whole = _read(response, cap)
            return Response(response.status_code, dict(response.headers), held, is_whole)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise _failure(backend, f"no answer within {seconds:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise _failure(backend, _plain(error)) from error
    except httpx.UnsupportedProtocol as error:
        raise httpx.InvalidURL("http:// or https:// is wanted") from error
    except (httpx.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.InvalidURL("not an address that can be asked") from error


def _read(response: httpx.Response, cap: int) -> tuple[bytes, bool]:
    held = bytearray()
    try:
        for block in response.iter_bytes():
            held += block
            if len(held) > cap:
                return bytes(held[:cap]), False
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return bytes(held), False
    except httpx.DecodingError:
        return bytes(held), False
    return bytes(held), True


class _Clock:
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def left(self) -> float:
        return self.deadline - time.monotonic()


class _Transport(httpx.BaseTransport):
    """httpx over a connection that keeps the deadline and checks addresses."""

    def __init__(self, backend: _Backend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(), max_connections=1, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol("http:// or https:// is wanted")
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer.stream))

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, blocks: Any) -> None:
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._blocks

    def close(self) -> None:
        self._blocks.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, clock: _Clock, refuse: bool, allow: tuple[Network, ...]) -> None:
        self._clock = clock
        self._refuse = refuse
        self._allow = allow
        self.wrote = False
        """Something of the request has left."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolved(host, port, self._clock)
        if self._refuse:
            for address in addresses:
                if is_refused(ipaddress.ip_address(address), self._allow):
                    raise Forbidden(address)
        last: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            # The very address that was checked: the name is not looked up again.
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, max(self._clock.left(), 0.001), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Timed(stream, self)
        raise last

    def left(self) -> float:
        left = self._clock.left()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline is over")
        return left


class _Timed(httpcore.NetworkStream):
    """A stream whose every operation keeps the one deadline: slow drops wear it out too."""

    def __init__(self, inner: httpcore.NetworkStream, backend: _Backend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, self._backend.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        left = self._backend.left()
        self._backend.wrote = True
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        left = self._backend.left()
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _resolved(host: str, port: int, clock: _Clock) -> list[str]:
    """Look a name up within the deadline; the resolver itself knows none."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    found: list[str] = []
    errors: list[OSError] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]).split("%")[0] for answer in answers)
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=look_up, name="name look-up", daemon=True)
    thread.start()
    thread.join(max(clock.left(), 0.001))
    if not found:
        raise httpcore.ConnectError("its name cannot be resolved")
    return list(dict.fromkeys(found))


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Trust what the system trusts ($SSL_CERT_FILE adds one's own), or certifi's list."""
    paths = ssl.get_default_verify_paths()
    own = any(p and os.path.exists(p) for p in (paths.cafile, paths.capath))
    return ssl.create_default_context(cafile=None if own else certifi.where())


def _failure(backend: _Backend, said: str) -> Exception:
    return Broken(said) if backend.wrote else NotReached(said)


def _plain(error: Exception) -> str:
    """Name a fault of the transport by its kind: its own words may quote the address."""
    match error:
        case httpcore.ConnectError() if "resolved" in str(error):
            return "its name cannot be resolved"
        case httpcore.ConnectError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return "its TLS certificate is not trusted"
        case httpcore.ConnectError() if "SSL" in str(error):
            return "does not speak TLS as it should"
        case httpcore.ConnectError():
            return "cannot be connected to"
        case _:
            return "ended the connection in the middle of its answer"
