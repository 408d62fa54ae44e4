"""A small tmpfs for the state folder, filled at many points: what a full disk leaves behind.

POINTS=200 sets how many. Run in a namespace of its own, so that the file system is a real one.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestd.app import passes, verifying
from ingestd.app.opening import writing
from ingestd.config import loading
from ingestd.errors import Unavailable

from . import harness
from .harness import Figure, at_least, at_most, shown
from .kills import Tally, Writer, compare

_MOUNTED = 'mount -t tmpfs -o size=256m tmpfs "$0" && exec "$@"'


def run() -> Iterator[Figure]:
    """Fill, try, free, try again; so many times."""
    points = int(os.environ.get("POINTS", "200"))
    with tempfile.TemporaryDirectory() as scratch:
        found = filled(Path(scratch), points)
    yield at_least("points at which the disk was full", found["points"], points)
    yield shown("  of them: a pass failed, saying so", found["refused"])
    yield at_most("  of them: it failed otherwise", len(found["otherwise"]), 0)
    yield at_most("passes that failed with room again", len(found["stuck"]), 0)
    yield at_most("chunks lost, foreign, twice or unsound", found["wrong"], 0)
    yield at_most("faults that verify finds", bool(found["unsound"]), 0)
    yield shown("the state folder at the end", found["bytes"] / 1e6, "MB")


def filled(home: Path, points: int) -> dict[str, Any]:
    """Run this module in a namespace with a small file system for the state folder."""
    state = home / "state"
    state.mkdir()
    (home / "docs").mkdir()
    (home / "ingestd.toml").write_text(
        f'state_dir = "{state}"\n[embedding]\nmodels_dir = "{harness.MODELS}"\n'
        f'[[sources]]\nname = "docs"\npath = "{home / "docs"}"\n'
        "[index]\nmin_free_mb = 0\nhold_documents = 100000\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNTED, str(state),
         sys.executable, "-m", "tests.benchmarks.disk", str(home), str(points)],
        cwd=harness.ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    for said in sorted({*found["otherwise"], *found["stuck"], found["unsound"]} - {""}):
        print(f"  {said}", file=sys.stderr)
    return found


def main(home: Path, points: int) -> None:
    """Work on the full disk, and print what came of it."""
    chance = random.Random(200)
    writers = [Writer(home / "docs", number, chance) for number in range(4)]
    tally, otherwise = Tally(), []
    refused = 0
    stuck: list[str] = []
    ballast = home / "state/ballast"
    with writing(loading.load(home / "ingestd.toml")) as system:
        for _ in range(40):
            writers[chance.randrange(4)].write()
        passes.sync(system)
        for _ in range(points):
            for writer in writers:
                writer.write()
            free = shutil.disk_usage(home / "state").free
            left = int(chance.choice((20_000, 200_000, 800_000)) * chance.random())
            ballast.write_bytes(bytes(max(free - left, 0)))
            try:
                passes.sync(system)
            except Unavailable:
                refused += 1
            except Exception as error:  # noqa: BLE001 (that is what is counted)
                otherwise.append(f"{type(error).__name__}: {error}")
            ballast.unlink()
            try:
                passes.sync(system)
            except Exception as error:  # noqa: BLE001
                stuck.append(f"{type(error).__name__}: {error}")
            compare(home / "state", system, tally)
        found = verifying.verify(system)
        unsound = "" if found.is_sound else str(found)
    size = sum(path.stat().st_size for path in (home / "state").rglob("*") if path.is_file())
    wrong = tally.lost + tally.foreign + tally.twice + tally.unsound
    print(
        json.dumps({
            "points": points, "refused": refused, "otherwise": otherwise, "stuck": stuck,
            "wrong": wrong, "unsound": unsound, "bytes": size,
        })
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
