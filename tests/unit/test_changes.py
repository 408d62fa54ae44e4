"""What waits: changes until they have settled, long tasks until nobody writes."""

from __future__ import annotations

import time

from ingestd.daemon.changes import PATIENCE, Changes

now = [0.0]


def made() -> Changes:
    now[0] = 100.0
    return Changes(0.3, lambda: now[0])


def test_a_path_that_is_written_again_settles_anew() -> None:
    """And is taken once."""
    changes = made()
    changes.add("docs", b"a.md")
    now[0] += 0.2
    changes.add("docs", b"a.md")
    now[0] += 0.2
    assert changes.take() == ({}, False, [])
    now[0] += 0.2
    assert changes.take()[0] == {"docs": {b"a.md"}}
    assert changes.take()[0] == {}


def test_a_long_task_waits_for_writers_to_pause_but_not_for_ever() -> None:
    """A short one is done at once."""
    changes = made()
    long, short = (lambda: None), (lambda: None)
    changes.add("docs", b"a.md")
    changes.ask_for("long", long, rest=3)
    changes.ask_for("short", short)
    assert changes.take()[2] == [short]

    now[0] += 2.9
    assert changes.take()[2] == []
    now[0] += 0.2
    assert changes.take()[2] == [long]

    changes.add("docs", b"a.md")
    changes.ask_for("long", long, rest=3)
    seconds = 0
    while not changes.take()[2]:
        changes.add("docs", b"a.md")
        changes.ask_for("long", long, rest=3)
        now[0] += 1
        seconds += 1
    assert seconds == PATIENCE


def test_waiting_ends_when_a_task_is_due() -> None:
    """Nothing else has to happen for it."""
    changes = Changes(0.3, time.monotonic)
    changes.ask_for("long", lambda: None, rest=0.2)
    assert changes.wait()
    assert len(changes.take()[2]) == 1
    changes.stop()
    assert not changes.wait()
