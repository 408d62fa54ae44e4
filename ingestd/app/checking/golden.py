"""The golden questions of a config, with what only the system knows against them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ingestd.app.build import System
from ingestd.config.golden import loading
from ingestd.config.loading import Config, nearest
from ingestd.errors import UsageError
from ingestd.model.golden import GoldenQuestion, Static


def golden_path(system: System, given: Path | None = None) -> Path:
    """Return where the golden questions are."""
    return path_of(system.config, given)


def path_of(config: Config, given: Path | None = None) -> Path:
    """Return where a config's golden questions are."""
    if given is not None:
        return given
    return config.base / Path(config.file.freshness.golden).expanduser()


def questions(
    system: System, path: Path, ids: Collection[str] = (), tags: Collection[str] = ()
) -> list[GoldenQuestion]:
    """Return the questions of a file, or those that are asked for."""
    everything = [
        _fitted(system, question, path)
        for question in loading.load(path, system.config.file.freshness.locale)
    ]
    known = [question.id for question in everything]
    for wanted in ids:
        if wanted not in known:
            raise UsageError(f"{wanted}: no such question in {path}{nearest(wanted, known)}")
    chosen = [q for q in everything if not ids or q.id in ids]
    if tags:
        chosen = [q for q in chosen if not set(tags).isdisjoint(q.tags)]
        if not chosen:
            raise UsageError(f"{path}: no question has the tag {' or '.join(sorted(tags))}")
    return chosen


def _fitted(system: System, question: GoldenQuestion, path: Path) -> GoldenQuestion:
    faults = [*question.faults]
    at = f"{path}:{question.line}"
    if isinstance(question.truth, Static):
        for value in question.truth.values:
            masked = system.redactor.redact_text(value)
            if masked != value:
                faults.append(
                    f"{at}: truth: the redaction policy masks it ({masked}), so no answer can hold "
                    "it; ask for something else, or allow it in redaction.allow"
                )
    if question.bound:
        names = [source.name for source in system.config.sources]
        if not question.source and len(names) == 1:
            question = replace(question, source=names[0])
        elif not question.source:
            faults.append(
                f"{at}: source: {question.path!r} names no source; write it as source:path, with "
                f"one of {', '.join(names) or 'none'}"
            )
        elif names and question.source not in names:
            faults.append(
                f"{at}: source: no source {question.source!r}{nearest(question.source, names)}"
            )
    return replace(question, faults=tuple(faults))
