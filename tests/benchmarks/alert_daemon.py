"""The daemon under a faster clock: python -m tests.benchmarks.alert_daemon CONFIG START PACE."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestd.app import serving
from ingestd.app.build import System
from ingestd.app.state import StateLock
from ingestd.config import loading


def clock(start: float, pace: float, real: float | None = None) -> datetime:
    """Return the simulated instant: `pace` seconds pass in each since `start`."""
    now = time.time() if real is None else real
    return datetime.fromtimestamp(start + (now - start) * pace, UTC)


def main(path: str, start: str, pace: str) -> int:
    """Serve until killed."""
    begun, speed = float(start), float(pace)
    system = System(loading.load(Path(path)), writing=True, now=lambda: clock(begun, speed))
    system.folder.create()
    with StateLock(system.folder):
        return serving.serve(system, seconds=lambda span: span / timedelta(seconds=speed))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
