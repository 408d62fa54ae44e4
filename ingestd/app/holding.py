"""Deletions that are held back: looked for in every pass, and approved by a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ingestd.app.build import System
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.config.loading import nearest
from ingestd.errors import UsageError
from ingestd.ingest.holding import HoldPolicy, hold, is_elsewhere
from ingestd.model.passes import Action, Plan
from ingestd.ports.ledger import Ledger


def held(system: System, ledger: Ledger, made: Plan) -> Plan:
    """Hold a plan's deletions back where they are too many to be meant."""
    if not any(step.action is Action.DELETE for step in made.steps):
        return made
    known = {one.name: one for one in ledger.sources()}
    return hold(made, known, ledger.indexed(), _policy(system), system.now())


def refuse_loss(system: System, made: Plan) -> None:
    """Refuse to build an index anew that lacks much of what the old one has."""
    known = {one.name: one for one in system.ledger.sources()}
    there = Counter(step.source.name for step in made.steps)
    before = Counter(
        entry.source
        for entry in system.ledger.entries()
        if entry.indexed_hash is not None and entry.container is None
    )
    for source in made.sources:
        name = source.name
        lost = before[name] - there[name]
        approved = name in known and known[name].approved
        is_much = _policy(system).forbids(lost, before[name])
        if approved or lost <= 0 or not (is_much or is_elsewhere(made, name, known.get(name))):
            continue
        if name in known:
            system.ledger.record_source(replace(known[name], held=lost))
        raise UsageError(
            f"reindex: {lost} of the {before[name]} documents of {name} are not there. If that is "
            f"meant: ingestd approve {name}. Nothing was changed"
        )


def approve(system: System, name: str) -> int:
    """Let a source's deletions that are held back go in the next pass; return how many.

    A daemon may be running: this writes beside it.
    """
    ledger = SqliteLedger(Database(system.folder.ledger))
    known = {one.name: one for one in ledger.sources()}
    if name not in known:
        raise UsageError(
            f"{name}: no such source{nearest(name, known)}; there are {', '.join(known) or 'none'}"
        )
    if not known[name].held:
        raise UsageError(f"{name}: nothing is held back; see: ingestd status")
    ledger.record_source(replace(known[name], approved=True))
    return known[name].held


def _policy(system: System) -> HoldPolicy:
    section = system.config.file.index
    return HoldPolicy(section.hold_documents, section.hold_share)
