"""The policy that a config means: its files read, its patterns tried, or refused with the key."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import regex

from ingestd.app.credentials import credential
from ingestd.config.loading import Config, nearest
from ingestd.config.schema import NerSection, PatternSection
from ingestd.errors import ConfigError, RuleTooSlow
from ingestd.redaction.actions import Action, Kind
from ingestd.redaction.catalogue import DEFAULT_ENTITIES, ENTITIES
from ingestd.redaction.custom import CHECKS, CustomPattern, CustomRecognizer
from ingestd.redaction.policy import NerModel, RedactionPolicy

ALL_DEFAULTS = "DEFAULT"
"""Stands for every default entity in `redaction.entities`."""
_LEAST_KEY = 16
_LABELS = {
    "PER": "PERSON", "PERSON": "PERSON", "PERS": "PERSON", "LOC": "LOCATION", "GPE": "LOCATION",
    "LOCATION": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION", "NORP": "NRP",
    "ORGANIZATION": "ORGANIZATION",
}  # fmt: skip
"""Labels of the common models, in Presidio's names."""


def made(config: Config) -> RedactionPolicy:
    """Build the policy; raises ConfigError."""
    return _Maker(config).made()


class _Maker:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._section = config.file.redaction
        self._where = f"{config.origin}: " if config.origin else ""

    def made(self) -> RedactionPolicy:
        section = self._section
        patterns = tuple(self._pattern(i, p) for i, p in enumerate(section.patterns))
        policy = RedactionPolicy(
            enabled=section.enabled,
            entities=self._entities(),
            deny=tuple(section.deny),
            allow=tuple(section.allow),
            patterns=patterns,
            gazetteers=self._gazetteers(),
            phone_regions=self._regions(),
            ner=self._ner(section.ner) if section.ner.model else None,
        )
        actions = self._actions(policy)
        wants_key = any(Action.parse(word).kind is Kind.PSEUDONYM for word in actions.values())
        return replace(policy, actions=actions, key=self._key() if wants_key else b"")

    def _wrong(self, key: str, fault: str) -> ConfigError:
        return ConfigError(f"{self._where}redaction.{key}: {fault}")

    def _entities(self) -> tuple[str, ...]:
        found: list[str] = []
        for entity in self._section.entities:
            if entity == ALL_DEFAULTS:
                found += DEFAULT_ENTITIES
            elif entity in ENTITIES:
                found.append(entity)
            else:
                raise self._wrong(
                    "entities",
                    f"unknown entity {entity!r}{nearest(entity, ENTITIES)}; known are "
                    f"{ALL_DEFAULTS}, {', '.join(ENTITIES)}",
                )
        return tuple(dict.fromkeys(found))

    def _regions(self) -> tuple[str, ...]:
        from phonenumbers import SUPPORTED_REGIONS

        for region in self._section.phone_regions:
            if region not in SUPPORTED_REGIONS:
                hint = "; the United Kingdom is GB" if region == "UK" else ""
                raise self._wrong(
                    "phone_regions", f"unknown region {region!r}; ISO 3166 codes, like GB{hint}"
                )
        return tuple(self._section.phone_regions)

    def _pattern(self, index: int, given: PatternSection) -> CustomPattern:
        key = f"patterns[{index}] ({given.entity})"
        if given.checksum and given.checksum not in CHECKS:
            known = ", ".join(CHECKS)
            raise self._wrong(
                f"{key}.checksum",
                f"unknown check {given.checksum!r}{nearest(given.checksum, CHECKS)}; "
                f"known are {known}",
            )
        pattern = CustomPattern(given.entity, given.regex, given.checksum, given.ignore_case)
        try:
            recognizer = CustomRecognizer(pattern)
            recognizer.probe()
        except regex.error as error:
            raise self._wrong(f"{key}.regex", f"not a regular expression: {error}") from error
        except RuleTooSlow as error:
            raise self._wrong(
                f"{key}.regex", f"{error}; write it without nested repeats like (a+)+"
            ) from error
        return pattern

    def _gazetteers(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for index, given in enumerate(self._section.gazetteers):
            key = f"gazetteers[{index}].file"
            path = self._config.base / Path(given.file).expanduser()
            try:
                lines = path.read_text(encoding=given.encoding).splitlines()
            except LookupError as error:
                raise self._wrong(
                    f"gazetteers[{index}].encoding", f"unknown encoding {given.encoding!r}"
                ) from error
            except UnicodeDecodeError as error:
                raise self._wrong(
                    key,
                    f"{path}: not {given.encoding} at byte {error.start}; set its encoding, or "
                    "convert it: iconv -t utf-8",
                ) from error
            except OSError as error:
                raise self._wrong(key, f"{path}: cannot be read: {error.strerror}") from error
            phrases = tuple(
                line.strip() for line in lines if line.strip() and not line.startswith("#")
            )
            if any("\0" in phrase for phrase in phrases):
                raise self._wrong(
                    key, f"{path}: holds zero bytes, so it is not {given.encoding}; UTF-16 perhaps?"
                )
            if not phrases:
                raise self._wrong(key, f"{path}: holds no phrase; one a line")
            found[given.entity] = (*found.get(given.entity, ()), *phrases)
        return found

    def _actions(self, policy: RedactionPolicy) -> dict[str, str]:
        known = policy.known_entities
        for entity, word in self._section.actions.items():
            if entity not in known:
                hint = nearest(entity, known)
                raise self._wrong(
                    f"actions.{entity}",
                    f"this policy finds no such entity{hint}; it must be in redaction.entities",
                )
            try:
                Action.parse(word)
            except ValueError as error:
                known_kinds = "mask, pseudonym, keep_last:N, drop, veto"
                fault = str(error) if word.split(":")[0] in list(Kind) else f"one of {known_kinds}"
                raise self._wrong(f"actions.{entity}", f"{word!r}: {fault}") from error
        return {entity: str(Action.parse(w)) for entity, w in self._section.actions.items()}

    def _key(self) -> bytes:
        given = self._section.key_file
        if not given:
            raise self._wrong(
                "key_file",
                "missing; pseudonyms need a key. Make one: openssl rand -hex 32 > pseudonym.key",
            )
        key = credential(self._config, given, "redaction.key_file").strip()
        if len(key) < _LEAST_KEY:
            raise self._wrong(
                "key_file",
                f"{given}: {len(key)} bytes are too few for a key; at least {_LEAST_KEY}: "
                "openssl rand -hex 32",
            )
        return key

    def _ner(self, given: NerSection) -> NerModel:
        folder = self._config.base / Path(given.model).expanduser()
        if not folder.is_dir():
            raise self._wrong("ner.model", f"{folder}: no such folder; nothing is downloaded")
        if (folder / "meta.json").is_file() and (folder / "config.cfg").is_file():
            kind = "spacy"
        elif (folder / "config.json").is_file():
            kind = "transformers"
        else:
            raise self._wrong(
                "ner.model",
                f"{folder}: neither a spaCy pipeline (meta.json, config.cfg) nor a transformers "
                "token classifier (config.json)",
            )
        labels = given.labels or _labels_of(folder, kind)
        if not labels:
            raise self._wrong(
                "ner.labels",
                'none of the model\'s labels is known; name them: {PER = "PERSON"}',
            )
        return NerModel(str(folder), kind, labels, given.threshold, _fingerprint(folder))


def _labels_of(folder: Path, kind: str) -> dict[str, str]:
    """Return those of a model's labels that have a name here."""
    if kind == "spacy":
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        names = [label for several in meta.get("labels", {}).values() for label in several]
    else:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = list(config.get("id2label", {}).values())
    plain = {str(name).removeprefix("B-").removeprefix("I-") for name in names}
    return {name: _LABELS[name.upper()] for name in sorted(plain) if name.upper() in _LABELS}


def _fingerprint(folder: Path) -> str:
    """Name a model by its files: names, sizes, and what the small ones hold."""
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        found.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as stream:
            found.update(stream.read(65536))
            if size > 131072:
                stream.seek(-65536, os.SEEK_END)
                found.update(stream.read())
    return found.hexdigest()[:16]
