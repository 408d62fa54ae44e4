"""The keys of the config file, their types, bounds and defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingestd.config.written import STATE_DIR
from ingestd.redaction.regions import PHONE_REGIONS

DEFAULT_PROMPT = """\
Answer the question from the numbered passages alone, as briefly as you can, and cite the passages
that you used by their numbers, such as [1]. If they do not hold the answer, say: I do not know.

{passages}

Question: {question}
Answer:"""
DEFAULT_TITLE = "[{{ state | upper }}] {{ severity }}: {{ summary }}"
DEFAULT_BODY = """\
{% for one in questions[:10] %}
- {{ one.id }}: {{ one.diagnosis }}: {{ one.reason }}
{% endfor %}
{% if questions_total > 10 %}
and {{ questions_total - 10 }} more
{% endif %}
{% if caused_by %}
Caused by {{ caused_by.path }}{% if caused_by.index_version %}, index version \
{{ caused_by.index_version }}{% endif %}

  before: {{ caused_by.before }}
  after:  {{ caused_by.after }}
{% endif %}
Since {{ starts_at }}{% if ends_at %}, until {{ ends_at }}{% endif %}

"""
_ENTITY = Field(min_length=2, max_length=40, pattern=r"^[A-Z][A-Z0-9_]+$")


class Section(BaseModel):
    """A table of the file: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SourceSection(Section):
    """One watched folder."""

    name: (
        Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/\x00-\x1f]+$")] | None
    ) = None
    path: Annotated[str, Field(min_length=1)]
    include: list[str] = ["**/*"]
    exclude: list[str] = []
    acl: list[str] = []
    watch: Literal["auto", "inotify", "poll", "none"] = "auto"
    max_bytes: Annotated[int, Field(ge=1)] = 100_000_000


class PatternSection(Section):
    """A pattern of the user's own."""

    entity: Annotated[str, _ENTITY]
    regex: Annotated[str, Field(min_length=1)]
    checksum: str = ""
    ignore_case: bool = False


class GazetteerSection(Section):
    """A file of phrases, one a line."""

    entity: Annotated[str, _ENTITY]
    file: Annotated[str, Field(min_length=1)]
    encoding: str = "utf-8"


class NerSection(Section):
    """A model that finds names of people, places and organisations."""

    model: str = ""
    labels: dict[str, Annotated[str, _ENTITY]] = {}
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5


class RedactionSection(Section):
    """What is masked, and how."""

    enabled: bool = True
    entities: list[str] = ["DEFAULT"]
    deny: list[str] = []
    allow: list[str] = []
    phone_regions: list[str] = list(PHONE_REGIONS)
    key_file: str = ""
    actions: dict[str, str] = {}
    patterns: list[PatternSection] = []
    gazetteers: list[GazetteerSection] = []
    ner: NerSection = NerSection()


class ParsingSection(Section):
    """The parser children."""

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    timeout_seconds: Annotated[float, Field(gt=0)] = 120.0
    memory_mb: Annotated[int, Field(ge=256)] = 2000


class ChunkingSection(Section):
    """How documents are cut."""

    min_tokens: Annotated[int, Field(ge=1)] = 60
    max_tokens: Annotated[int, Field(ge=16)] = 256


class EmbeddingSection(Section):
    """The model, and what runs it."""

    model: Annotated[str, Field(min_length=1)] = "all-MiniLM-L6-v2"
    backend: Literal["auto", "openvino", "torch"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "bf16", "f32"] = "auto"
    models_dir: str = ""


class RetrievalSection(Section):
    """How hits are found and ordered."""

    language: Literal[
        "Arabic", "Danish", "Dutch", "English", "Finnish", "French", "German", "Greek",
        "Hungarian", "Italian", "Norwegian", "Portuguese", "Romanian", "Russian", "Spanish",
        "Swedish", "Tamil", "Turkish",
    ] = "English"  # fmt: skip
    vector_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    candidates: Annotated[int, Field(ge=1, le=10_000)] = 100
    rerank: Annotated[int, Field(ge=0, le=200)] = 10
    rerank_weight: Annotated[float, Field(ge=0, le=1)] = 0.75


class DaemonSection(Section):
    """How `ingestd run` notices changes."""

    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.15
    scan_minutes: Annotated[float, Field(gt=0)] = 10.0
    poll_seconds: Annotated[float, Field(gt=0)] = 10.0
    tidy_minutes: Annotated[float, Field(gt=0)] = 5.0
    child_idle_seconds: Annotated[float, Field(ge=0)] = 60.0
    stuck_minutes: Annotated[float, Field(gt=0)] = 10.0


