"""The redaction policy: which kinds of personal data are masked; a part of the recipe."""

from __future__ import annotations

from dataclasses import dataclass

from ingestd.model.ids import digest

RULES_VERSION = "4"
"""Changes whenever ingestd's own rules would mask another piece of some text."""

DEFAULT_ENTITIES = (
    "CREDIT_CARD",
    "CRYPTO",
    "EMAIL_ADDRESS",
    "IBAN_CODE",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "PHONE_NUMBER",
    "UK_NHS",
    "US_ITIN",
    "US_SSN",
)
"""Identifiers with a form of their own, in Presidio's names."""


@dataclass(frozen=True, slots=True)
class RedactionPolicy:
    """What is masked."""

    enabled: bool = True
    entities: tuple[str, ...] = DEFAULT_ENTITIES
    deny: tuple[str, ...] = ()
    """Phrases of the user's own, masked as `<DENIED_PHRASE>`."""
    phone_regions: tuple[str, ...] = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
    threshold: float = 0.4
    """The score from which on a framework's finding counts."""

    def fingerprint(self, framework_version: str) -> str:
        """Name the rules together with the version of the framework that applies them."""
        return digest(
            "redaction",
            RULES_VERSION,
            framework_version,
            str(self.enabled),
            *sorted(self.entities),
            "\0deny",
            *sorted(self.deny),
            "\0regions",
            *sorted(self.phone_regions),
            str(self.threshold),
        )
