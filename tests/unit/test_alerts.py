"""Alerts, pure: life cycle, grouping, backoff, silences, payloads, addresses."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from ingestd.alerting import payload
from ingestd.alerting.addresses import is_refused, networks
from ingestd.alerting.backoff import DELAYS, standing_after, verdict
from ingestd.alerting.grouping import drifts
from ingestd.alerting.lifecycle import fingerprint, next_alert, unknown, well
from ingestd.alerting.round import Seen, Terms, changes
from ingestd.alerting.silences import covers
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.model.alert import (
    Alert,
    AlertState,
    DeliveryState,
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


class World:
    """An outbox, a rule, and receivers that are up or down; time goes on at every turn."""

    def __init__(self, folder: Path) -> None:
        self.outbox = SqliteOutbox(Database(folder / "ledger.db"))
        self.now = NOW
        self.ids = iter(range(10**6))
        self.terms = Terms([RULE], ["a", "b"], 4 * HOUR, lambda: f"msg_{next(self.ids)}")
        self.got: dict[str, list[tuple[str, Event, str]]] = {"a": [], "b": []}

    def look(self, *problems: Problem) -> None:
        """Decide on what is wrong now."""
        self.now += timedelta(minutes=1)
        self.outbox.transact(self.now, partial(changes, Seen(problems), self.terms, self.now))

    def deliver(self, receiver: str, outcome: Outcome, *, killed: bool = False) -> bool:
        """Make one delivery, if one is due."""
        delivery = self.outbox.due(receiver, self.now)
        if delivery is None:
            return False
        self.outbox.begin(delivery)
        if outcome.reached and outcome.status != 400:
            sent = delivery.notice
            self.got[receiver].append((sent.id, sent.event, sent.alert.fingerprint))
        if killed:
            return True
        after = verdict(outcome, delivery.attempts + 1, 0.5)
        state = {
            Fate.DELIVERED: DeliveryState.DELIVERED, Fate.AGAIN: DeliveryState.WAITING,
        }.get(after.fate, DeliveryState.DEAD)  # fmt: skip
        self.outbox.end(delivery, outcome, state, after.again_in, self.now)
        return True


def test_fired_and_resolved_while_a_receiver_was_down_tells_it_nothing(tmp_path: Path) -> None:
    """And the other, which was up, hears both."""
    world = World(tmp_path)
    world.look(problem())
    assert world.deliver("a", TAKEN)
    assert world.deliver("b", DOWN)
    world.look()
    world.now += 5 * HOUR
    assert world.deliver("a", TAKEN)
    assert not world.deliver("b", TAKEN)
    assert [event for _, event, _ in world.got["a"]] == [Event.FIRING, Event.RESOLVED]
    assert world.outbox.counts()["b"] == {"dropped": 1}


@pytest.mark.parametrize(
    "how", [Outcome(accepted=False, told="no answer"), TAKEN], ids=["no answer", "killed"]
)
def test_who_may_have_heard_of_the_fire_hears_of_its_end(tmp_path: Path, how: Outcome) -> None:
    """The answer did not come, or this process was killed before it could note it."""
    world = World(tmp_path)
    world.look(problem())
    assert world.deliver("a", how, killed=how is TAKEN)
    world.look()
    world.now += HOUR
    assert world.deliver("a", TAKEN)
    assert world.deliver("a", TAKEN)
    names = [name for name, _, _ in world.got["a"]]
    assert names[0] == names[1], "the same id over all attempts"
    assert [event for _, event, _ in world.got["a"]][1:] == [Event.FIRING, Event.RESOLVED]


def test_a_reminder_waits_for_no_other(tmp_path: Path) -> None:
    """What was not delivered in four hours is not queued a second time."""
    world = World(tmp_path)
    for _ in range(10):
        world.look(problem())
        world.now += 4 * HOUR
    assert world.outbox.counts() == {"a": {"waiting": 1}, "b": {"waiting": 1}}


def test_dead_letters_can_be_tried_again(tmp_path: Path) -> None:
    """Refused once, taken after `replay`, in order with what came since."""
    world = World(tmp_path)
    world.look(problem())
    refused = Outcome(accepted=False, told="HTTP 400", status=400)
    assert world.deliver("a", refused)
    assert not world.deliver("a", TAKEN)
    assert world.outbox.replay([], ["a"], world.now) == 1
    assert world.deliver("a", TAKEN)


def test_a_replay_tells_nothing_that_is_over(tmp_path: Path) -> None:
    """Neither a fire that has resolved, nor a change that something newer was told after."""
    refused = Outcome(accepted=False, told="HTTP 400", status=400)
    world = World(tmp_path)
    world.look(problem())
    assert world.deliver("a", refused)
    world.look()
    assert world.outbox.replay([], [], world.now) == 0
    world.look(problem())
    assert world.deliver("a", TAKEN)
    world.look(problem(severity=Severity.PAGE))
    assert world.deliver("a", refused)
    world.look()
    assert world.deliver("a", TAKEN)
    assert world.outbox.replay([], [], world.now) == 0


def test_what_a_receiver_missed_is_due_once_it_is_well(tmp_path: Path) -> None:
    """Not when the backoff of each message would end."""
    world = World(tmp_path)
    world.look(problem(replace(line(), path="x.md")), problem(replace(line(), path="y.md")))
    world.outbox.set_standing("a", Standing(failures=1), world.now)
    while world.deliver("a", DOWN):
        pass
    assert not world.deliver("a", TAKEN)
    world.outbox.set_standing("a", Standing(), world.now)
    assert world.deliver("a", TAKEN)


def test_the_quarantine_s_least_of_a_day_is_kept(tmp_path: Path) -> None:
    """Growth is measured from the least within the window."""
    outbox = World(tmp_path).outbox
    day = timedelta(days=1)
    values = [(0, 5), (1, 7), (2, 3), (20, 15), (27, 15)]
    found = [outbox.gauge("q", value, NOW + n * HOUR, day) for n, value in values]
    assert found == [5, 5, 3, 3, 15]


EVENTS = st.lists(
    st.sampled_from(["wrong", "worse", "well", "blind", "silent", "aloud", "a up", "a down",
                     "a lost", "a killed", "a refused", "replay", "b up", "wait"]),
    max_size=60,
)  # fmt: skip


def _happens(world: World, event: str, wrong: list[Problem]) -> list[Problem]:
    """Let one thing happen; return what is wrong from now on."""
    match event:
        case "wrong":
            return [problem()]
        case "worse":
            return [problem(severity=Severity.PAGE)]
        case "well":
            return []
        case "silent":
            world.outbox.add_silence(Silence({"rule": "drift"}, world.now + HOUR))
        case "aloud":
            _aloud(world)
        case "wait":
            world.now += 2 * HOUR
        case "a lost":
            world.deliver("a", Outcome(accepted=False, told="no answer"))
        case "a refused":
            world.deliver("a", Outcome(accepted=False, told="HTTP 400", status=400))
        case "replay":
            world.outbox.replay([], [], world.now)
        case "a killed":
            world.deliver("a", TAKEN, killed=True)
        case "blind":
            hidden = Seen([], ["drift"])
            world.outbox.transact(world.now, partial(changes, hidden, world.terms, world.now))
        case _:
            receiver, how = event.split()
            world.deliver(receiver, TAKEN if how == "up" else DOWN)
    return wrong


def _aloud(world: World) -> None:
    for silence in world.outbox.silences(world.now):
        world.outbox.end_silence(silence.id)


@settings(max_examples=150, deadline=None)
@given(history=EVENTS)
def test_law_6(history: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Resolved only after firing, no transition lost, none under two ids, the last state right."""
    world = World(tmp_path_factory.mktemp("law"))
    wrong: list[Problem] = []
    for event in history:
        wrong = _happens(world, event, wrong)
        if event != "blind":
            world.look(*wrong)
    _aloud(world)
    world.look(*wrong)
    world.outbox.replay([], [], world.now)
    for receiver in ("a", "b"):
        world.now += 25 * HOUR  # Longer than any backoff.
        while world.deliver(receiver, TAKEN):
            world.now += 25 * HOUR
        got = world.got[receiver]
        order = list(dict.fromkeys(name for name, _, _ in got))
        assert order == sorted(order, key=lambda name: int(name[4:])), "kept in order"
        events = [event for _, event, _ in got]
        assert not events or events[0] is Event.FIRING, "resolved only after firing"
        # Whoever heard of anything knows how it ended; whoever did not, hears if it is wrong.
        last = events[-1] if events else Event.RESOLVED
        assert last is (Event.FIRING if wrong else Event.RESOLVED)
