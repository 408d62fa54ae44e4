"""A lane that ends by a fault is begun again, later each time; one that returns is at its end."""

from __future__ import annotations

from ingestd.daemon.lane import Lane


def test_a_lane_is_begun_again_with_growing_pauses() -> None:
    """It tells its fault by kind alone, and works on once it can."""
    now, begun, broken = [0.0], [0], [True]

    def work() -> None:
        begun[0] += 1
        if broken[0]:
            raise RuntimeError("a secret of a document")

    lane = Lane("checks", work, lambda: now[0])
    lane.start()
    lane.join(5)
    assert lane.fault == "it ended by a bug: RuntimeError; begun again by itself"
    waited = []
    for _ in range(3):
        began = begun[0]
        at = now[0]
        while begun[0] == began:
            now[0] += 0.5
            lane.tend()
            lane.join(5)
        waited.append(now[0] - at)
    assert waited == [1, 5, 15]
    broken[0] = False
    now[0] += 100
    lane.tend()
    lane.join(5)
    assert lane.fault == ""
    lane.tend()
    assert begun[0] == 5


def test_a_lane_that_ends_by_itself_is_left_alone() -> None:
    """It was told to."""
    begun = []
    lane = Lane("checks", lambda: begun.append(1))
    lane.start()
    lane.join(5)
    lane.tend()
    assert begun == [1]
