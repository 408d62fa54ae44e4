"""Asking over HTTP: tried again where that may help, within one deadline."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from ingestd.backends.http import request
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
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unavailable(f"{where}: no answer within {policy.seconds:g} s")
        pause: float | None = None
        try:
            response = request.once(
                method, url, headers=headers or {}, body=body, seconds=left, cap=policy.cap
            )
            reason = _reason(where, response, policy)
            if not reason:
                return response.body
            pause = response.retry_after
        except (request.NotReached, request.Broken) as error:
            reason = str(error)
        except httpx.InvalidURL as error:
            raise Unavailable(f"{where}: not an address that can be asked") from error
        if time.monotonic() >= deadline:
            reason = f"no answer within {policy.seconds:g} s"
        attempt += 1
        wait = 0.5 * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311
        if pause is not None:
            wait = min(pause, _LONGEST_PAUSE)
        if attempt > policy.retries or time.monotonic() + wait >= deadline:
            tries = f" ({attempt} tries)" if attempt > 1 else ""
            raise Unavailable(f"{where}: {reason}{tries}")
        sleep(wait)


def _reason(where: str, response: request.Response, policy: Patience) -> str:
    """Say why to try again; nothing for a good answer. Raises Unavailable for what stays bad."""
    status = response.status
    if status in _TRY_AGAIN:
        return f"HTTP {status}"
    if 300 <= status < 400:
        raise Unavailable(
            f"{where}: redirects to {shown(response.headers.get('location', ''))}; "
            "name that address instead"
        )
    if status >= 400:
        raise Unavailable(f"{where}: HTTP {status}{_hint(status)}")
    if response.is_whole:
        return ""
    if len(response.body) >= policy.cap:
        raise Unavailable(f"{where}: answers more than {policy.cap:,} bytes")
    return "ended the connection in the middle of its answer"


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


def _hint(code: int) -> str:
    return {
        401: ": the key is missing or wrong",
        403: ": not allowed with this key",
        404: ": no such path",
    }.get(code, "")
