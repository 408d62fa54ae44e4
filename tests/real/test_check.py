"""Checks through the real command: drift found, its cause named, faults told, history kept."""

from __future__ import annotations

import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from . import command, servers
from .daemons import running, told, until

pytestmark = pytest.mark.real

RESULT_KEYS = {
    "id", "status", "diagnosis", "expected", "answer", "reason", "source", "path", "index_version",
    "caused_by",
}  # fmt: skip
GOLDEN = """\
questions:
  - id: leave
    question: How many days of annual leave does a new employee get?
    truth: 25 days
    type: duration
    source: docs:people/leave.md
  - id: price
    question: What does the HP-250 cost?
    truth: 274.00 EUR
    type: currency
    severity: page
  - id: dogs
    question: Are dogs allowed in the office?
    truth: yes
"""
LEAVE = "# Leave\n\nA new employee gets {days} days of annual leave. Ask the people team.\n"
PRICES = "Article,Description,Price EUR\nHP-100,Pump 100 W,189.00\nHP-250,Pump 250 W,{price}\n"


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """Three documents, indexed, and a golden file about them."""
    docs = tmp_path / "docs"
    (docs / "people").mkdir(parents=True)
    (docs / "people/leave.md").write_text(LEAVE.format(days=25))
    (docs / "prices.csv").write_text(PRICES.format(price="274.00"))
    (docs / "office.html").write_text("<h1>Office</h1><p>Dogs are allowed in the office.</p>")
    command.config(tmp_path, models_dir, docs)
    (tmp_path / "golden.yaml").write_text(GOLDEN)
    command.run_json("sync", cwd=tmp_path)
    return tmp_path


def by_id(report: dict) -> dict[str, dict]:
    return {result["id"]: result for result in report["results"]}


def test_a_price_changed_in_one_document_is_found_with_its_cause(home: Path) -> None:
    """Passed, then failed: which document, which version, the row before and after."""
    before = command.run_json("check", cwd=home)
    assert (before["checked"], before["passed"]) == (3, 3)
    assert all(result.keys() >= RESULT_KEYS for result in before["results"])
    assert by_id(before)["price"]["answer"] == "274.00 EUR"
    (home / "docs/prices.csv").write_text(PRICES.format(price="297.00"))
    synced = command.run_json("sync", cwd=home)
    after = command.run_json("check", cwd=home, code=4)
    assert (after["passed"], after["failed"], after["unknown"]) == (2, 1, 0)
    price = by_id(after)["price"]
    assert (price["status"], price["diagnosis"], price["answer"]) == (
        "fail",
        "TRUTH_STALE",
        "297.00 EUR",
    )
    cause = price["caused_by"]
    assert cause["path"] == "prices.csv"
    assert before["index_version"] < cause["index_version"] <= synced["index_version"]
    assert ("274.00" in cause["before"], "297.00" in cause["after"]) == (True, True)
    assert after["changed"] == {"price": "pass"}
    # One question alone, and a severity that it does not reach.
    assert command.run("check", "leave", cwd=home).returncode == 0
    assert command.run("check", "--fail-on", "page", cwd=home).returncode == 4


def test_stopped_being_searchable_or_being_there(home: Path) -> None:
    """Edited without a sync, then deleted, then synced."""
    command.run_json("check", cwd=home)
    golden = home / "golden.yaml"
    golden.write_text(
        GOLDEN.replace(
            "source: docs:people/leave.md", "source: docs:people/leave.md\n    max_lag: 1s"
        )
    )
    (home / "docs/people/leave.md").write_text(LEAVE.format(days=27))
    time.sleep(1.5)
    lag = by_id(command.run_json("check", cwd=home, code=4))["leave"]
    assert lag["diagnosis"] == "INDEX_LAG"
    (home / "docs/people/leave.md").unlink()
    (home / "docs/prices.csv").unlink()
    found = by_id(command.run_json("check", cwd=home, code=4))
    assert (found["leave"]["diagnosis"], found["price"]["diagnosis"]) == (
        "SOURCE_MISSING",
        "INDEX_ORPHAN",
    )
    command.run_json("sync", cwd=home)
    gone = by_id(command.run_json("check", cwd=home, code=4))["leave"]
    assert (gone["diagnosis"], gone["caused_by"]["after"]) == ("SOURCE_MISSING", "")
    assert "25 days" in gone["caused_by"]["before"]


