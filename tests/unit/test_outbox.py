"""The outbox: what is delivered, dropped, given up and tried again, over every order of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.alerting.backoff import verdict
from ingestd.alerting.round import Seen, Terms, changes
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.gauges import SqliteGauges
from ingestd.backends.sqlite.outbox import SqliteOutbox
from ingestd.model.alert import (
    DeliveryState,
    Event,
    Fate,
    Outcome,
    Problem,
    Silence,
    Standing,
)
from ingestd.model.golden import Severity

from .test_alerts import DOWN, HOUR, NOW, RULE, TAKEN, line, problem


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
        assert self.outbox.begin(delivery)
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


def test_a_fire_that_is_resolved_before_it_is_sent_is_not_sent(tmp_path: Path) -> None:
    """Also where a thread has it in hand already: else nobody would tell of its end."""
    world = World(tmp_path)
    world.look(problem())
    delivery = world.outbox.due("a", world.now)
    assert delivery is not None
    world.look()
    assert not world.outbox.begin(delivery)


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
    gauges = SqliteGauges(Database(tmp_path / "ledger.db"))
    day = timedelta(days=1)
    values = [(0, 5), (1, 7), (2, 3), (20, 15), (27, 15)]
    found = [gauges.note("q", value, NOW + n * HOUR, day) for n, value in values]
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