class ChatSection(Section):
    """An OpenAI-compatible chat endpoint."""

    base_url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    key_file: str = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    max_tokens: Annotated[int, Field(ge=1)] = 300
    prompt: str = DEFAULT_PROMPT


class ApplicationSection(Section):
    """The user's own application."""

    url: str = ""
    method: Literal["GET", "POST", "PUT"] = "POST"
    body: str = '{"question": "{question}"}'
    headers: dict[str, str] = {}
    key_file: str = ""
    answer: Annotated[str, Field(min_length=1)] = "$.answer"
    sources: str = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2


class LagSection(Section):
    """What the lag of each source may be; empty: it is measured, and nothing fails."""

    p95: str = ""
    window: Annotated[str, Field(min_length=1)] = "1d"


class FreshnessSection(Section):
    """Golden questions: who answers, when they are asked, and what counts as a failure."""

    golden: Annotated[str, Field(min_length=1)] = "golden.yaml"
    schedule: str = "*/30 * * * *"
    schedules: dict[str, str] = {}
    jitter_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0
    answerer: Literal["extractive", "openai", "http"] = "extractive"
    locale: str = "en"
    k: Annotated[int, Field(ge=1, le=100)] = 8
    fail_on: Literal["info", "warn", "page"] = "warn"
    fail_after: Annotated[int, Field(ge=1, le=100)] = 1
    recover_after: Annotated[int, Field(ge=1, le=100)] = 1
    samples: Annotated[int, Field(ge=1, le=20)] = 1
    needed: Annotated[int, Field(ge=1, le=20)] = 1
    least_change: Annotated[float, Field(ge=0, le=1)] = 0.02
    truth_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    keep_days: Annotated[float, Field(ge=0)] = 90.0
    lag: LagSection = LagSection()
    openai: ChatSection = ChatSection()
    http: ApplicationSection = ApplicationSection()


class ReceiverSection(Section):
    """Who is told of alerts."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")]
    kind: Literal[
        "webhook", "alertmanager", "pagerduty", "slack", "teams", "discord", "ntfy", "apprise"
    ]
    url: str = ""
    url_file: str = ""
    secret_file: str = ""
    timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    title: str = ""
    body: str = ""


class RuleSection(Section):
    """What alerts, how loudly, and whom."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w.-]+$")]
    kind: Literal["drift", "check_error", "lag", "source", "deletion", "quarantine", "disk", "lane"]
    enabled: bool = True
    hold: Annotated[str | None, Field(alias="for")] = None
    severity: Literal["info", "warn", "page"] | None = None
    least: Literal["info", "warn", "page"] = "warn"
    tags: list[str] = []
    codes: list[str] = []
    receivers: list[str] = []
    threshold: Annotated[float | None, Field(ge=0)] = None


class AlertsSection(Section):
    """Alerts: rules, receivers, and what they are told."""

    repeat_interval: Annotated[str, Field(min_length=1)] = "4h"
    keep_days: Annotated[float, Field(ge=1)] = 30.0
    allow_addresses: list[str] = []
    title: str = DEFAULT_TITLE
    body: str = DEFAULT_BODY
    rules: list[RuleSection] = []
    receivers: list[ReceiverSection] = []


class IndexSection(Section):
    """What the index keeps."""

    keep_versions_days: Annotated[float, Field(ge=0)] = 30.0
    hold_documents: Annotated[int, Field(ge=0)] = 20
    hold_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    reread_days: Annotated[float, Field(ge=0)] = 7.0
    min_free_mb: Annotated[int, Field(ge=0)] = 200


class ConfigFile(Section):
    """The whole file."""

    state_dir: Annotated[str, Field(min_length=1)] = STATE_DIR
    sources: list[SourceSection] = []
    redaction: RedactionSection = RedactionSection()
    parsing: ParsingSection = ParsingSection()
    chunking: ChunkingSection = ChunkingSection()
    embedding: EmbeddingSection = EmbeddingSection()
    retrieval: RetrievalSection = RetrievalSection()
    daemon: DaemonSection = DaemonSection()
    index: IndexSection = IndexSection()
    freshness: FreshnessSection = FreshnessSection()
    alerts: AlertsSection = AlertsSection()
