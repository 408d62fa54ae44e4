"""The hundred services that apprise speaks, e-mail among them, each attempt in a child process.

Apprise knows no total deadline and answers only yes or no; a process can be ended, and shows
nothing of the address in `ps`: that goes over its pipe.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestd.alerting import payload
from ingestd.model.alert import Event, Notice, Outcome

_COMMAND = (sys.executable, "-m", "ingestd.backends.apprise.child")


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it is sent to."""

    name: str
    url: str = field(repr=False)
    seconds: float = 30.0
    allow: tuple[str, ...] = ()
    """Addresses and networks that are sent to although they are link-local or metadata."""


class AppriseReceiver:
    """A receiver behind one of apprise's addresses, such as mailto://."""

    def __init__(self, target: Target, render: Any, mask: payload.Mask) -> None:
        self._target = target
        self._render = render
        self._mask = mask

    @property
    def name(self) -> str:
        """Its name in the config."""
        return self._target.name

    @property
    def digest(self) -> str:
        """A digest of its address."""
        return hashlib.sha256(f"apprise\0{self._target.url}".encode()).hexdigest()

    def send(self, notice: Notice) -> Outcome:
        """Try once, in a child that ends at the deadline."""
        title, text = self._render(payload.body(notice, self._mask)["data"])
        kind = "success" if notice.event is Event.RESOLVED else "warning"
        target = self._target
        request = {
            "url": target.url, "title": title, "body": text, "type": kind,
            "allow": list(target.allow),
        }  # fmt: skip
        answer = _asked(request, target.seconds)
        return Outcome(
            accepted=answer.get("accepted") is True,
            told=str(answer.get("told", "")),
            reached=answer.get("reached") is not False,
        )


def fault(url: str) -> str:
    """Say what is wrong with an address; nothing where apprise can use it."""
    return str(_asked({"url": url}, 60).get("fault", ""))


def _asked(request: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
    command: Sequence[str] = _COMMAND
    try:
        done = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, check=False,
            timeout=seconds,
        )  # fmt: skip
        found: Mapping[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"accepted": False, "told": f"not done within {seconds:g} s"}
    except ValueError:
        return {"accepted": False, "told": "its sender ended without a word", "fault": "unusable"}
    return found
