"""Golden questions from records: every fault names file, line and key, and spoils one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import regex

from ingestd.config.golden.records import Record, read
from ingestd.config.loading import nearest, one_of
from ingestd.model.golden import (
    CsvCell,
    GoldenQuestion,
    HttpValue,
    Reference,
    Severity,
    SqlQuery,
    Static,
    Truth,
    ValueType,
)
from ingestd.values import comparing, reading
from ingestd.values.kinds import Duration, Unreadable
from ingestd.values.numerals import known_locale
from ingestd.values.tolerance import Tolerance

KEYS = (
    "id", "question", "truth", "type", "tolerance", "locale", "source", "max_lag", "pace",
    "review_after", "tags", "severity", "references",
)  # fmt: skip
_SEVERAL = frozenset({ValueType.ONE_OF, ValueType.SET})
_FILES = {"csv": "csv", "xlsx": "xlsx"}


class _Fault(ValueError):
    """What is wrong with one key."""


def load(path: Path, locale: str = "en") -> list[GoldenQuestion]:
    """Read a golden file; a question with faults comes along, with its faults."""
    found: list[GoldenQuestion] = []
    seen: dict[str, int] = {}
    for number, record in enumerate(read(path)):
        question = _question(record, number, path, locale)
        if question.id in seen:
            fault = (
                f"{path}:{record.line}: id: {question.id!r} is taken by line {seen[question.id]}"
            )
            question = replace(question, faults=(*question.faults, fault))
        seen.setdefault(question.id, record.line)
        found.append(question)
    return found


def _question(record: Record, number: int, path: Path, locale: str) -> GoldenQuestion:
    values = record.values
    faults: list[str] = []

    def at(key: str) -> str:
        return f"{path}:{record.lines.get(key, record.line)}: questions[{number}].{key}"

    def take(key: str, parse: Callable[[Any], Any], default: Any) -> Any:
        if key not in values or values[key] == "":
            return default
        try:
            return parse(values[key])
        except (_Fault, Unreadable, ValueError) as error:
            faults.append(f"{at(key)}: {error}")
            return default

    faults += [f"{at(key)}: unknown key{nearest(key, KEYS)}" for key in values if key not in KEYS]
    faults += [f"{at(key)}: missing" for key in ("question", "truth") if not values.get(key)]
    own_locale = take("locale", _locale, locale)
    truth = take("truth", _truth, Static(("",)))
    kind = take("type", _type, None) or _guessed(truth, own_locale)
    if not any(".truth" in fault for fault in faults) and values.get("truth"):
        faults += [f"{at('truth')}: {fault}" for fault in unfit(truth, kind, own_locale)]
    tolerance = take("tolerance", lambda raw: _tolerance(str(raw), kind, own_locale), "0")
    source, document = take("source", _binding, ("", ""))
    question = _text(values.get("question", ""))
    return GoldenQuestion(
        id=_text(values.get("id", "")) or f"line-{record.line}",
        question=question,
        truth=truth,
        type=kind,
        tolerance=tolerance,
        locale=own_locale,
        source=source,
        path=document,
        max_lag=take("max_lag", _span, timedelta(minutes=15)),
        pace=take("pace", _span, None),
        review_after=take("review_after", _day, None),
        tags=tuple(take("tags", _tags, ())),
        severity=take("severity", _severity, Severity.WARN),
        references=tuple(take("references", _references, ())),
        line=record.line,
        faults=tuple(faults),
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _locale(raw: Any) -> str:
    if not known_locale(str(raw)):
        raise _Fault(f"{raw!r} is no locale, such as en, de or en-GB")
    return str(raw)


def _type(raw: Any) -> ValueType:
    return one_of(ValueType, str(raw), "type")


def _severity(raw: Any) -> Severity:
    return one_of(Severity, str(raw), "severity")


def _truth(raw: Any) -> Truth:
    if isinstance(raw, str):
        return Static((raw,))
    if isinstance(raw, list):
        if not raw or not all(isinstance(one, str) for one in raw):
            raise _Fault("a list of texts is wanted, or one text")
        return Static(tuple(raw))
    if not isinstance(raw, Mapping):
        raise _Fault("a text, a list, or one of {csv: ...}, {sql: ...}, {http: ...} is wanted")
    for kind, made in _LIVE.items():
        if kind in raw:
            inner = raw[kind]
            rest = {k: v for k, v in raw.items() if k != kind}
            return made({**inner, **rest} if isinstance(inner, Mapping) else {kind: inner, **rest})
    raise _Fault(f"a live truth has one of the keys {', '.join(_LIVE)}")


def _cell(raw: Mapping[str, Any]) -> CsvCell:
    file = raw.get("csv") or raw.get("xlsx") or raw.get("file")
    known = ("csv", "xlsx", "file", "column", "where", "row", "sheet")
    _only(raw, known)
    if not isinstance(file, str) or not isinstance(raw.get("column"), str):
        raise _Fault("a file and a column are wanted: {csv: prices.csv, column: Price}")
    where = raw.get("where", {})
    if not isinstance(where, Mapping):
        raise _Fault("where: columns with their values are wanted: {Article: HP-250}")
    row = str(raw.get("row", "1"))
    if not row.isdigit() or int(row) < 1:
        raise _Fault(f"row: {row!r} is no row, counted from 1 below the heading")
    chosen = tuple((str(k), str(v)) for k, v in where.items())
    return CsvCell(file, raw["column"], chosen, int(row), str(raw.get("sheet", "")))


def _sql(raw: Mapping[str, Any]) -> SqlQuery:
    _only(raw, ("sql", "query", "url", "url_file"))
    query = raw.get("sql") or raw.get("query")
    url = raw.get("url") or (f"file:{raw['url_file']}" if raw.get("url_file") else "")
    if not isinstance(query, str) or not isinstance(url, str) or not url:
        raise _Fault('a query and a database are wanted: {sql: "SELECT ...", url: sqlite:///x.db}')
    return SqlQuery(url, query)


def _http(raw: Mapping[str, Any]) -> HttpValue:
    _only(raw, ("http", "url", "path", "headers"))
    url = raw.get("http") or raw.get("url")
    path = raw.get("path", "$")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise _Fault("an address is wanted: {http: https://host/price.json, path: $.price}")
    headers = raw.get("headers", {})
    if not isinstance(path, str) or not isinstance(headers, Mapping):
        raise _Fault("path: a JSONPath is wanted; headers: names with values")
    return HttpValue(url, path, tuple((str(k), str(v)) for k, v in headers.items()))


_LIVE: dict[str, Callable[[Mapping[str, Any]], Truth]] = {
    "csv": _cell, "xlsx": _cell, "sql": _sql, "http": _http,
}  # fmt: skip


def _only(raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in raw:
        if key not in known:
            raise _Fault(f"{key}: unknown key{nearest(key, known)}")


def _guessed(truth: Truth, locale: str) -> ValueType:
    if not isinstance(truth, Static):
        return ValueType.TEXT
    if len(truth.values) > 1:
        return ValueType.ONE_OF
    return comparing.inferred(truth.values[0], locale)


def unfit(truth: Truth, kind: ValueType, locale: str) -> list[str]:
    """Return why a static truth is no value of its type."""
    if not isinstance(truth, Static):
        return []
    if len(truth.values) > 1 and kind not in _SEVERAL:
        return [f"{len(truth.values)} values, and the type is {kind.value}; use one_of or set"]
    if kind in (ValueType.TEXT, *_SEVERAL):
        return []
    if kind is ValueType.REGEX:
        try:
            regex.compile(truth.values[0])
        except regex.error as error:
            return [f"{truth.values[0]!r} is no regular expression: {error}"]
        return []
    try:
        reading.read(truth.values[0], kind, locale)
    except Unreadable as error:
        return [str(error)]
    return []


def _tolerance(raw: str, kind: ValueType, locale: str) -> str:
    Tolerance.parse(raw, kind, locale)
    return raw


def _binding(raw: Any) -> tuple[str, str]:
    if not isinstance(raw, str):
        raise _Fault("a document is wanted: source:path")
    source, colon, path = raw.partition(":")
    if not colon:
        return "", raw.strip().strip("/")
    if not path.strip():
        raise _Fault(f"{raw!r} names no path; write it as source:path")
    return source.strip(), path.strip().lstrip("/")


def _span(raw: Any) -> timedelta:
    value = reading.read(str(raw), ValueType.DURATION, "en")
    if not isinstance(value, Duration):
        raise _Fault(f"{raw!r} is no duration, such as 15m")
    low = value.low
    return timedelta(
        seconds=float(low.seconds), days=float(low.months) * 30 + float(low.working_days)
    )


def _day(raw: Any) -> date:
    try:
        return date.fromisoformat(str(raw)[:10])
    except ValueError as error:
        raise _Fault(f"{raw!r} is no date, such as 2027-03-31") from error


def _tags(raw: Any) -> list[str]:
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        raise _Fault("a list of words is wanted")
    return raw


def _references(raw: Any) -> list[Reference]:
    several = raw if isinstance(raw, list) else [raw]
    made = []
    for one in several:
        if isinstance(one, str):
            source, path = _binding(one)
            made.append(Reference(source, path))
        elif isinstance(one, Mapping):
            _only(one, ("document", "text"))
            source, path = _binding(one["document"]) if one.get("document") else ("", "")
            made.append(Reference(source, path, str(one.get("text", ""))))
        else:
            raise _Fault("a document (source:path), or {text: a passage} is wanted")
    return made
