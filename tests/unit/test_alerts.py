"""Alerts, pure: life cycle, grouping, backoff, silences, payloads, addresses."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ingestd.alerting import payload
from ingestd.alerting.addresses import is_refused, networks
from ingestd.alerting.backoff import DELAYS, standing_after, verdict
from ingestd.alerting.grouping import drifts
from ingestd.alerting.lifecycle import fingerprint, next_alert, unknown, well
from ingestd.alerting.silences import covers
from ingestd.model.alert import (
    Alert,
    AlertState,
    Event,
    Fate,
    Line,
    Notice,
    Outcome,
    Problem,
    Rule,
    RuleKind,
    Silence,
    Standing,
)
from ingestd.model.check import CausedBy
from ingestd.model.golden import Severity

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = Rule("drift", RuleKind.DRIFT)
SCHEMA = Path(__file__).parents[2] / "config" / "webhook.schema.json"
DOWN = Outcome(accepted=False, told="cannot be connected to", reached=False)
TAKEN = Outcome(accepted=True, told="HTTP 200", status=200)


def line(name: str = "leave", diagnosis: str = "ANSWER_DRIFT", **more: object) -> Line:
    """A failing question of one document."""
    one = Line(name, Severity.WARN, diagnosis, "25 days", "27 days", "27 days is not 25 days")
    return replace(one, source="docs", path="leave.md", **more)


def problem(*lines: Line, severity: Severity = Severity.WARN) -> Problem:
    """What the lines come to."""
    return replace(drifts([RULE], lines or [line()])[0], severity=severity)


def step(last: Alert | None, found: Problem | None, at: datetime, **more: object):  # type: ignore[no-untyped-def]
    """One decision under the default rule."""
    if found is None:
        return well(last, at)
    rule = more.pop("rule", RULE)
    return next_alert(last, found, rule, at, repeat=4 * HOUR, **more)


def test_an_alert_fires_once_is_repeated_and_resolves() -> None:
    """Nothing is told while nothing changes, but a reminder every repeat interval."""
    told = []
    alert = None
    for minutes in range(0, 60 * 10, 10):
        at = NOW + timedelta(minutes=minutes)
        decision = step(alert, problem() if minutes < 60 * 9 else None, at)
        alert = decision.alert
        if decision.event is not None:
            told.append((minutes // 60, decision.event, decision.reason))
    assert told == [
        (0, Event.FIRING, "it fires"),
        (4, Event.FIRING, "it still fires"),
        (8, Event.FIRING, "it still fires"),
        (9, Event.RESOLVED, "it is well again"),
    ]


def test_a_hold_keeps_what_is_brief_to_itself() -> None:
    """Pending first; well again before it is due, nothing was ever told."""
    rule = replace(RULE, hold=timedelta(minutes=5))
    first = step(None, problem(), NOW, rule=rule)
    assert (first.alert.state, first.event) == (AlertState.PENDING, None)
    assert step(first.alert, None, NOW + HOUR).alert is None
    due = step(first.alert, problem(), NOW + timedelta(minutes=5), rule=rule)
    assert (due.alert.state, due.event) == (AlertState.FIRING, Event.FIRING)


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (problem(severity=Severity.PAGE), "its severity went from warn to page"),
        (
            problem(line(diagnosis="ABSTAINED")),
            "its cause went from ANSWER_DRIFT to ABSTAINED",
        ),
        (problem(line(), line("notice")), "1 more questions fail"),
    ],
    ids=["severity", "cause", "more"],
)
def test_a_change_is_told_at_once(then: Problem, reason: str) -> None:
    """Of severity, of cause, and questions that nobody has heard of."""
    first = step(None, problem(), NOW)
    decision = step(first.alert, then, NOW + timedelta(minutes=1))
    assert (decision.event, decision.reason) == (Event.FIRING, reason)
    again = step(decision.alert, then, NOW + timedelta(minutes=2))
    assert again.event is None


def test_one_question_less_is_no_news() -> None:
    """The end is told, not the way to it."""
    first = step(None, problem(line(), line("notice")), NOW)
    assert step(first.alert, problem(), NOW + HOUR).event is None


def test_unknown_neither_fires_nor_resolves() -> None:
    """What cannot be seen stays as it was last seen."""
    for found in (problem(), None):
        first = step(None, problem(), NOW)
        hidden = unknown(first.alert)
        assert (hidden.event, hidden.alert.state) == (None, AlertState.FIRING)
        after = step(hidden.alert, found, NOW + HOUR)
        assert after.event is (None if found else Event.RESOLVED)


def test_a_silence_holds_the_fire_back_but_not_the_end_of_one_that_was_told() -> None:
    """Who got the fire gets the resolve."""
    untold = step(None, problem(), NOW, silenced=True)
    assert (untold.event, untold.alert.state) == (None, AlertState.FIRING)
    assert step(untold.alert, None, NOW + HOUR).event is None
    after = step(untold.alert, problem(), NOW + HOUR)
    assert after.event is Event.FIRING, "the silence is over, and it still fires"
    hidden = step(after.alert, problem(), NOW + 9 * HOUR, silenced=True)
    assert hidden.event is None
    assert step(hidden.alert, None, NOW + 10 * HOUR).event is Event.RESOLVED


def test_failures_with_one_cause_are_one_problem() -> None:
    """Thirty answers broken by one document are one alert with thirty lines."""
    several = [line(f"q{n:02}") for n in range(30)]
    other = replace(line("other"), path="travel.md")
    pathless = replace(line("nowhere", "CHECK_ERROR"), path="", source="")
    found = drifts([RULE], [*several, other, pathless])
    assert [len(one.lines) for one in found] == [1, 30, 1]
    assert [dict(one.labels) for one in found] == [
        {"diagnosis": "CHECK_ERROR"}, {"document": "docs:leave.md"}, {"document": "docs:travel.md"},
    ]  # fmt: skip


def test_a_failure_is_the_first_rule_s_that_it_fits() -> None:
    """By tag, by code and by severity."""
    prices = replace(RULE, name="prices", tags=frozenset({"prices"}), severity=Severity.PAGE)
    lost = replace(RULE, name="lost", codes=frozenset({"EXTRACTION_LOSS"}))
    grave = replace(RULE, least=Severity.PAGE)
    found = drifts(
        [prices, lost, grave],
        [
            line("pump", tags=frozenset({"prices"})),
            line("cut", "EXTRACTION_LOSS"),
            line("quiet"),
        ],
    )
    assert [(one.rule, one.lines[0].id, one.severity) for one in found] == [
        ("lost", "cut", Severity.WARN),
        ("prices", "pump", Severity.PAGE),
    ]


def test_attempts_go_on_for_three_days() -> None:
    """As the schedule has it, spread by a fifth, and then it is given up."""
    waited = timedelta(0)
    for attempt, delay in enumerate(DELAYS, 1):
        for chance in (0.0, 1.0):
            found = verdict(DOWN, attempt, chance)
            assert found.fate is Fate.AGAIN
            assert 0.8 * delay <= found.again_in <= 1.2 * delay
        waited += verdict(DOWN, attempt, 0.5).again_in
    assert timedelta(days=3) <= waited <= timedelta(days=3.5)
    assert verdict(DOWN, len(DELAYS) + 1, 0.5).fate is Fate.DEAD


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (400, Fate.DEAD), (401, Fate.DEAD), (404, Fate.DEAD), (422, Fate.DEAD),
        (408, Fate.AGAIN), (425, Fate.AGAIN), (429, Fate.AGAIN), (410, Fate.GONE),
        (302, Fate.AGAIN), (500, Fate.AGAIN), (503, Fate.AGAIN),
    ],
)  # fmt: skip
def test_a_status_decides(status: int, fate: Fate) -> None:
    """What cannot get better is not tried again."""
    outcome = Outcome(accepted=False, told=f"HTTP {status}", status=status)
    assert verdict(outcome, 1, 0.5).fate is fate


def test_retry_after_is_honoured_for_the_whole_receiver() -> None:
    """It is the receiver that asks for quiet, not the message."""
    wish = Outcome(accepted=False, told="HTTP 429", status=429, retry_after=timedelta(minutes=3))
    assert verdict(wish, 1, 0.5).again_in == timedelta(minutes=3)
    after = standing_after(Standing(), wish, Fate.AGAIN, NOW, 0.5)
    assert after.closed_until == NOW + timedelta(minutes=3)


def test_a_receiver_that_is_down_is_left_alone_for_a_while() -> None:
    """From the fifth failure in a row on; one success opens it."""
    standing = Standing()
    for _ in range(4):
        standing = standing_after(standing, DOWN, Fate.AGAIN, NOW, 0.5)
        assert standing.closed_until is None
    standing = standing_after(standing, DOWN, Fate.AGAIN, NOW, 0.5)
    assert standing.closed_until == NOW + timedelta(minutes=1)
    assert standing_after(standing, TAKEN, Fate.DELIVERED, NOW, 0.5) == Standing()


def test_silences_fit_labels_rules_and_the_beginning_of_a_fingerprint() -> None:
    """All of a silence's pairs must fit, and it must not have ended."""
    labels = {"document": "docs:leave.md"}
    name = fingerprint("drift", labels)

    def covered(pairs: dict[str, str], until: datetime = NOW + HOUR) -> bool:
        return covers([Silence(pairs, until)], name, "drift", labels, NOW)

    assert covered({"fingerprint": name[:4]})
    assert covered({"rule": "drift", "document": "docs:leave.md"})
    assert not covered({"rule": "drift", "document": "docs:other.md"})
    assert not covered({"rule": "drift"}, NOW)


