"""Telling systemd how the service is (sd_notify(3)); silent where nobody asked."""

from __future__ import annotations

import os
import socket
from datetime import timedelta


class Notifier:
    """Sends states to the socket that systemd named; without one, nowhere."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    @property
    def watchdog(self) -> timedelta | None:
        """Return how long systemd waits for a sign of life; `None`: it waits for none."""
        pid, usec = os.environ.get("WATCHDOG_PID", ""), os.environ.get("WATCHDOG_USEC", "")
        if not usec.isdigit() or (pid and pid != str(os.getpid())):
            return None
        return timedelta(microseconds=int(usec))

    def tell(self, *states: str) -> None:
        """Send states such as READY=1; a manager that does not listen is no fault of ours."""
        if not self._address:
            return
        # A name in the abstract namespace is written with @.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(0)  # A manager that is stuck must not hold a lane up.
            try:
                sender.sendto("\n".join(states).encode(), address)
            except OSError:
                return
