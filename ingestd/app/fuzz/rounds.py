"""Rounds: plant into a copy of the documents, run the real pipeline over it, look, begin again."""

from __future__ import annotations

import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ingestd.app import passes
from ingestd.app.build import System
from ingestd.app.fuzz import carriers, looking, originals
from ingestd.app.fuzz.looking import SOURCE, Sighting
from ingestd.app.fuzz.originals import Original, Told
from ingestd.app.fuzz.report import FuzzReport, Leak
from ingestd.app.fuzz.reproducing import is_no_leak, reproduce
from ingestd.app.opening import writing
from ingestd.backends.filesystem.files import LocalFiles
from ingestd.backends.memory.embedder import HashEmbedder
from ingestd.config.loading import Config
from ingestd.errors import UsageError
from ingestd.fuzzing.leaks import kept, words_of
from ingestd.fuzzing.planting import Planter, Planting
from ingestd.fuzzing.values import Maker, makers
from ingestd.model.ids import DocPath, doc_id
from ingestd.model.ledger import DocState
from ingestd.model.passes import DocumentDone, Plan
from ingestd.model.source import Source
from ingestd.redaction.actions import Action, Kind
from ingestd.redaction.phrases import DENIED
from ingestd.redaction.policy import RedactionPolicy

_CHARACTERS_EACH = 90
"""Of a document, for one planting: with much less, values stand beside each other."""
_NAMED = 0.05
"""The share of documents whose file name gets a value, too."""
_ASKED = 30
"""Planted values that each round asks the index about."""
_REPRODUCED = 25
_LEAST_PHRASE = 4
_log = logging.getLogger("ingestd.fuzz")


