"""Golden sets of other tools: read as plain data, and what cannot come along is named."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ingestd.errors import ConfigError

Row = Mapping[str, Any]


@dataclass(slots=True)
class Imported:
    """Questions in our keys, and what of the file was left behind and why."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Format:
    question: tuple[str, ...]
    truth: tuple[str, ...]
    passages: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


_FORMATS: dict[str, _Format] = {
    "ragas": _Format(
        ("user_input", "question"), ("reference", "ground_truth", "ground_truths"),
        ("reference_contexts",),
    ),
    "deepeval": _Format(("input",), ("expected_output",), ("context",), ("name",), ("tags",)),
    "giskard": _Format(("question",), ("reference_answer",), (), ("id",)),
    "azure": _Format(("query", "question"), ("ground_truth",), (), ("id",)),
    "promptfoo": _Format((), ()),
}  # fmt: skip
TOOLS = tuple(_FORMATS)
_ASKED = ("question", "query", "input", "prompt", "user_input")
_TEXT_ASSERTS = {
    "equals": "text", "contains": "text", "icontains": "text", "contains-any": "one_of",
    "icontains-any": "one_of", "contains-all": "set", "icontains-all": "set", "regex": "regex",
}  # fmt: skip


def read(path: Path, tool: str | None) -> Imported:
    """Read another tool's file; `tool`: whose it is, guessed from its keys where not named."""
    content = _load(path)
    if tool is None:
        tool = _guess(content)
        if tool is None:
            raise ConfigError(
                f"{path}: not to be told whose file this is; say so with --from {'|'.join(TOOLS)}"
            )
    made = _promptfoo(path, content) if tool == "promptfoo" else _rows(path, content, tool)
    if not made.questions:
        raise ConfigError(f"{path}: no question of {tool} in it; {'; '.join(made.left[:3])}")
    return made


