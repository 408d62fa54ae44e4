"""Re-ordering candidates by the vectors of their tokens.

MaxSim after Khattab and Zaharia, "ColBERT", SIGIR 2020, on the embedder's own token vectors. Each
token of the question counts by how far the best candidate stands out on it: a word that all the
candidates match says nothing about which of them answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingestd.model.index import Vector


def interactions(question: Vector, passages: Sequence[Vector]) -> npt.NDArray[np.float32]:
    """Score passages against a question, each shape (tokens, dimensions).

    Returns one score a passage, from -1 to 1.
    """
    best = np.stack(
        [(question @ passage.astype(np.float32, copy=False).T).max(axis=1) for passage in passages]
    )
    weights = best.max(axis=0) - best.mean(axis=0) + 1e-6
    return np.asarray(best @ (weights / weights.sum()), dtype=np.float32)


def blend(
    scores: Sequence[float], late: npt.NDArray[np.float32], weight: float
) -> npt.NDArray[np.float64]:
    """Add both up after stretching each over the candidates to reach from 0 to 1."""
    return weight * _stretched(late) + (1 - weight) * _stretched(np.asarray(scores))


def _stretched(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low) if high > low else values * 0 + 1.0)
