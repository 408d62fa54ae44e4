"""A slice of the campaign of kills; all of it: KILLS=1000 make bench PART=kills."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.benchmarks import kills

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]
_SLICE = 50


def test_the_index_is_right_after_each_kill(tmp_path: Path, models_dir: Path) -> None:
    """Fifty, at random and named points, under eight writers; nothing lost, twice or left over."""
    tally = kills.campaign(tmp_path, _SLICE, random.Random(50), f'models_dir = "{models_dir}"')
    assert tally.kills.total() >= _SLICE
    assert len(tally.kills) > 5
    wrong = (tally.lost, tally.foreign, tally.twice, tally.unsound)
    assert wrong == (0, 0, 0, 0)
