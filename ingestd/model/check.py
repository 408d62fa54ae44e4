"""A check: what was asked, what was found out, what it means, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ingestd.model.answer import Anchor, Answer
from ingestd.model.golden import GoldenQuestion, Severity
from ingestd.model.ids import ContentHash, DocId
from ingestd.model.index import DocumentVersion


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be made; neither passed nor failed."""


class Diagnosis(StrEnum):
    """Why an answer is not the truth; the first that holds, in this order."""

    CHECK_ERROR = "CHECK_ERROR"
    SOURCE_MISSING = "SOURCE_MISSING"
    INDEX_LAG = "INDEX_LAG"
    INDEX_CONFIG = "INDEX_CONFIG"
    INDEX_ORPHAN = "INDEX_ORPHAN"
    SOURCE_OVERDUE = "SOURCE_OVERDUE"
    TRUTH_EXPIRED = "TRUTH_EXPIRED"
    CONFLICT = "CONFLICT"
    SOURCE_WRONG = "SOURCE_WRONG"
    TRUTH_STALE = "TRUTH_STALE"
    EXTRACTION_LOSS = "EXTRACTION_LOSS"
    REDACTION_LOSS = "REDACTION_LOSS"
    RETRIEVAL_MISS = "RETRIEVAL_MISS"
    ABSTAINED = "ABSTAINED"
    ANSWER_DRIFT = "ANSWER_DRIFT"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class TruthReading:
    """A truth as it is now."""

    values: tuple[str, ...] = ()
    error: str = ""
    """Why it could not be read."""

    @property
    def shown(self) -> str:
        """Write it as one text."""
        return ", ".join(self.values)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a document stands between disk, ledger and index."""

    doc_id: DocId
    source: str
    path: str
    """As shown."""
    was_known: bool
    """The index has or had a version of it."""
    on_disk: bool
    moved_to: str = ""
    """Where its content is found now, if it was moved."""
    is_indexed: bool = True
    lag: timedelta | None = None
    """For how long the file has differed from the indexed version; `None`: it does not."""
    changed_rules: tuple[str, ...] = ()
    """The parts of the recipe that changed since it was indexed."""
    reason: str = ""
    """Why it is in quarantine or kept out, if it is."""
    versions: tuple[DocumentVersion, ...] = ()
    """The kept versions, the newest first; the first is the one that answers."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another document that answers the same question otherwise."""

    path: str
    value: str
    statement: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a diagnosis is made from."""

    question: GoldenQuestion
    truth: TruthReading
    answer: Answer
    equal: bool
    """The answer is the truth, by the comparison of the truth's type."""
    reason: str
    """The comparison's own words."""
    document: Standing | None = None
    """Of the document that it is bound to, or was last answered from."""
    orphan: str = ""
    """The path of a document that answers although it is gone."""
    rivals: tuple[Rival, ...] = ()
    document_value: str = ""
    """What the document itself says, by extraction; empty where it says nothing."""
    document_equal: bool = False
    """The truth is what the document says."""
    answer_in_document: bool = False
    """The answer is what the document says."""
    confirmed_at: datetime | None = None
    confirmed_hash: ContentHash | None = None
    """When the truth was last confirmed, and against which content of the document."""
    in_previous: bool = False
    """The truth stands in an earlier version of the document."""
    in_current: bool = False
    in_raw: bool | None = None
    """The truth stands in the file as it is parsed, before redaction; `None`: not looked."""
    in_index: bool = False
    in_context: bool = False
    supported: bool = True
    """The answer's critical tokens stand in its context."""


@dataclass(frozen=True, slots=True)
class CausedBy:
    """The change that moved an answer."""

    path: str
    index_version: int | None
    at: datetime | None
    before: str
    """The sentence that held the truth."""
    after: str
    """What stands in its place; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a diagnosis says."""

    status: Status
    diagnosis: Diagnosis | None
    reason: str


@dataclass(frozen=True, slots=True)
class QuestionState:
    """What is remembered of a question from check to check."""

    id: str
    status: Status = Status.UNKNOWN
    """After noise control: a failure counts after so many in a row."""
    diagnosis: str = ""
    streak: int = 0
    """How many checks in a row have said the contrary of `status`."""
    since: datetime | None = None
    recent: str = ""
    """The last results, the newest last: p, f, u."""
    anchor: Anchor | None = None
    confirmed_at: datetime | None = None
    confirmed_hash: ContentHash | None = None
    truth: str = ""
    """The truth that was confirmed."""
    source: str = ""
    path: str = ""
    """Of the document that it was last answered from."""
    answered_from: tuple[DocId, ...] = ()
    """The documents of the passages it was last answered from."""
    rank: int = 0
    """Where retrieval last found what it should, from 1; 0: nowhere."""
    baseline_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One question's outcome in one check."""

    question: GoldenQuestion
    status: Status
    diagnosis: Diagnosis | None
    expected: str
    answer: str
    reason: str
    source: str
    path: str
    index_version: int
    caused_by: CausedBy | None = None
    firing: bool = False
    """It counts as failed after noise control."""
    flapping: bool = False
    chunks: tuple[str, ...] = ()
    """Ids of the chunks that it was answered from."""
    faithfulness: float | None = None
    relevance: float | None = None
    rank: int | None = None
    """Where the first passage that should be found stands; 0: nowhere, `None`: none is known."""
    proposal: str = ""
    """An edit to the golden set that would mend it."""

    @property
    def severity(self) -> Severity:
        """Return its question's severity."""
        return self.question.severity


@dataclass(frozen=True, slots=True)
class Regression:
    """Retrieval beside its baseline."""

    questions: int
    recall: float
    mrr: float
    ndcg: float
    baseline_recall: float | None = None
    lost: int = 0
    gained: int = 0
    p_value: float | None = None
    regressed: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check of several questions."""

    at: datetime
    trigger: str
    """`asked`, `schedule` or `commit`."""
    index_version: int
    results: tuple[Result, ...]
    seconds: float
    regression: Regression | None = None
    notes: tuple[str, ...] = field(default=())
    changed: Mapping[str, str] = field(default_factory=dict)
    """Questions whose status differs from their last, with what it was."""

    def count(self, status: Status) -> int:
        """Count the results of a status."""
        return sum(result.status is status for result in self.results)
