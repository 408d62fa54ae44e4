"""Events of the log: what each message is called for ever, and what its parts are.

A message may be worded anew; its event, and so its MESSAGE_ID, stays.
"""

from __future__ import annotations

EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "alert %s: %s: %s: %s": ("alert.told", ("state", "fingerprint", "rule", "why")),
    "alerts: %s": ("alert.failed", ("why",)),
    "alerts: a bug: %s": ("alert.bug", ("kind",)),
    "checked (%s): %d passed, %d failed, %d unknown; %.2f s": (
        "check.done", ("trigger", "passed", "failed", "unknown", "seconds"),
    ),
    "question %s": ("check.question", ("verdict",)),
    "check failed: %s": ("check.failed", ("why",)),
    "a question was not answered: %s": ("question.failed", ("kind",)),
    "questions are not answered: %s": ("questions.off", ("why",)),
    "%s %s": ("fuzz.document", ("path", "why")),
    "parsers are held by %s": ("parser.cage", ("by",)),
    "stopped": ("daemon.stopped", ()),
    "reloading the config: %s": ("config.reloaded", ("keys",)),
    "the config was read again: nothing has changed": ("config.unchanged", ()),
    "the config was not reloaded, the old one goes on: %s": ("config.refused", ("why",)),
    "%s:%s: %s": ("document.quarantined", ("source", "path", "why")),
    "%s:%s: %s: %s": ("document.left_out", ("source", "path", "state", "why")),
    "%s:%s: %s, %d chunks, %d embedded": (
        "document.done", ("source", "path", "action", "chunks", "embedded"),
    ),
    "the rules of %s changed: %d documents are redone": ("rules.changed", ("rules", "documents")),
    "%s ended by a bug: %s": ("job.bug", ("job", "kind")),
    "%s ended by a bug: %s; begun again in %g s": ("lane.ended", ("lane", "kind", "seconds")),
    "no sign of life of %s": ("lane.stuck", ("lanes",)),
    "the clock was set by %+.0f s; what is planned goes along": ("clock.set", ("seconds",)),
    "converting %s for OpenVINO; this is done once": ("model.converted", ("model",)),
    "%s: %s delivered": ("delivery.done", ("receiver", "notice")),
    "%s: %s: %s; tried again in %s": ("delivery.again", ("receiver", "notice", "why", "after")),
    "%s: %s: given up: %s; see: ingestd alerts ls": (
        "delivery.dead", ("receiver", "notice", "why"),
    ),
    "alerts to %s: %s": ("delivery.failed", ("receiver", "why")),
    "pass done: %d changed, %d unchanged, %d quarantined; %d chunks embedded; "
    "index version %d, %.2f s": (
        "pass.done",
        ("changed", "unchanged", "quarantined", "embedded", "index_version", "seconds"),
    ),
    "pass failed: %s; everything is looked at again in %g s": ("pass.failed", ("why", "seconds")),
    "unreachable: %s": ("source.away", ("why",)),
    "%s: %d deletions are held back; if they are meant: ingestd approve %s": (
        "source.held", ("source", "documents"),
    ),
    "watching %s (%s)": ("source.watched", ("source", "how")),
    "%s: %s": ("source.fault", ("source", "why")),
    "%s: watched again (%s)": ("source.well", ("source", "how")),
}  # fmt: skip
"""By the message as it is written in the code."""
