"""Posting a notice to an HTTP receiver: one attempt, and what it came to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from ingestd import __version__
from ingestd.alerting import payload
from ingestd.alerting.addresses import Network
from ingestd.backends.http import request
from ingestd.model.alert import Notice, Outcome

_CAP = 64_000
_LINGER = 1.0
"""Seconds for what a receiver says beside its status; nobody waits for more of it."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What a composer is given."""

    notice: Notice
    found: Mapping[str, Any]
    """The body of DESIGN.md, masked."""
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it is sent to."""

    name: str
    kind: str
    url: str = field(repr=False)
    seconds: float = 10.0
    allow: tuple[Network, ...] = ()
    """Of the addresses that are refused otherwise."""


Compose = Callable[[Letter], Message]
Render = Callable[[Mapping[str, Any]], tuple[str, str]]


class HttpReceiver:
    """A receiver that is posted to."""

    def __init__(
        self, target: Target, compose: Compose, render: Render, mask: payload.Mask
    ) -> None:
        self._target = target
        self._compose = compose
        self._render = render
        self._mask = mask

    @property
    def name(self) -> str:
        """Its name in the config."""
        return self._target.name

    @property
    def digest(self) -> str:
        """A digest of its address and kind."""
        target = self._target
        return hashlib.sha256(f"{target.kind}\0{target.url}".encode()).hexdigest()

    def send(self, notice: Notice) -> Outcome:
        """Try once; the address shows in nothing that is returned."""
        found = payload.body(notice, self._mask)
        title, text = self._render(found["data"])
        message = self._compose(Letter(notice, found, title, text))
        headers = {
            "content-type": "application/json",
            "user-agent": f"ingestd/{__version__}",
            **message.headers,
        }
        target = self._target
        try:
            response = request.once(
                "POST", target.url, headers=headers, body=message.body,
                seconds=target.seconds, cap=_CAP, linger=_LINGER, refuse=True, allow=target.allow,
            )  # fmt: skip
        except request.NotReached as error:
            return Outcome(accepted=False, told=str(error), reached=False)
        except request.Broken as error:
            return Outcome(accepted=False, told=str(error))
        except request.Forbidden as error:
            return Outcome(
                accepted=False, reached=False, hopeless=True,
                told=f"{error} is a link-local or metadata address; nothing is sent there unless "
                "alerts.allow_addresses names it",
            )  # fmt: skip
        except httpx.InvalidURL:
            return Outcome(accepted=False, told="not a web address", reached=False, hopeless=True)
        return _outcome(response)


def _outcome(response: request.Response) -> Outcome:
    accepted = 200 <= response.status < 300
    told = f"HTTP {response.status}"
    if 300 <= response.status < 400:
        told += ", a redirect, which is not followed"
    said = " ".join(response.body[:_SHOWN].decode("utf-8", "replace").split())
    wish = response.retry_after
    return Outcome(
        accepted=accepted,
        told=told,
        said=said,
        status=response.status,
        retry_after=timedelta(seconds=wish) if wish is not None else None,
    )
