"""Titles and texts of alerts by Jinja2, in its sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["Template", "Templates", "compiled"]

_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError)
"""What a template can raise while it is rendered."""
_TITLE = 250
_TEXT = 8_000
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
)
_SAMPLE_LINE = {
    "id": "annual-leave", "severity": "warn", "diagnosis": "ANSWER_DRIFT", "expected": "25 days",
    "answer": "27 days", "reason": "27 days is not 25 days",
}  # fmt: skip
_SAMPLE = {
    "fingerprint": "0123456789abcdef", "state": "firing", "rule": "drift",
    "labels": {"document": "handbook:leave.md"}, "severity": "warn", "summary": "a summary",
    "diagnosis": "ANSWER_DRIFT", "why": "it fires", "questions": [_SAMPLE_LINE],
    "questions_total": 1,
    "caused_by": {
        "path": "leave.md", "index_version": 7, "at": None, "before": "before", "after": "after",
    },
    "starts_at": "2026-01-01T00:00:00.000+00:00", "ends_at": None,
}  # fmt: skip


class Templates:
    """A title and a text, made of the `data` of a webhook's body."""

    def __init__(self, title: Template, text: Template) -> None:
        self._title = title
        self._text = text

    def __call__(self, found: Mapping[str, Any]) -> tuple[str, str]:
        """Render both; one line the title, a bounded length both."""
        try:
            title = " ".join(self._title.render(found).split())
            return title[:_TITLE], self._text.render(found).strip()[:_TEXT]
        except _FAULTS:
            # Tried at the start on a sample; an alert that is told badly beats one that is not.
            return str(found["summary"])[:_TITLE], str(found["why"])


def compiled(written: str) -> Template:
    """Compile a template and try it on a sample alert; raises ValueError with the fault."""
    try:
        template = _ENVIRONMENT.from_string(written)
        for other in ({}, {"questions": [], "questions_total": 0, "caused_by": None}):
            template.render({**_SAMPLE, **other})
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"line {line}: " if line else ""
        raise ValueError(f"{where}{error.message}") from error
    except _FAULTS as error:
        raise ValueError(str(error)) from error
    return template
