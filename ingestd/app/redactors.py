"""Redactors for a policy: the child's with Presidio, the main process's without."""

from __future__ import annotations

from ingestd.backends import presidio
from ingestd.ports.recognizer import Recognizer
from ingestd.redaction.policy import RedactionPolicy
from ingestd.redaction.recognizers import structured
from ingestd.redaction.redactor import Redactor


def in_child(policy: RedactionPolicy) -> Redactor:
    """Build the redactor of documents; imports Presidio."""
    if not policy.enabled:
        return Redactor(())
    found: list[Recognizer] = list(structured(policy.entities, policy.deny))
    found += presidio.recognizers(policy.entities, policy.phone_regions, policy.threshold)
    return Redactor(found)


def in_main(policy: RedactionPolicy) -> Redactor:
    """Build the redactor of names and of what is shown: pure recognizers alone."""
    return Redactor(structured(policy.entities, policy.deny) if policy.enabled else ())


def fingerprint(policy: RedactionPolicy) -> str:
    """Name the policy and the framework that applies it; part of the recipe."""
    return policy.fingerprint(presidio.package_version())
