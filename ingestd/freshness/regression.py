"""Retrieval beside its baseline: recall, MRR, nDCG, and whether a loss is more than chance.

McNemar's exact test (McNemar, Psychometrika 1947, as a binomial test on the discordant pairs).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ingestd.model.check import Regression
from ingestd.model.golden import GoldenQuestion
from ingestd.model.index import Hit
from ingestd.values.texts import normalised

_SIGNIFICANT = 0.05


def rank_of(question: GoldenQuestion, hits: Sequence[Hit]) -> int:
    """Return where the first passage that should be found stands, from 1; 0: nowhere."""
    wanted = [(r.source, r.path, normalised(r.text)) for r in question.references]
    for hit in hits:
        text = normalised(hit.row.text)
        for source, path, passage in wanted:
            if source and hit.row.source != source:
                continue
            if path and hit.row.path != path:
                continue
            if passage and passage not in text and text not in passage:
                continue
            return hit.rank
    return 0


def regression(
    ranks: Sequence[tuple[int, int | None]], k: int, least_change: float
) -> Regression | None:
    """Compare ranks with the baseline's, each pair one question's; at most `k` counts as found."""
    if not ranks:
        return None
    now = [r if 0 < r <= k else 0 for r, _ in ranks]
    found = sum(r > 0 for r in now)
    recall = found / len(now)
    pairs = [
        (after > 0, 0 < before <= k)
        for after, (_, before) in zip(now, ranks, strict=True)
        if before is not None
    ]
    lost = sum(before and not after for after, before in pairs)
    gained = sum(after and not before for after, before in pairs)
    p_value = mcnemar(lost, gained) if pairs else None
    baseline = sum(before for _, before in pairs) / len(pairs) if pairs else None
    dropped = (lost - gained) / len(pairs) if pairs else 0.0
    return Regression(
        questions=len(now),
        recall=recall,
        mrr=sum(1 / r for r in now if r) / len(now),
        ndcg=sum(1 / math.log2(r + 1) for r in now if r) / len(now),
        baseline_recall=baseline,
        lost=lost,
        gained=gained,
        p_value=p_value,
        regressed=p_value is not None and p_value < _SIGNIFICANT and dropped >= least_change,
    )


def mcnemar(lost: int, gained: int) -> float:
    """Return the exact two-sided p-value of so many losses beside so many gains."""
    several = lost + gained
    if several == 0:
        return 1.0
    tail = sum(math.comb(several, n) for n in range(min(lost, gained) + 1))
    return min(1.0, 2.0 * float(tail / 2**several))