def _load(path: Path) -> Any:
    """Load JSON, JSONL, CSV or YAML as plain data; tags that would make objects are refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        match path.suffix.lower():
            case ".csv":
                return list(csv.DictReader(text.splitlines(keepends=True)))
            case ".jsonl" | ".ndjson":
                return [json.loads(line) for line in text.splitlines() if line.strip()]
            case ".json":
                return json.loads(text)
            case ".yaml" | ".yml":
                return yaml.safe_load(text)
            case other:
                raise ConfigError(f"{path}: {other or 'no ending'}: .json, .jsonl, .csv or .yaml")
    except (ValueError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{path}: cannot be read as plain YAML; nothing in it is run: {error}"
        ) from error


def _guess(content: Any) -> str | None:
    if isinstance(content, Mapping) and "tests" in content:
        return "promptfoo"
    rows = _listed(content)
    keys = set(rows[0]) if rows else set()
    for tool, mark in (
        ("giskard", {"reference_answer"}), ("deepeval", {"expected_output"}),
        ("azure", {"query", "ground_truth"}), ("ragas", {"user_input"}),
        ("ragas", {"ground_truth"}), ("ragas", {"ground_truths"}),
    ):  # fmt: skip
        if mark <= keys:
            return tool
    return None


def _listed(content: Any) -> list[Row]:
    if isinstance(content, Mapping):
        for key in ("goldens", "test_cases", "samples", "data", "testset", "questions"):
            if isinstance(content.get(key), list):
                content = content[key]
                break
    if not isinstance(content, list):
        return []
    return [row for row in content if isinstance(row, Mapping)]


def _rows(path: Path, content: Any, tool: str) -> Imported:
    known = _FORMATS[tool]
    made = Imported()
    for number, row in enumerate(_listed(content), 1):
        taken: set[str] = set()

        def first(names: Iterable[str], row: Row = row, taken: set[str] = taken) -> Any:
            for name in names:
                if row.get(name) not in (None, "", []):
                    taken.add(name)
                    return row[name]
            return None

        question, truth = first(known.question), first(known.truth)
        at = f"{path}: entry {number}"
        if not isinstance(question, str) or truth is None:
            missing = "question" if not isinstance(question, str) else "truth"
            made.left.append(f"{at}: no {missing}, so it was left out")
            continue
        one: dict[str, Any] = {
            "id": _slug(first(known.name), number, made),
            "question": question,
            "truth": _truth(truth),
        }  # fmt: skip
        tags = first(known.tags)
        if isinstance(tags, list):
            one["tags"] = [str(tag) for tag in tags]
        passages = first(known.passages)
        if passages:
            several = passages if isinstance(passages, list) else [passages]
            one["references"] = [{"text": text} for text in several if isinstance(text, str)]
        rest = [k for k, v in row.items() if k and k not in taken and v not in (None, "", [], {})]
        made.left += [f"{at}: {key}: has no counterpart here" for key in rest]
        made.questions.append(one)
    return made


def _truth(found: Any) -> Any:
    if isinstance(found, list):
        return [str(one) for one in found] if len(found) > 1 else str(found[0])
    return found if isinstance(found, str) else json.dumps(found)


def _promptfoo(path: Path, content: Any) -> Imported:
    made = Imported()
    tests = content.get("tests") if isinstance(content, Mapping) else content
    if isinstance(content, Mapping):
        made.left += [
            f"{path}: {key}: has no counterpart here"
            for key in content
            if key not in ("tests", "description")
        ]
    if not isinstance(tests, list):
        made.left.append(f"{path}: tests: a list is wanted; files that it names are not followed")
        return made
    for number, test in enumerate(tests, 1):
        at = f"{path}: tests[{number - 1}]"
        if not isinstance(test, Mapping):
            made.left.append(f"{at}: names another file, which is not followed")
            continue
        given = test.get("vars")
        variables: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        named = next((k for k in _ASKED if isinstance(variables.get(k), str)), None)
        if named is None and len(variables) == 1:
            named = next(iter(variables))
        asserts = test.get("assert") or test.get("asserts") or []
        chosen = _assert(at, asserts, made.left)
        if named is None or chosen is None:
            made.left.append(f"{at}: no {'question' if named is None else 'assert with a truth'}")
            continue
        kind, truth = chosen
        one: dict[str, Any] = {
            "id": _slug(test.get("description"), number, made),
            "question": str(variables[named]), "truth": truth,
        }  # fmt: skip
        if kind != "text":
            one["type"] = kind
        made.questions.append(one)
        made.left += [f"{at}: vars.{k}: has no counterpart here" for k in variables if k != named]
        made.left += [
            f"{at}: {key}: has no counterpart here"
            for key in test
            if key not in ("vars", "assert", "asserts", "description")
        ]
    return made


def _assert(at: str, asserts: Any, left: list[str]) -> tuple[str, Any] | None:
    """Return the first assert that states a truth; name all others, none of which is run."""
    chosen: tuple[str, Any] | None = None
    for index, one in enumerate(asserts if isinstance(asserts, list) else []):
        kind = one.get("type") if isinstance(one, Mapping) else None
        value = one.get("value") if isinstance(one, Mapping) else None
        if kind in _TEXT_ASSERTS and value is not None and chosen is None:
            chosen = (
                _TEXT_ASSERTS[str(kind)],
                [str(v) for v in value] if isinstance(value, list) else str(value),
            )
        else:
            left.append(f"{at}.assert[{index}]: {kind}: not run, and has no counterpart here")
    return chosen


def _slug(name: Any, number: int, made: Imported) -> str:
    """Make an id of a name, or of the entry's number."""
    words = "".join(c if c.isalnum() else " " for c in str(name or "")).lower().split()
    slug = "-".join(words)[:60] or f"q{number}"
    taken = {question["id"] for question in made.questions}
    return slug if slug not in taken else f"{slug}-{number}"
