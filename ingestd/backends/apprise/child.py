"""The child that sends one notification: a request on stdin, what came of it on stdout."""

from __future__ import annotations

import ipaddress
import json
import logging
import sys
from collections.abc import Sequence
from typing import Any

from ingestd.alerting.addresses import Network, is_refused, networks


def main() -> None:
    """Check an address, or send to it."""
    request = json.load(sys.stdin)
    # What it logs may hold the address.
    logging.disable(logging.CRITICAL)
    import apprise

    sender = apprise.Apprise()
    if not sender.add(request["url"]):
        json.dump({"fault": "apprise does not know such an address", "accepted": False}, sys.stdout)
        return
    if "body" not in request:
        json.dump({"fault": ""}, sys.stdout)
        return
    guard = _Guard(networks(request["allow"]))
    sys.addaudithook(guard)
    accepted = sender.notify(
        body=request["body"], title=request["title"], notify_type=request["type"],
        body_format=apprise.NotifyFormat.TEXT,
    )  # fmt: skip
    told = "taken" if accepted else "not taken; apprise does not say why"
    if guard.refused:
        told = f"{guard.refused} is a link-local or metadata address; see alerts.allow_addresses"
    json.dump({"accepted": bool(accepted), "told": told, "reached": guard.connected}, sys.stdout)


class _Guard:
    """Looks at every connection before it is made, whoever makes it."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow
        self.connected = False
        self.refused = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or not isinstance(arguments[1], tuple):
            return
        address = str(arguments[1][0]).split("%")[0]
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return
        if is_refused(parsed, self._allow):
            self.refused = address
            raise PermissionError(address)
        self.connected = True


if __name__ == "__main__":
    main()
