"""Golden files: read, refused by line, written to, and taken over from other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingestd.config.golden import importing, loading, writing
from ingestd.errors import ConfigError, UsageError
from ingestd.model.golden import CsvCell, HttpValue, Severity, SqlQuery, Static, ValueType

GOOD = """\
questions:
  - id: annual-leave
    question: How many days of annual leave does a new employee get?
    truth: 25 days                   # a comment
    type: duration
    tolerance: 0
    source: handbook:policies/leave.md
    max_lag: 15m
    severity: page
    tags: [leave, people]
    review_after: 2027-06-30
  - question: Is it so?
    truth: yes
  - id: live
    question: What does it cost?
    truth: {csv: prices.csv, column: Price, where: {Article: HP-250}}
    type: currency
  - {id: sql, question: "How many?", truth: {sql: SELECT 1, url: "sqlite:///x.db"}, type: number}
  - {id: http, question: "How many?", truth: {http: "http://h/x.json", path: $.a}, type: number}
  - {id: several, question: "Which?", truth: [red, blue], type: set}
"""


def load(tmp_path: Path, text: str, name: str = "golden.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return loading.load(path)


def test_every_key_is_read(tmp_path):
    """Scalars are texts as written: `yes`, dates and numbers are not YAML's to interpret."""
    leave, yes, csv, sql, http, several = load(tmp_path, GOOD)
    assert not any(q.faults for q in (leave, yes, csv, sql, http, several))
    assert (Static(("25 days",)), ValueType.DURATION) == (leave.truth, leave.type)
    assert ("handbook", "policies/leave.md") == (leave.source, leave.path)
    assert (900, Severity.PAGE) == (leave.max_lag.total_seconds(), leave.severity)
    assert ("leave", "people") == leave.tags
    assert (Static(("yes",)), ValueType.BOOLEAN, "line-12") == (yes.truth, yes.type, yes.id)
    assert CsvCell("prices.csv", "Price", (("Article", "HP-250"),)) == csv.truth
    assert SqlQuery("sqlite:///x.db", "SELECT 1") == sql.truth
    assert HttpValue("http://h/x.json", "$.a") == http.truth
    assert ValueType.SET is several.type


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            ["tolerence: 0"],
            "golden.yaml:4: questions[0].tolerence: unknown key; did you mean 'tolerance'?",
        ),
        (["type: durration"], "did you mean 'duration'?"),
        (["type: date"], "golden.yaml:3: questions[0].truth: '25 days' is not a date"),
        (["severity: high"], "'high' is no severity"),
        (["max_lag: soon"], "questions[0].max_lag: 'soon' is not a duration"),
        (["review_after: someday"], "is no date"),
        (["source: 'docs:'"], "names no path"),
        (["locale: xx-klingon"], "no locale"),
        (["tolerance: a bit"], "tolerance"),
        (["references: 3"], ""),
    ],
)
def test_a_fault_names_file_line_and_key(tmp_path, lines, fault):
    """And spoils one question, not the file."""
    text = "questions:\n  - question: How many days?\n    truth: 25 days\n" + "".join(
        f"    {line}\n" for line in lines
    )
    bad, good = load(tmp_path, text + "  - {question: 'Really?', truth: 'no'}\n")
    if fault:
        assert fault in "; ".join(bad.faults)
    assert good.faults == ()


def test_an_id_that_is_taken_twice(tmp_path):
    """The second is at fault, and says which line has it."""
    first, second = load(
        tmp_path, "- {id: a, question: A, truth: x}\n- {id: a, question: B, truth: y}\n"
    )
    assert first.faults == ()
    assert "golden.yaml:2: id: 'a' is taken by line 1" in second.faults[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("golden.yaml", "questions: [", "golden.yaml:1"),
        ("golden.yaml", "qustions: []", "did you mean 'questions'?"),
        ("golden.yaml", "questions: 5", "a list of questions"),
        ("golden.jsonl", "{not json}", "golden.jsonl:1"),
        ("golden.txt", "x", "is .yaml, .jsonl or .csv"),
    ],
)
def test_what_is_no_golden_file_is_refused(tmp_path, name, text, said):
    """With file, line and what to do."""
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        load(tmp_path, text, name)


def test_csv_and_jsonl_read_the_same(tmp_path):
    """Three spellings of one question."""
    (from_csv,) = load(
        tmp_path, "id,question,truth,type,tags\na,How long?,25 days,duration,x;y\n", "g.csv"
    )
    row = {
        "id": "a",
        "question": "How long?",
        "truth": "25 days",
        "type": "duration",
        "tags": ["x", "y"],
    }
    (from_jsonl,) = load(tmp_path, json.dumps(row) + "\n", "g.jsonl")
    assert (from_csv.id, from_csv.truth, from_csv.type, from_csv.tags) == (
        from_jsonl.id, from_jsonl.truth, from_jsonl.type, from_jsonl.tags,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["golden.yaml", "golden.jsonl", "golden.csv"])
def test_what_is_added_can_be_read_and_leaves_the_rest_alone(tmp_path, name):
    """Twice: a new file, and one that is there."""
    path = tmp_path / name
    writing.add(
        path, [{"id": "a", "question": "How many: two?", "truth": "yes", "type": "boolean"}]
    )
    before = path.read_text()
    writing.add(path, [{"id": "b", "question": "Ä?", "truth": "25 days", "type": "duration"}])
    assert path.read_text().startswith(before)
    assert [("a", "yes"), ("b", "25 days")] == [
        (q.id, q.truth.values[0]) for q in loading.load(path)
    ]
    with pytest.raises(UsageError, match="is taken"):
        writing.add(path, [{"id": "a", "question": "Again?", "truth": "no", "type": "boolean"}])


FOREIGN = {
    "ragas": ("t.jsonl", {
        "user_input": "Q?", "reference": "A", "reference_contexts": ["P"], "x": 1,
    }),
    "deepeval": ("t.jsonl", {"input": "Q?", "expected_output": "A", "actual_output": "B"}),
    "giskard": ("t.jsonl", {
        "id": "1", "question": "Q?", "reference_answer": "A", "metadata": {"a": 1},
    }),
    "azure": ("t.jsonl", {"query": "Q?", "ground_truth": "A", "response": "B"}),
    "promptfoo": ("t.json", {
        "providers": ["x"],
        "tests": [{"vars": {"question": "Q?", "tone": "dry"}, "assert": [
            {"type": "contains", "value": "A"}, {"type": "javascript", "value": "process.exit()"},
        ]}],
    }),
}  # fmt: skip


@pytest.mark.parametrize("tool", importing.TOOLS)
def test_other_tools_files_come_over(tmp_path, tool):
    """Told by their keys; every field that has no counterpart is named."""
    name, content = FOREIGN[tool]
    (tmp_path / name).write_text(json.dumps(content))
    found = importing.read(tmp_path / name, None)
    assert [("Q?", "A")] == [(q["question"], q["truth"]) for q in found.questions]
    assert found.left
    target = tmp_path / "golden.yaml"
    writing.add(target, found.questions)
    assert [()] == [q.faults for q in loading.load(target)]


def test_nothing_in_a_foreign_file_is_run(tmp_path):
    """A YAML tag that makes an object is refused."""
    path = tmp_path / "t.yaml"
    path.write_text('tests: !!python/object/apply:os.system ["touch pwned"]\n')
    with pytest.raises(ConfigError, match="nothing in it is run"):
        importing.read(path, "promptfoo")
    assert not Path("pwned").exists()
