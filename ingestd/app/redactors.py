"""Redactors for a policy: the same recognizers in every process; a model's only in the child."""

from __future__ import annotations

from importlib.metadata import version

from ingestd.ports.recognizer import Recognizer
from ingestd.redaction import catalogue, phones
from ingestd.redaction.actions import Action, Replacer, plain
from ingestd.redaction.custom import CustomRecognizer
from ingestd.redaction.phrases import DENIED, PhraseRecognizer
from ingestd.redaction.policy import NerModel, RedactionPolicy
from ingestd.redaction.redactor import Redactor

_LIBRARIES = ("phonenumbers", "python-stdnum")
"""Their tables say what a number is: another version may mask another piece of some text."""


def in_child(policy: RedactionPolicy) -> Redactor:
    """Build the redactor of documents; loads the user's model, where there is one."""
    models = (_model(policy.ner),) if policy.ner is not None and policy.enabled else ()
    return _redactor(policy, models)


def in_main(policy: RedactionPolicy) -> Redactor:
    """Build the redactor of names and of what is shown; it loads no model."""
    return _redactor(policy, ())


def fingerprint(policy: RedactionPolicy) -> str:
    """Name the policy and the libraries that apply it; part of the recipe."""
    return policy.fingerprint(" ".join(f"{name} {version(name)}" for name in _LIBRARIES))


def _redactor(policy: RedactionPolicy, models: tuple[Recognizer, ...]) -> Redactor:
    if not policy.enabled:
        return Redactor(())
    found = catalogue.recognizers(policy.entities, policy.phone_regions)
    phrases = {entity: tuple(several) for entity, several in policy.gazetteers.items()}
    if policy.deny:
        phrases[DENIED] = (*phrases.get(DENIED, ()), *policy.deny)
    if phrases:
        found.append(PhraseRecognizer(phrases))
    found += [CustomRecognizer(pattern) for pattern in policy.patterns]

    def canonical(entity: str, value: str) -> str:
        if entity == phones.ENTITY_TYPE:
            return phones.canonical(value, policy.phone_regions) or plain(entity, value)
        return plain(entity, value)

    actions = {entity: Action.parse(word) for entity, word in policy.actions.items()}
    return Redactor(
        found,
        models=models,
        replacer=Replacer(actions, policy.key, canonical),
        entities=policy.known_entities,
        allow=policy.allow,
    )


def _model(ner: NerModel) -> Recognizer:
    if ner.kind == "spacy":
        from ingestd.backends.spacy import SpacyRecognizer

        return SpacyRecognizer(ner.path, ner.labels)
    from ingestd.backends.transformers import TransformersRecognizer

    return TransformersRecognizer(ner.path, ner.labels, ner.threshold)
