"""Run the benchmarks: all parts, or those named; a table, or one JSON document."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil

from ingestd.backends.openvino.embedder import has_bf16

from .harness import DATA, Figure, shown

PARTS = (
    "replay",
    "retrieval",
    "first_index",
    "peers",
    "daemon",
    "drop",
    "redaction",
    "fuzz",
    "drift",
    "causes",
    "verdict",
    "qa",
    "alerts",
    "kills",
    "disk",
    "bits",
    "overflow",
    "churn",
    "sizes",
    "scan",
)


def main(arguments: list[str]) -> int:
    """Measure, print, and fail where a bar is missed."""
    as_json = "--json" in arguments
    parts = [a for a in arguments if not a.startswith("-")] or list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        print(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if not DATA.is_dir():
        print("skipped: no INGESTD_DATA")
        return 0
    if not as_json:
        print(f"{os.cpu_count()} cores, {'bf16' if has_bf16() else 'f32'}")
    found: dict[str, list[Figure]] = {}
    for part in parts:
        began, before = time.monotonic(), psutil.cpu_times()
        module = importlib.import_module(f"tests.benchmarks.{part}")
        if not as_json:
            print(f"\n{part}: {module.__doc__.strip().splitlines()[0]}", flush=True)
        for figure in itertools.chain(module.run(), _stolen(before)):
            found.setdefault(part, []).append(figure)
            if not as_json:
                print(_line(figure), flush=True)
        if not as_json:
            print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    if as_json:
        print(json.dumps({p: [f.__dict__ for f in figures] for p, figures in found.items()}))
    missed = [f for figures in found.values() for f in figures if f.good is False]
    return 1 if missed else 0


def _stolen(before: Any) -> Iterator[Figure]:
    """Yield how much of the processor time that was wanted since then somebody else had."""
    now = psutil.cpu_times()
    stolen = now.steal - before.steal
    worked = sum(getattr(now, name) - getattr(before, name) for name in ("user", "nice", "system"))
    share = stolen / (worked + stolen) * 100 if stolen else 0.0
    yield shown("processor time that the machine's host withheld", share, "%")


def _line(figure: Figure) -> str:
    verdict = {None: "", True: "ok", False: "MISSED"}[figure.good]
    value = f"{figure.value:.5f}".rstrip("0").rstrip(".")
    return f"  {figure.what:56} {value:>12} {figure.unit:8} {figure.bar:12} {verdict}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
