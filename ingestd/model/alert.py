"""An alert: what is wrong, what was told of it to whom, and how the telling went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ingestd.model.check import CausedBy
from ingestd.model.golden import Severity


class RuleKind(StrEnum):
    """What a rule looks at."""

    DRIFT = "drift"
    """Golden questions whose answers are not the truth any more."""
    CHECK_ERROR = "check_error"
    """Golden questions that cannot be checked."""
    LAG = "lag"
    """A source whose changes wait longer than their objective."""
    SOURCE = "source"
    """A source that cannot be reached, or is not watched although it should be."""
    DELETION = "deletion"
    """Deletions that are held back, because they are so many."""
    QUARANTINE = "quarantine"
    """Documents that join the quarantine."""
    DISK = "disk"
    """The disk of the state folder, nearly full."""
    LANE = "lane"
    """A part of the daemon that has stopped."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to alert, how loudly, and whom."""

    name: str
    kind: RuleKind
    hold: timedelta = timedelta(0)
    """How long something must be wrong before it is told."""
    severity: Severity | None = None
    """Instead of what the failures themselves say."""
    least: Severity = Severity.WARN
    """Failures of less are left out."""
    tags: frozenset[str] = frozenset()
    """Only questions with one of these; empty: all."""
    codes: frozenset[str] = frozenset()
    """Only these diagnoses; empty: all."""
    receivers: tuple[str, ...] = ()
    """Names; empty: all."""
    threshold: float = 0.0
    """The share of the disk that is free, or documents that join the quarantine within a day."""


@dataclass(frozen=True, slots=True)
class Line:
    """One failing question of an alert."""

    id: str
    severity: Severity
    diagnosis: str
    expected: str
    answer: str
    reason: str
    tags: frozenset[str] = frozenset()
    source: str = ""
    path: str = ""
    caused_by: CausedBy | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule finds wrong now; the same fingerprint as long as it is the same thing."""

    rule: str
    labels: Mapping[str, str]
    severity: Severity
    summary: str
    diagnosis: str = ""
    lines: tuple[Line, ...] = ()
    caused_by: CausedBy | None = None


class AlertState(StrEnum):
    """Where an alert is in its life; one that is well is not kept, or `resolved` for a while."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """What is remembered of a fingerprint."""

    fingerprint: str
    rule: str
    labels: Mapping[str, str]
    state: AlertState
    severity: Severity
    summary: str
    diagnosis: str
    starts_at: datetime
    """Since when it has been wrong."""
    lines: tuple[Line, ...] = ()
    """The gravest of them, a hundred at most."""
    total: int = 0
    """How many there are."""
    caused_by: CausedBy | None = None
    ends_at: datetime | None = None
    told_at: datetime | None = None
    """When its firing was last handed to the outbox; `None`: not since it began."""
    told: frozenset[str] = frozenset()
    """Ids of the questions that were told."""
    unknown: bool = False
    """Whether it still holds cannot be seen at the moment."""
    silenced: bool = False
    reason: str = ""
    """Why it is in this state, in words."""


class Event(StrEnum):
    """What a notice tells."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Notice:
    """One transition, as it goes to receivers; its id stays the same over all attempts."""

    id: str
    event: Event
    at: datetime
    alert: Alert
    why: str
    is_repeat: bool = False
    """Nothing new: a reminder."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision changes: what is remembered of a fingerprint, and who is told what."""

    fingerprint: str
    alert: Alert | None
    """`None`: nothing is remembered any more."""
    notice: Notice | None = None
    receivers: tuple[str, ...] = ()
    """Of a notice that it fires; that it is resolved goes to whoever may have heard of that."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What is not told for a while."""

    matches: Mapping[str, str]
    """Labels, or `fingerprint` and `rule`, and their values."""
    ends_at: datetime
    comment: str = ""
    id: int = 0


class DeliveryState(StrEnum):
    """How the delivery of a notice to a receiver stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; `alerts replay` tries again."""
    DROPPED = "dropped"
    """Resolved before the receiver can have heard of it, so that nothing is told."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way to one receiver."""

    number: int
    receiver: str
    notice: Notice
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt at a delivery came to."""

    accepted: bool
    told: str
    """Its status, or what went wrong; never an address or a secret."""
    said: str = ""
    """The beginning of its answer, which may repeat anything: neither logged nor stored."""
    status: int | None = None
    """Of HTTP, where there was an answer."""
    retry_after: timedelta | None = None
    reached: bool = True
    """The receiver may have read it: there was a connection."""
    hopeless: bool = False
    """Trying again cannot help."""


class Fate(StrEnum):
    """What becomes of a delivery after an attempt."""

    DELIVERED = "delivered"
    AGAIN = "again"
    DEAD = "dead"
    GONE = "gone"
    """Dead, and the receiver wants no more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a receiver has been doing."""

    failures: int = 0
    """In a row."""
    closed_until: datetime | None = None
    """Nothing is sent to it before."""
    gone: str = ""
    """Why it is disabled, if it is."""
    address: str = field(default="", repr=False)
    """A digest of the address that was disabled; another address is another receiver."""
