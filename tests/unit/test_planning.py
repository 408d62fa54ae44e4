"""Planning over real files: which of two spellings of one name is the document."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from ingestd.backends.filesystem.files import LocalFiles
from ingestd.backends.memory.ledger import MemoryLedger
from ingestd.backends.memory.store import MemoryStore
from ingestd.ingest.planning import Planner
from ingestd.model.ledger import DocState, LedgerEntry
from ingestd.model.passes import Plan
from ingestd.model.recipe import Recipe
from ingestd.model.source import Source

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RECIPE = Recipe.parse("a.b.c.d")


def planned(root: Path, ledger: MemoryLedger) -> Plan:
    """What a pass would do."""
    return Planner(LocalFiles(), ledger, MemoryStore(), RECIPE).plan([Source("docs", root)], NOW)


def settle(plan: Plan, ledger: MemoryLedger) -> None:
    """Have the ledger know what was planned."""
    for step in plan.steps:
        assert step.file is not None
        entry = LedgerEntry(
            step.source.name, step.path, step.file.real_path, step.path, DocState.INDEXED, "",
            step.file.stat, step.content_hash, str(RECIPE), (), None, step.content_hash, 1, 1, {},
            0, None, NOW,
        )  # fmt: skip
        ledger.record([entry])


def test_of_two_spellings_the_first_in_byte_order_is_the_document(tmp_path: Path) -> None:
    """Whether it was there before or comes later; the other makes no work, however often."""
    composed, decomposed = (unicodedata.normalize(form, "é.md") for form in ("NFC", "NFD"))
    assert decomposed.encode() < composed.encode()
    ledger = MemoryLedger()
    (tmp_path / composed).write_text("composed")
    settle(planned(tmp_path, ledger), ledger)
    assert (planned(tmp_path, ledger).steps, planned(tmp_path, ledger).unchanged) == ((), 1)

    (tmp_path / decomposed).write_text("decomposed")
    plan = planned(tmp_path, ledger)
    (step,) = plan.steps
    assert (step.action, step.path) == ("modify", composed)
    assert step.file is not None
    assert step.file.real_path == decomposed.encode()
    settle(plan, ledger)
    assert (planned(tmp_path, ledger).steps, planned(tmp_path, ledger).unchanged) == ((), 1)

    (tmp_path / composed).write_text("composed again, and looked at no more")
    assert planned(tmp_path, ledger).steps == ()
    (tmp_path / decomposed).unlink()
    (step,) = planned(tmp_path, ledger).steps
    assert step.action == "modify"