def test_each_fault_is_unknown_and_the_others_go_on(home: Path) -> None:
    """Named with file and line; unknown is neither pass nor fail."""
    with servers.http({"/html": servers.says(200, b"<html>")}) as base:
        faulty = f"""\
  - {{id: key, question: "x?", truth: y, tolerence: 1}}
  - {{id: leave, question: "x?", truth: y}}
  - {{id: type, question: "x?", truth: soon, type: date}}
  - {{id: missing, question: "x?", truth: y, source: "docs:none.md"}}
  - {{id: source, question: "x?", truth: y, source: "doc:a.md"}}
  - {{id: sql, question: "x?", truth: {{sql: "SELECT", url: "sqlite:///none.db"}}, type: number}}
  - {{id: html, question: "x?", truth: {{http: "{base}/html", path: "$.x"}}}}
  - {{id: down, question: "x?", truth: {{http: "http://127.0.0.1:{servers.free_port()}/x"}}}}
  - {{id: masked, question: "Who?", truth: ann.smith@example.com}}
"""
        (home / "golden.yaml").write_text(GOLDEN + faulty)
        found = command.run_json("check", cwd=home)
    assert (found["passed"], found["failed"], found["unknown"]) == (3, 0, 9)
    results = {r["id"]: r for r in found["results"] if r["status"] == "unknown"}
    assert {r["diagnosis"] for r in results.values()} == {"CHECK_ERROR"}
    said = {
        "key": r"golden\.yaml:15: questions\[3\]\.tolerence: unknown key; did you mean 'tolerance'",
        "leave": r"golden\.yaml:16: id: 'leave' is taken by line 2",
        "type": r"golden\.yaml:17: .*'soon' is not a date",
        "missing": r"golden\.yaml:18: source: docs:none\.md: no such document",
        "source": r"golden\.yaml:19: source: no source 'doc'; did you mean 'docs'",
        "sql": r"truth: sql: ", "html": r"answers HTML", "down": r"cannot be connected to",
        "masked": r"golden\.yaml:23: truth: the redaction policy masks it \(<EMAIL_ADDRESS>\)",
    }  # fmt: skip
    for name, pattern in said.items():
        assert re.search(pattern, results[name]["reason"]), (name, results[name]["reason"])
    assert "ann.smith" not in str(found["results"][-1]["reason"])


def test_a_live_truth_is_read_at_each_check(home: Path) -> None:
    """The table says one thing this morning, and the document another."""
    table = home / "erp.csv"
    table.write_text("article,price\nHP-250,274.00 EUR\n")
    (home / "golden.yaml").write_text(
        "- id: live\n  question: What does the HP-250 cost?\n  type: currency\n"
        "  truth: {csv: erp.csv, column: price, where: {article: HP-250}}\n"
    )
    assert command.run_json("check", cwd=home)["passed"] == 1
    table.write_text("article,price\nHP-250,281.00 EUR\n")
    (result,) = command.run_json("check", cwd=home, code=4)["results"]
    assert (result["diagnosis"], result["expected"]) == ("SOURCE_WRONG", "281.00 EUR")