def run(
    config: Config,
    paths: Sequence[str],
    *,
    trials: int,
    seed: int,
    told: Told,
    reproducers: Path,
) -> FuzzReport:
    """Plant `trials` values, look for each, and write a minimal file for each way of leaking."""
    report = FuzzReport(seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ingestd-fuzz-") as scratch:
        system = System(config)
        try:
            found = _makers(system.policy, report)
            documents, refused = originals.read(
                system, originals.sources_of(config, paths), Path(scratch) / "originals", told
            )
            report.not_planted.update(refused)
            if not documents:
                raise UsageError(
                    "fuzz: nothing to plant in: no document here is of a kind that can be written "
                    "back. Markdown, text, HTML, CSV, JSON, e-mail, Office files and PDFs can"
                )
            rounds = _Rounds(system, Planter(found, seed), report, told, Path(scratch), reproducers)
            rounds.until(trials, documents)
        finally:
            system.close()
    report.seconds = time.monotonic() - began
    return report


def _makers(policy: RedactionPolicy, report: FuzzReport) -> dict[str, Maker]:
    """Return what invents values, and note of which entities none are planted."""
    for entity, word in policy.actions.items():
        kind = Action.parse(word).kind
        if kind in (Kind.VETO, Kind.DROP, Kind.KEEP_LAST):
            report.not_planted[entity] = f"its action is {kind}"
    several = {DENIED: policy.deny, **policy.gazetteers}
    phrases = {e: [p for p in own if len(p) >= _LEAST_PHRASE] for e, own in several.items()}
    found = makers(policy.known_entities, phrases)
    for entity in sorted(policy.known_entities - found.keys() - {DENIED}):
        report.not_planted.setdefault(entity, "no values of it can be invented")
    left = {entity: make for entity, make in found.items() if entity not in report.not_planted}
    if not left:
        raise UsageError("fuzz: the policy finds no entity of which values can be invented")
    return left


class _Rounds:
    def __init__(
        self,
        system: System,
        planter: Planter,
        report: FuzzReport,
        told: Told,
        scratch: Path,
        reproducers: Path,
    ) -> None:
        self._system = system
        self._planter = planter
        self._report = report
        self._told = told
        self._scratch = scratch
        self._reproducers = reproducers
        self._chance = random.Random(report.seed)  # noqa: S311 (repeatable on purpose)
        self._known: set[tuple[DocPath, int]] = set()

    def until(self, trials: int, documents: Sequence[Original]) -> None:
        """Go round until so many values are planted, or none can be."""
        number = 0
        while self._report.trials < trials:
            before = self._report.trials
            self._round(number, documents, trials)
            if self._report.trials == before:
                return
            number += 1

    def _round(self, number: int, documents: Sequence[Original], trials: int) -> None:
        self._known.clear()
        docs = self._scratch / f"planted-{number}"
        state = self._scratch / f"state-{number}"
        planted: dict[DocPath, list[Planting]] = {}
        by_path: dict[DocPath, Original] = {}
        for original in self._chance.sample(documents, len(documents)):
            left = trials - self._report.trials
            if left <= 0:
                break
            made, path = self._planted(original, docs, left)
            if made:
                identity = LocalFiles().identity(os.fsencode(str(path)))
                planted[identity], by_path[identity] = made, original
                self._report.trials += len(made)
                self._report.planted.update(
                    (p.value.entity_type, p.disguise, p.boundary.value) for p in made
                )
        if planted:
            with self._logged() as log:
                self._indexed(number, docs, state, planted, by_path)
            self._found(docs, looking.in_log(log.read_text("utf-8", "replace"), planted))
            self._found(docs, looking.on_disk(state, planted))
        shutil.rmtree(docs, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)

    def _planted(self, original: Original, docs: Path, left: int) -> tuple[list[Planting], Path]:
        """Write one document with values in it, and return them with its path."""
        if original.carrier is None:
            raise AssertionError("documents without a carrier were left out")
        most = min(left, max(1, original.length // _CHARACTERS_EACH))
        carrier = carriers.encoded(original.carrier, self._chance)
        pieces, made = self._planter.plant(carrier, most, original.starts, original.grams)
        path = Path(original.path)
        if len(made) < left and self._chance.random() < _NAMED:
            named = self._planter.name(path.stem, original.grams)
            if named is not None:
                path = path.with_name(named[0] + path.suffix)
                made.append(named[1])
        if made:
            target = docs / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(carrier.write(pieces))
        return made, path

    def _indexed(
        self,
        number: int,
        docs: Path,
        state: Path,
        planted: dict[DocPath, list[Planting]],
        by_path: dict[DocPath, Original],
    ) -> None:
        """Run the real pipeline over the planted documents into a state folder of their own."""
        done = 0

        def told(plan: Plan, one: DocumentDone | None) -> None:
            nonlocal done
            if one is not None:
                done += 1
                _log.info("%s %s", one.path, one.reason)
            self._told(f"indexing, round {number + 1}", done, len(plan.steps))

        with writing(self._config(docs, state)) as system:
            if number:
                # More rounds ask the same of the model: their vectors are made of words alone.
                system.embedder = HashEmbedder(system.model.dimensions)
            passes.sync(system, told)
            self._drop_refused(system, planted)
            self._report.documents += len(planted)
            self._found(docs, looking.in_index(system, planted))
            everything = [(path, one) for path, made in planted.items() for one in made]
            asked = self._chance.sample(everything, min(_ASKED, len(everything)))
            self._found(docs, looking.in_answers(system, asked))
            for path in planted:
                original = by_path[path]
                rows = system.store.rows([doc_id(SOURCE, path)])[:1]
                versions = system.store.versions(doc_id(SOURCE, path))[:1]
                texts = [*(row.title for row in rows), *(v.redacted_text for v in versions)]
                self._report.words += original.words.total()
                self._report.words_kept += kept(original.words, words_of(" ".join(texts)))

    def _drop_refused(self, system: System, planted: dict[DocPath, list[Planting]]) -> None:
        """Count nothing that was planted in what was not indexed: there, nothing can be seen."""
        for entry in system.ledger.entries(SOURCE):
            made = planted.get(entry.path)
            if made is None or entry.state is DocState.INDEXED:
                continue
            del planted[entry.path]
            self._report.trials -= len(made)
            self._report.planted.subtract(
                (p.value.entity_type, p.disguise, p.boundary.value) for p in made
            )
            self._report.not_planted[entry.shown_path] = f"with values in it: {entry.reason}"

    def _config(self, docs: Path, state: Path) -> Config:
        config = self._system.config
        models = self._system.models_dir
        if not models.is_dir():
            models = self._scratch / "models"
        embedding = config.file.embedding.model_copy(update={"models_dir": str(models)})
        # In which order hits come is no matter here, and ordering them is dear.
        retrieval = config.file.retrieval.model_copy(update={"rerank": 0})
        return replace(
            config,
            file=config.file.model_copy(update={"embedding": embedding, "retrieval": retrieval}),
            state_dir=state,
            sources=(Source(SOURCE, docs),),
        )

    @contextmanager
    def _logged(self) -> Iterator[Path]:
        """Write all that is logged, at every level, into a file."""
        path = self._scratch / "log"
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield path
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
            handler.close()

    def _found(self, docs: Path, sightings: Iterable[Sighting]) -> None:
        for sighting in sightings:
            planting = sighting.planting
            if (sighting.path, id(planting)) in self._known:
                continue
            self._known.add((sighting.path, id(planting)))
            known = (planting.value.entity_type, planting.disguise, planting.boundary.value)
            leak = Leak(*known, planting.across, sighting.path, sighting.where, sighting.seen)
            written = [o for o in self._report.leaks if o.reproducer]
            same = any((o.entity_type, o.disguise, o.boundary) == known for o in written)
            file = docs / sighting.path
            if file.is_file() and is_no_leak(self._system, file, planting):
                continue
            if not same and len(written) < _REPRODUCED and file.is_file():
                target = reproduce(self._system, file, planting, self._reproducers)
                leak = replace(leak, reproducer=str(target))
            self._report.leaks.append(leak)
