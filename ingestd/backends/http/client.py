"""Requests with one deadline for all of it, a cap on the body, and no redirects."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from ingestd.errors import Unavailable

_CAP = 5_000_000
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may take, all tries together, and how often it is tried."""

    seconds: float = 30.0
    retries: int = 2
    cap: int = _CAP


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    patience: Patience | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """Return a response's body; raises Unavailable, which never quotes query, user or key.

    Tries again after a timeout, a broken connection, 408, 425, 429 and 5xx, honouring Retry-After,
    while the deadline allows.
    """
    policy = patience or Patience()
    deadline = time.monotonic() + policy.seconds
    where = shown(url)
    attempt = 0
    with httpx.Client(follow_redirects=False, trust_env=False) as client:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unavailable(f"{where}: no answer within {policy.seconds:g} s")
            pause: float | None
            try:
                return _once(client, method, url, headers, body, deadline, policy)
            except _Again as again:
                reason, pause = str(again), again.pause
            except (httpx.TimeoutException, TimeoutError):
                reason, pause = f"no answer within {policy.seconds:g} s", None
            except httpx.InvalidURL as error:
                raise Unavailable(f"{where}: not an address that can be asked") from error
            except httpx.HTTPError as error:
                reason, pause = _plain(error), None
            attempt += 1
            wait = pause if pause is not None else 0.5 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311
            if attempt > policy.retries or time.monotonic() + wait >= deadline:
                tries = f" ({attempt} tries)" if attempt > 1 else ""
                raise Unavailable(f"{where}: {reason}{tries}")
            sleep(wait)


def send_json(method: str, url: str, **options: Any) -> Any:
    """Return a response's JSON; raises Unavailable where it is none."""
    body = send(method, url, **options)
    try:
        return json.loads(body)
    except (ValueError, UnicodeDecodeError) as error:
        start = body.lstrip()[:1]
        what = "HTML" if start == b"<" else "an empty body" if not start else "no JSON"
        raise Unavailable(f"{shown(url)}: answers {what} where JSON is wanted") from error


def shown(url: str) -> str:
    """Write an address without user, password, query and fragment: those can be secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


class _Again(Exception):
    def __init__(self, reason: str, pause: float | None) -> None:
        super().__init__(reason)
        self.pause = pause


def _once(
    client: httpx.Client,
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
    deadline: float,
    policy: Patience,
) -> bytes:
    left = max(deadline - time.monotonic(), 0.001)
    with client.stream(
        method, url, headers=dict(headers or {}), content=body, timeout=httpx.Timeout(left)
    ) as response:
        if response.status_code in _TRY_AGAIN:
            raise _Again(f"HTTP {response.status_code}", _retry_after(response))
        if response.is_redirect:
            raise Unavailable(
                f"{shown(url)}: redirects to {shown(response.headers.get('location', ''))}; "
                "name that address instead"
            )
        if response.status_code >= 400:
            raise Unavailable(
                f"{shown(url)}: HTTP {response.status_code}{_hint(response.status_code)}"
            )
        held = bytearray()
        for block in response.iter_bytes():
            held += block
            if len(held) > policy.cap:
                raise Unavailable(f"{shown(url)}: answers more than {policy.cap:,} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError
        return bytes(held)


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE) if value.isdigit() else None


def _hint(code: int) -> str:
    return {
        401: ": the key is missing or wrong",
        403: ": not allowed with this key",
        404: ": no such path",
    }.get(code, "")


def _plain(error: httpx.HTTPError) -> str:
    """Name a transport error by its kind: its own words may quote the address."""
    match error:
        case httpx.ConnectError():
            return "cannot be connected to"
        case httpx.RemoteProtocolError() | httpx.ReadError():
            return "ended the connection in the middle of its answer"
        case _:
            return type(error).__name__
