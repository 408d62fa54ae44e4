"""A model that rests gives back what its calls have left behind, and answers as before."""

from __future__ import annotations

import ctypes
import gc
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from ingestd.app.build import System
from ingestd.config import loading
from ingestd.ports.embedder import Embedder

from . import command

pytestmark = pytest.mark.real


@pytest.fixture
def embedder(tmp_path: Path, models_dir: Path) -> Embedder:
    """The model that comes with ingestd."""
    command.config(tmp_path, models_dir, tmp_path)
    return System(loading.load(tmp_path / "ingestd.toml")).embedder


def own_memory() -> int:
    """Return what this process holds for itself alone, in MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    rollup = Path("/proc/self/smaps_rollup").read_text()
    found = re.search(r"^Anonymous:\s+(\d+)", rollup, re.MULTILINE)
    assert found is not None
    return int(found.group(1)) // 1000


def test_what_calls_have_left_is_given_back_once(embedder: Embedder) -> None:
    """Texts of many lengths leave much; after a rest it is gone, and vectors are what they were."""
    texts = ["notice " * count for count in range(1, 240, 9)]
    before = embedder.embed(texts)
    tokens = embedder.embed_tokens(texts[:3])
    held = own_memory()

    assert not embedder.release(3600)
    assert embedder.release(0)
    assert own_memory() < held - 30
    assert not embedder.release(0)

    np.testing.assert_allclose(embedder.embed(texts), before, atol=1e-5)
    for one, other in zip(embedder.embed_tokens(texts[:3]), tokens, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert embedder.release(0)


def test_a_model_at_work_is_left_alone(embedder: Embedder) -> None:
    """What is asked for in the middle of a call comes to nothing, and the call to its end."""
    embedder.embed(["ready"])
    texts = [f"rule {number} " * 60 for number in range(64)]
    done: list[int] = []
    work = threading.Thread(target=lambda: done.append(len(embedder.embed(texts))))

    work.start()
    released = []
    while work.is_alive():
        released.append(embedder.release(0))
        work.join(0.02)

    assert done == [64]
    # Before its first and after its last batch the model is at rest.
    assert released.count(True) <= 2
    assert released.count(False) > 3
