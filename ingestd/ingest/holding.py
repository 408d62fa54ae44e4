"""Holding back deletions: a folder that is suddenly empty is more often unmounted than meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingestd.model.ledger import KnownSource
from ingestd.model.passes import Action, Plan

_WINDOW = timedelta(hours=1)
"""Deletions within this count together: events of one `rm -r` come in several passes."""


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How much may go without asking; what is over both is held."""

    documents: int = 20
    share: float = 0.2

    def forbids(self, going: int, total: int) -> bool:
        """Say whether so many of a source's documents are too many."""
        return going > self.documents and going > self.share * total


def hold(
    plan: Plan,
    known: Mapping[str, KnownSource],
    indexed: Mapping[str, int],
    policy: HoldPolicy,
    now: datetime,
) -> Plan:
    """Take a source's deletions out of a plan where they can hardly be meant.

    That is where they are too many, where some are held already, and where the root is empty or
    lies on another device than before with nothing in it that was known.

    `indexed`: how many documents of each source the index holds. Renames are paired off before.
    """
    leaving = Counter(
        step.source.name
        for step in plan.steps
        if step.action is Action.DELETE and step.before is not None and step.before.indexed_hash
    )
    held: dict[str, int] = {}
    for name, count in leaving.items():
        source = known.get(name)
        if source is not None and source.approved:
            continue
        recent = _recent(source, now)
        is_much = policy.forbids(count + recent, indexed.get(name, 0) + recent)
        if is_much or is_elsewhere(plan, name, source) or (source is not None and source.held):
            held[name] = count
    if not held:
        return plan
    steps = tuple(
        step
        for step in plan.steps
        if step.action is not Action.DELETE or step.source.name not in held
    )
    return replace(plan, steps=steps, held=held)


def after(source: KnownSource, plan: Plan, now: datetime, *, whole: bool) -> KnownSource:
    """Return what is remembered of a source's deletions after a pass; `whole`: all was scanned."""
    gone = sum(
        step.action is Action.DELETE and step.source.name == source.name for step in plan.steps
    )
    held = plan.held.get(source.name, 0)
    recent = _recent(source, now)
    if gone:
        since = source.deleted_since if recent else now
        source = replace(source, deleted=recent + gone, deleted_since=since)
    if whole:
        root = plan.roots.get(source.name)
        if root is not None and not held:
            source = replace(source, device=root.device)
        return replace(source, held=held, approved=False)
    return replace(source, held=max(source.held, held))


def is_elsewhere(plan: Plan, name: str, source: KnownSource | None) -> bool:
    """Say whether a mount seems to be missing: nothing is there, or nothing that was known.

    A device's number alone says little: it may change at a boot.
    """
    root = plan.roots.get(name)
    if root is None:
        return False
    another = source is not None and source.device not in (None, root.device)
    return root.is_empty or (another and name not in plan.met)


def _recent(source: KnownSource | None, now: datetime) -> int:
    if source is None or source.deleted_since is None or now - source.deleted_since > _WINDOW:
        return 0
    return source.deleted
