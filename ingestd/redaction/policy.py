"""The redaction policy: what is masked, and how; a part of the recipe."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ingestd.model.ids import digest
from ingestd.redaction.catalogue import DEFAULT_ENTITIES
from ingestd.redaction.custom import CustomPattern
from ingestd.redaction.phrases import DENIED
from ingestd.redaction.regions import PHONE_REGIONS

RULES_VERSION = "9"
"""Changes whenever ingestd's own rules would mask another piece of some text."""


@dataclass(frozen=True, slots=True)
class NerModel:
    """A model of the user's that finds names, places and organisations."""

    path: str
    kind: str
    """`spacy` or `transformers`."""
    labels: Mapping[str, str]
    """The model's labels, and the entity type of each."""
    threshold: float
    fingerprint: str


@dataclass(frozen=True, slots=True)
class RedactionPolicy:
    """What is masked."""

    enabled: bool = True
    entities: tuple[str, ...] = DEFAULT_ENTITIES
    deny: tuple[str, ...] = ()
    """Phrases of the user's own, masked as `<DENIED_PHRASE>`."""
    allow: tuple[str, ...] = ()
    """Values that are never masked."""
    patterns: tuple[CustomPattern, ...] = ()
    gazetteers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Phrases by entity type, whole words."""
    actions: Mapping[str, str] = field(default_factory=dict)
    """By entity type, as `Action.parse` reads them; what is not named is masked."""
    key: bytes = b""
    """Of the pseudonyms."""
    phone_regions: tuple[str, ...] = PHONE_REGIONS
    ner: NerModel | None = None

    @property
    def known_entities(self) -> frozenset[str]:
        """Every entity type that this policy can find."""
        return frozenset(
            (
                *self.entities,
                *(pattern.name for pattern in self.patterns),
                *self.gazetteers,
                *(self.ner.labels.values() if self.ner else ()),
                DENIED,
            )
        )

    def fingerprint(self, library_versions: str) -> str:
        """Name the rules together with the versions of the libraries that apply them."""
        rules = asdict(self)
        rules["key"] = hmac.new(self.key, b"ingestd", hashlib.sha256).hexdigest()
        for name in ("entities", "deny", "allow", "phone_regions"):
            rules[name] = sorted(rules[name])
        rules["gazetteers"] = {k: sorted(v) for k, v in sorted(self.gazetteers.items())}
        if self.ner is not None:
            rules["ner"].pop("path")
        return digest(
            "redaction", RULES_VERSION, library_versions, json.dumps(rules, sort_keys=True)
        )

    def to_wire(self) -> dict[str, Any]:
        """Write it as JSON values, key included: for a pipe, never for a file or an argument."""
        return {**asdict(self), "key": self.key.hex()}

    @classmethod
    def from_wire(cls, rules: Mapping[str, Any]) -> RedactionPolicy:
        """Read what `to_wire` wrote."""
        return cls(
            enabled=rules["enabled"],
            entities=tuple(rules["entities"]),
            deny=tuple(rules["deny"]),
            allow=tuple(rules["allow"]),
            patterns=tuple(CustomPattern(**pattern) for pattern in rules["patterns"]),
            gazetteers={k: tuple(v) for k, v in rules["gazetteers"].items()},
            actions=rules["actions"],
            key=bytes.fromhex(rules["key"]),
            phone_regions=tuple(rules["phone_regions"]),
            ner=NerModel(**rules["ner"]) if rules["ner"] else None,
        )