def notice(lines: Iterable[Line], event: Event = Event.FIRING) -> Notice:
    """A notice of an alert with these lines."""
    found = problem(*lines)
    alert = step(None, replace(found, caused_by=CAUSE), NOW).alert
    if event is Event.RESOLVED:
        alert = well(alert, NOW + HOUR).alert
    return Notice("msg_1", event, NOW, alert, "it fires")


CAUSE = CausedBy("leave.md", 7, NOW, "You get 25 days.", "You get 27 days.")


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("text", ["27 days", "ü" * 5000, '\x00"\\' * 900, "漢字" * 400])
@pytest.mark.parametrize("count", [1, 30, 500])
def test_a_body_fits_its_schema_and_its_size(event: Event, text: str, count: int) -> None:
    """Whatever documents and questions say; what there is no room for is counted."""
    lines = [replace(line(f"{text}{n}"), answer=text, expected=text) for n in range(count)]
    found = payload.body(notice(lines, event), lambda given: given)
    written = payload.encoded(found)
    assert len(written) <= payload.MAX_BYTES
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(written))
    assert found["data"]["questions_total"] == count
    assert found["data"]["questions"]


def test_a_body_is_masked_before_it_is_cut() -> None:
    """Half of a value that stands at the cut would be recognised no more."""
    secret = "x" * 390 + " ann@example.com"
    found = payload.body(
        notice([replace(line(), answer=secret)]),
        lambda given: given.replace("ann@example.com", "<EMAIL_ADDRESS>"),
    )
    assert "ann" not in payload.encoded(found).decode()


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("169.254.169.254", True), ("fe80::1", True), ("fd00:ec2::254", True),
        ("100.100.100.200", True), ("168.63.129.16", True), ("0.0.0.0", True), ("::", True),
        ("::ffff:169.254.169.254", True), ("64:ff9b::a9fe:a9fe", True), ("2002:a9fe:a9fe::", True),
        ("127.0.0.1", False), ("::1", False), ("10.0.0.7", False), ("192.168.1.1", False),
        ("fd12::1", False), ("93.184.216.34", False),
    ],
)  # fmt: skip
def test_link_local_and_metadata_addresses_are_refused(address: str, refused: bool) -> None:
    """Also where IPv6 wraps them; loopback and private networks are an operator's normal case."""
    parsed = ipaddress.ip_address(address)
    assert is_refused(parsed) is refused
    assert not is_refused(parsed, networks([address]))
