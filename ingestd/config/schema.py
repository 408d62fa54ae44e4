"""The keys of the config file, their types, bounds and defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ingestd.redaction.policy import DEFAULT_ENTITIES, RedactionPolicy

_POLICY = RedactionPolicy()


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


class RedactionSection(Section):
    """What is masked."""

    enabled: bool = True
    entities: list[str] = list(DEFAULT_ENTITIES)
    deny: list[str] = []
    phone_regions: list[str] = list(_POLICY.phone_regions)
    threshold: Annotated[float, Field(ge=0, le=1)] = _POLICY.threshold


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
    rerank: Annotated[int, Field(ge=0, le=200)] = 20
    rerank_weight: Annotated[float, Field(ge=0, le=1)] = 0.75


class DaemonSection(Section):
    """How `ingestd run` notices changes."""

    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 0.3
    scan_minutes: Annotated[float, Field(gt=0)] = 10.0
    poll_seconds: Annotated[float, Field(gt=0)] = 10.0
    tidy_minutes: Annotated[float, Field(gt=0)] = 5.0
    child_idle_seconds: Annotated[float, Field(ge=0)] = 60.0


class IndexSection(Section):
    """What the index keeps."""

    keep_versions_days: Annotated[float, Field(ge=0)] = 30.0


class ConfigFile(Section):
    """The whole file."""

    state_dir: Annotated[str, Field(min_length=1)] = "./.ingestd"
    sources: list[SourceSection] = []
    redaction: RedactionSection = RedactionSection()
    parsing: ParsingSection = ParsingSection()
    chunking: ChunkingSection = ChunkingSection()
    embedding: EmbeddingSection = EmbeddingSection()
    retrieval: RetrievalSection = RetrievalSection()
    daemon: DaemonSection = DaemonSection()
    index: IndexSection = IndexSection()
