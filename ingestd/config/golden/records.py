"""Records of a golden file: keys and values as written, each with its line; no code is run."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ingestd.config.loading import nearest
from ingestd.errors import ConfigError

_TOP = ("questions", "version")


@dataclass(frozen=True, slots=True)
class Record:
    """One question as it is written: scalars are texts, whatever YAML would make of them."""

    line: int
    values: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)


def read(path: Path) -> list[Record]:
    """Read a golden file by its ending; raises ConfigError where it is no such file at all."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such golden file; begin one with: ingestd golden add"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return list(_jsonl(path, text))
        case ".csv":
            return list(_csv(path, text))
        case ".yaml" | ".yml" | ".json":
            return list(_yaml(path, text))
        case other:
            raise ConfigError(
                f"{path}: {other or 'no ending'}: a golden file is .yaml, .jsonl or .csv; others "
                "are taken over with: ingestd golden import"
            )


def _yaml(path: Path, text: str) -> Iterator[Record]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(f"{path}:{line} not YAML: {problem}") from error
    if root is None:
        return
    questions: yaml.Node | None = root
    if isinstance(root, yaml.MappingNode):
        questions = None
        for key, value in root.value:
            if key.value not in _TOP:
                raise ConfigError(
                    f"{path}:{key.start_mark.line + 1}: {key.value}: unknown key"
                    f"{nearest(str(key.value), _TOP)}"
                )
            if key.value == "questions":
                questions = value
    if not isinstance(questions, yaml.SequenceNode):
        raise ConfigError(f"{path}: questions: a list of questions is wanted here")
    for node in questions.value:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            yield Record(line, {})
            continue
        lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
        yield Record(line, {str(key.value): _plain(value) for key, value in node.value}, lines)


def _plain(node: yaml.Node) -> Any:
    """Return a node's texts as written: `yes`, `25` and `2027-03-01` stay what they are."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    if node.tag == "tag:yaml.org,2002:null":
        return ""
    return str(node.value)


def _jsonl(path: Path, text: str) -> Iterator[Record]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=str, parse_int=str)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}:{number}: not JSON: {error.msg}") from error
        yield Record(number, _texts(found) if isinstance(found, dict) else {})


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _csv(path: Path, text: str) -> Iterator[Record]:
    reader = csv.DictReader(text.splitlines(keepends=True), skipinitialspace=True)
    try:
        for row in reader:
            values: dict[str, Any] = {
                key: value.strip() for key, value in row.items() if key and value and value.strip()
            }
            if "tags" in values:
                values["tags"] = [t.strip() for t in values["tags"].replace(";", ",").split(",")]
            yield Record(reader.line_num, values)
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}: not CSV: {error}") from error
