"""Questions added to a golden file, everything that stands in it left as it is."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ingestd.config.golden.records import read
from ingestd.errors import ConfigError, UsageError

_ITEM = re.compile(r"^([ \t]*)- ", re.MULTILINE)


class _Plain(yaml.SafeDumper):
    """Writes lists indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        return super().increase_indent(flow, indentless=False)


def as_yaml(questions: Sequence[Mapping[str, Any]]) -> str:
    """Write questions as the items of a YAML list."""
    made: str = yaml.dump(
        [dict(question) for question in questions], Dumper=_Plain, sort_keys=False,
        allow_unicode=True, width=100,
    )  # fmt: skip
    return made


def add(path: Path, questions: Sequence[Mapping[str, Any]]) -> None:
    """Append questions to a golden file, or make it; what was there is not written anew."""
    taken = {str(record.values.get("id", "")) for record in read(path)} if path.exists() else set()
    for question in questions:
        if question["id"] in taken:
            raise UsageError(f"{path}: id: {question['id']!r} is taken; choose another with --id")
        taken.add(str(question["id"]))
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    match path.suffix.lower():
        case ".yaml" | ".yml":
            text = _in_yaml(before, questions)
        case ".jsonl" | ".ndjson":
            lines = [json.dumps(dict(q), ensure_ascii=False) for q in questions]
            text = _ended(before) + "\n".join(lines) + "\n"
        case ".csv":
            text = _in_csv(path, before, questions)
        case other:
            raise UsageError(
                f"{path}: {other or 'no ending'}: write to a .yaml, .jsonl or .csv file"
            )
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _in_yaml(before: str, questions: Sequence[Mapping[str, Any]]) -> str:
    items = as_yaml(questions)
    if not before.strip():
        before = "questions:\n"
    found = _ITEM.search(before)
    indent = found.group(1) if found else "  " if "questions:" in before else ""
    before = re.sub(r"^questions:[ \t]*\[\][ \t]*$", "questions:", before, flags=re.MULTILINE)
    return _ended(before) + "".join(f"{indent}{line}\n" for line in items.splitlines())


def _in_csv(path: Path, before: str, questions: Sequence[Mapping[str, Any]]) -> str:
    rows = list(csv.reader(before.splitlines()))
    heading = rows[0] if rows else list(dict.fromkeys(k for q in questions for k in q))
    out = io.StringIO()
    writer = csv.DictWriter(out, heading, extrasaction="raise", lineterminator="\n")
    if not rows:
        writer.writeheader()
    for question in questions:
        flat = {k: ";".join(v) if k == "tags" else v for k, v in question.items()}
        unfit = [k for k, v in flat.items() if k not in heading or not isinstance(v, str)]
        if unfit:
            raise UsageError(
                f"{path}: no column can hold {', '.join(unfit)}; use a YAML golden file"
            )
        writer.writerow(flat)
    return _ended(before) + out.getvalue()


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
