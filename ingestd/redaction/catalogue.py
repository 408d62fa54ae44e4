"""Every kind of personal data that ingestd knows, and the recognizers that find it."""

from __future__ import annotations

from collections.abc import Iterable

from ingestd.ports.recognizer import Recognizer
from ingestd.redaction import civil, contacts, national, payments, secrets
from ingestd.redaction.patterns import NearDigits, PatternRecognizer
from ingestd.redaction.phones import PhoneRecognizer

_NATIONAL = tuple(dict.fromkeys(p.entity_type for p in (*national.NATIONAL, national.PAN)))

DEFAULT_ENTITIES = tuple(
    sorted(
        (
            "ABA_ROUTING_NUMBER",
            "CREDIT_CARD",
            "CRYPTO",
            "DATE_OF_BIRTH",
            "DRIVER_LICENSE",
            "EMAIL_ADDRESS",
            "IBAN_CODE",
            "IP_ADDRESS",
            "MAC_ADDRESS",
            "PASSPORT",
            "PHONE_NUMBER",
            "SECRET",
            *_NATIONAL,
        )
    )
)
"""Identifiers with a form, a check digit or a telling word of their own; in Presidio's names."""

OPTIONAL_ENTITIES = ("DOMAIN_NAME", "POSTAL_CODE", "STREET_ADDRESS", "URL")
"""Known, and masked where the config asks for it: documents are full of innocent ones."""

ENTITIES = tuple(sorted((*DEFAULT_ENTITIES, *OPTIONAL_ENTITIES)))

_NEAR_DIGITS: tuple[PatternRecognizer, ...] = (*national.NATIONAL, payments.ROUTING)
_ANYWHERE: tuple[PatternRecognizer, ...] = (
    contacts.MAC,
    contacts.URL,
    contacts.DOMAIN,
    *contacts.ADDRESS,
    *contacts.POSTAL_CODE,
    *payments.CRYPTO,
    *secrets.SECRETS,
    civil.PASSPORT,
    civil.DRIVER_LICENSE,
    civil.DATE_OF_BIRTH,
    national.PAN,
)


def recognizers(entities: Iterable[str], phone_regions: Iterable[str]) -> list[Recognizer]:
    """Return what finds these kinds of personal data."""
    wanted = frozenset(entities)
    found: list[Recognizer] = [p for p in _ANYWHERE if p.entity_type in wanted]
    numbers = [p for p in _NEAR_DIGITS if p.entity_type in wanted]
    if numbers:
        found.append(NearDigits(numbers))
    others: tuple[tuple[str, Recognizer], ...] = (
        ("CREDIT_CARD", payments.CardRecognizer()),
        ("EMAIL_ADDRESS", contacts.EmailRecognizer()),
        ("IBAN_CODE", payments.IbanRecognizer()),
        ("IP_ADDRESS", contacts.IpRecognizer()),
        ("PHONE_NUMBER", PhoneRecognizer(tuple(phone_regions))),
        ("SECRET", secrets.NamedSecretRecognizer()),
    )
    return found + [recognizer for entity, recognizer in others if entity in wanted]
