"""What is done with a finding: masked, given a keyed pseudonym, kept in part, dropped or vetoed."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ingestd.model.finding import Finding
from ingestd.redaction.shadow import folded


class Kind(StrEnum):
    """The actions there are."""

    MASK = "mask"
    """`<PHONE_NUMBER>`."""
    PSEUDONYM = "pseudonym"
    """`<EMAIL_ADDRESS:7f3a...>`: the same value is the same token everywhere, for one key."""
    KEEP_LAST = "keep_last"
    """`<CREDIT_CARD:…1111>`."""
    DROP = "drop"
    """The whole element goes: the paragraph, list item, table row."""
    VETO = "veto"
    """The document is not indexed at all."""


@dataclass(frozen=True, slots=True)
class Action:
    """One entity type's action."""

    kind: Kind = Kind.MASK
    keep: int = 0
    """How many of the last letters and digits `KEEP_LAST` keeps."""

    @classmethod
    def parse(cls, word: str) -> Action:
        """Read `mask`, `pseudonym`, `keep_last:4`, `drop` or `veto`; raises ValueError."""
        name, _, count = word.partition(":")
        kind = Kind(name)
        if kind is Kind.KEEP_LAST:
            if not count.isdigit() or not 1 <= int(count) <= MOST_KEPT:
                raise ValueError(f"how many to keep, from 1 to {MOST_KEPT}: keep_last:4")
            return cls(kind, int(count))
        if count:
            raise ValueError(f"{name} takes no number")
        return cls(kind)

    def __str__(self) -> str:
        """Write what `parse` reads."""
        return f"{self.kind}:{self.keep}" if self.kind is Kind.KEEP_LAST else str(self.kind)


MOST_KEPT = 6
_TOKEN = 16
_NUMBER_LIKE = re.compile(r"\d{7}")
_SUFFIX = rf"(?::(?:(?![0-9a-f]*\d{{7}})[0-9a-f]{{{_TOKEN}}}|…[^\W_]{{1,{MOST_KEPT}}}))?"


def placeholders(entities: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of what `replacement` writes for some entity types."""
    names = "|".join(sorted(map(re.escape, entities), key=len, reverse=True))
    return re.compile(rf"<(?P<entity>{names or '(?!)'}){_SUFFIX}>")


class Replacer:
    """Writes what stands in a finding's place."""

    def __init__(
        self,
        actions: Mapping[str, Action],
        key: bytes,
        canonical: Callable[[str, str], str] | None = None,
    ) -> None:
        self._actions = dict(actions)
        self._key = key
        self._canonical = canonical or plain

    def kind(self, entity_type: str) -> Kind:
        """Return the kind of an entity type's action."""
        return self._actions.get(entity_type, Action()).kind

    def replacement(self, finding: Finding, value: str) -> str:
        """Return the placeholder of a value."""
        entity = finding.entity_type
        action = self._actions.get(entity, Action())
        if action.kind is Kind.PSEUDONYM:
            return f"<{entity}:{self._token(entity, self._canonical(entity, value))}>"
        if action.kind is Kind.KEEP_LAST:
            kept = "".join(c for c in folded(value) if c.isalnum())
            # Of a short value less is kept: what is shown must not be most of it.
            count = min(action.keep, len(kept) // 3)
            return f"<{entity}:…{kept[-count:]}>" if count else f"<{entity}>"
        return f"<{entity}>"

    def _token(self, entity: str, value: str) -> str:
        digest = hmac.new(self._key, f"{entity}\0{value}".encode(), hashlib.sha256).hexdigest()
        # A token must not look like a number that another rule would mask.
        for start in range(len(digest) - _TOKEN):
            token = digest[start : start + _TOKEN]
            if not _NUMBER_LIKE.search(token):
                return token
        return "".join(chr(ord("a") + int(c, 16) % 6) for c in digest[:_TOKEN])


def plain(_: str, value: str) -> str:
    """Return the letters, digits and signs of a value that are the same however it is written."""
    return "".join(c for c in folded(value) if c.isalnum() or c in "@.+_").casefold()
