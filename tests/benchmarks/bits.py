"""Single bits flipped in the index's files: found by verify, put right by its repair.

BITS=1000 sets how many.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ingestd.app import passes, repairing, verifying
from tests.real import damage

from . import harness
from .harness import Figure, at_least, at_most

_AT_ONCE = 10


def run() -> Iterator[Figure]:
    """Flip ten bits in ten files, look, mend, compare; again and again."""
    count = int(os.environ.get("BITS", "1000"))
    chance = random.Random(1000)
    flipped = missed = embedded = unsound = 0
    with tempfile.TemporaryDirectory() as scratch:
        docs, state = Path(scratch) / "docs", Path(scratch) / "home"
        damage.company(docs, 60)
        with harness.system(docs, state) as system:
            passes.sync(system)
            folder = system.folder.path
            before = damage.rows(folder)
            while flipped < count:
                there = damage.files(folder, "data", "_indices", "_deletions")
                bad = chance.sample(there, min(_AT_ONCE, len(there)))
                for path in bad:
                    damage.flip(path, chance)
                flipped += len(bad)
                current = (folder / "index").resolve()
                found = {one.path for one in verifying.verify(system).file_faults}
                missed += len({str(path.relative_to(current)) for path in bad} - found)
                repairing.mend_files(system.folder)
                system.reopen()
                left = verifying.verify(system)
                done = repairing.repair(system, left, lambda *_: None)
                embedded += done.report.chunks_embedded if done.report else 0
                unsound += not verifying.verify(system).is_sound
            damage.assert_same(damage.rows(folder), before)
    yield at_least("bits flipped", flipped, count)
    yield at_most("of them not found", missed, 0)
    yield at_most("chunks embedded by the repairs", embedded, 0)
    yield at_most("repairs after which something was wrong", unsound, 0)