def test_reports_for_machines(home: Path) -> None:
    """JUnit XML that parses, and GitHub annotations with file and line."""
    command.run_json("check", cwd=home)
    (home / "docs/people/leave.md").write_text(LEAVE.format(days=27))
    command.run_json("sync", cwd=home)
    done = command.run("check", "--junit", "report.xml", "--github", cwd=home)
    assert done.returncode == 4
    (suite,) = ElementTree.parse(home / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert [c.get("name") for c in suite if len(c)] == ["leave"]
    (note,) = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    assert re.match(r"::error file=.*golden\.yaml,line=2,title=leave%3A TRUTH_STALE::", note)


def test_history_holds_no_personal_data(home: Path) -> None:
    """Questions and answers are masked before they are stored."""
    (home / "docs/who.md").write_text(
        "# Pay\n\nPay questions go to Ann, ann.smith@example.com, at once.\n"
    )
    command.run_json("sync", cwd=home)
    (home / "golden.yaml").write_text(
        "- id: pay\n  question: Does ann.smith@example.com answer pay questions?\n  truth: yes\n"
    )
    command.run("check", cwd=home)
    found = command.run_json("history", "pay", cwd=home)
    assert "<EMAIL_ADDRESS>" in found["results"][0]["question"]
    for file in (home / ".ingestd").glob("ledger.db*"):
        assert b"ann.smith" not in file.read_bytes()
    versions = command.run_json("history", "people/leave.md", cwd=home)["versions"]
    assert [one["path"] for one in versions] == ["people/leave.md"]


def test_questions_are_proposed_verified_and_taken_over(home: Path) -> None:
    """Adding finds truth, type and document; verifying anchors; importing names what it leaves."""
    (home / "golden.yaml").unlink()
    made = command.run_json(
        "golden", "add", "How many days of annual leave does a new employee get?", cwd=home
    )
    assert (made["truth"], made["type"], made["source"]) == (
        "25 days",
        "duration",
        "docs:people/leave.md",
    )
    assert command.run_json("golden", "verify", cwd=home)["passed"] == 1
    (home / "t.jsonl").write_text(
        '{"user_input": "Are dogs allowed in the office?", "reference": "yes", "x": 1}\n'
    )
    taken = command.run_json("golden", "import", "t.jsonl", cwd=home)
    assert (taken["added"], len(taken["left"])) == (1, 1)
    assert command.run_json("check", cwd=home)["passed"] == 2
    before = (home / "golden.yaml").read_text()
    unfit = command.run("golden", "add", "When?", "--truth", "soon", "--type", "date", cwd=home)
    assert (unfit.returncode, "is not a date" in unfit.stderr) == (2, True)
    assert before == (home / "golden.yaml").read_text()
    nothing = command.run("golden", "add", "Who is the king of Norway?", cwd=home)
    assert (nothing.returncode, "--truth" in nothing.stderr) == (2, True)


def test_ask_answers_with_citations_or_declines(home: Path) -> None:
    """The JSON that programs rely on."""
    found = command.run_json("ask", "What does the HP-250 cost?", cwd=home)
    assert (found["answer"], found["abstained"]) == ("274.00 EUR", False)
    assert found["citations"][0]["path"] == "prices.csv"
    nothing = command.run_json("ask", "Who is the king of Norway?", cwd=home)
    assert (nothing["answer"], nothing["abstained"], nothing["citations"]) == ("", True, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "leeve"], "did you mean 'leave'"),
        (["check", "--fail-on", "worst"], "no severity"),
        (["check", "--golden", "none.yaml"], "no such golden file"),
        (["check", "--tag", "none"], "no question has the tag"),
        (["ask", "x", "--type", "colour"], "no type"),
    ],
)
def test_bad_arguments_say_what_to_do(home: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, and no traceback."""
    done = command.run(*arguments, cwd=home)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_the_daemon_checks_what_a_commit_touched_and_measures_lag(home: Path) -> None:
    """A verdict within seconds of the edit, without anybody asking."""
    with (home / "ingestd.toml").open("a") as config:
        config.write('[freshness]\nschedule = ""\n')
    with running(home) as daemon:
        (home / "docs/people/leave.md").write_text(LEAVE.format(days=27))
        until(told(home, "leave: fail: TRUTH_STALE"), home, 30)
        found = command.run_json("history", "leave", cwd=home)["results"][0]
        assert (found["status"], found["trigger"]) == ("fail", "commit")
        lag = command.run_json("status", cwd=home)["sources"][0]["lag"]
        assert lag["count"] == 1
        assert 0 < lag["p95"] < 30
        # Beside the daemon, which holds the state folder.
        assert command.run("check", "price", cwd=home).returncode == 0
    assert daemon.returncode == 0
    assert "25 days" not in (home / "log").read_text()


def test_a_schedule_that_cannot_be_read_stops_the_daemon_at_its_start(home: Path) -> None:
    """With file and key."""
    with (home / "ingestd.toml").open("a") as config:
        config.write('[freshness]\nschedule = "whenever"\n')
    done = command.run("run", cwd=home)
    assert done.returncode == 2
    assert "freshness.schedule: 'whenever'" in done.stderr
