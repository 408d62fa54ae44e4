"""Noise control, retrieval's baseline, lag and schedules: what many checks come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingestd.backends.apscheduler import trigger
from ingestd.freshness.lag import bucket, summary
from ingestd.freshness.noise import NoisePolicy, is_flapping, of_samples, settled
from ingestd.freshness.regression import mcnemar, regression
from ingestd.freshness.selection import affected
from ingestd.model.check import QuestionState, Status
from ingestd.model.golden import GoldenQuestion, Static, ValueType
from ingestd.model.ids import DocId, DocPath, doc_id

NOW = datetime(2027, 5, 1, tzinfo=UTC)
P, F, U = Status.PASS, Status.FAIL, Status.UNKNOWN


@pytest.mark.parametrize(
    ("observed", "policy", "status"),
    [
        ([P, F], NoisePolicy(), F),
        ([P, F], NoisePolicy(fail_after=2), P),
        ([P, F, F], NoisePolicy(fail_after=2), F),
        ([P, F, P, F], NoisePolicy(fail_after=2), P),
        ([P, F, U, F], NoisePolicy(fail_after=2), F),
        ([F, P], NoisePolicy(recover_after=2), F),
        ([F, P, P], NoisePolicy(recover_after=2), P),
        ([U], NoisePolicy(), U),
        ([P, U], NoisePolicy(), P),
        ([F, U, U], NoisePolicy(), F),
    ],
)
def test_a_status_changes_after_so_many_in_a_row(observed, policy, status):
    """Unknown neither fires nor resolves."""
    state = QuestionState("q")
    for one in observed:
        state = settled(state, one, NOW, policy)
    assert status is state.status


def test_going_to_and_fro_is_flapping():
    """Six changes within the last twenty results."""
    state = QuestionState("q")
    for one in [P, F] * 4:
        state = settled(state, one, NOW, NoisePolicy())
    assert is_flapping(state)
    for _ in range(20):
        state = settled(state, P, NOW, NoisePolicy())
    assert not is_flapping(state)


def test_k_of_n_samples():
    """A pass where enough of them pass; unknown where enough still could."""
    assert P is of_samples([P, F, P], 2)
    assert F is of_samples([P, F, F], 2)
    assert U is of_samples([P, F, U], 2)


@pytest.mark.parametrize(
    ("lost", "gained", "p_value"), [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (10, 2, 0.0386)]
)
def test_mcnemar_is_exact(lost, gained, p_value):
    """Twice the binomial tail, as tables of the test have it."""
    assert mcnemar(lost, gained) == pytest.approx(p_value, abs=1e-4)


def test_a_worse_retrieval_needs_more_than_chance_and_a_least_change():
    """Six lost of thirty regress; five may be chance."""
    baseline = [(1, 1)] * 24
    six = regression([*baseline, *[(0, 1)] * 6], 8, 0.02)
    five = regression([*baseline, *[(0, 1)] * 5], 8, 0.02)
    assert six is not None
    assert five is not None
    assert (six.regressed, five.regressed) == (True, False)
    assert six.recall == pytest.approx(0.8)
    assert six.mrr == pytest.approx(0.8)


def test_a_first_run_has_no_baseline():
    """Nothing to compare with is no regression."""
    found = regression([(1, None), (2, None)], 8, 0.02)
    assert found is not None
    assert (None, False) == (found.baseline_recall, found.regressed)
    assert found.mrr == pytest.approx(0.75)


def test_lag_quantiles_are_right_to_five_percent():
    """From buckets alone."""
    counts: dict[int, int] = {}
    for n in range(1, 1001):
        counts[bucket(n / 100)] = counts.get(bucket(n / 100), 0) + 1
    found = summary(counts)
    assert found is not None
    assert found.p50 == pytest.approx(5.0, rel=0.05)
    assert found.p95 == pytest.approx(9.5, rel=0.05)
    assert found.count == 1000
    assert summary({}) is None


def test_only_what_a_commit_touched_is_asked():
    """Bound to a changed document, answered from one, or never answered."""

    def question(name: str, path: str = "") -> GoldenQuestion:
        source = "docs" if path else ""
        return GoldenQuestion(name, "q?", Static(("x",)), ValueType.TEXT, source=source, path=path)

    changed = doc_id("docs", DocPath("a.md"))
    other = DocId("other")
    several = [question("bound", "a.md"), question("elsewhere", "b.md"), question("free"),
               question("fresh"), question("far")]  # fmt: skip
    states = {
        "free": QuestionState("free", answered_from=(changed,)),
        "far": QuestionState("far", answered_from=(other,)),
    }
    assert ["bound", "free", "fresh"] == [q.id for q in affected(several, states, {changed})]


def test_cron_counts_days_as_cron_does():
    """Day 0 is Sunday, as 7 is; APScheduler alone would take it for Monday."""
    sunday = trigger("0 9 * * 0", timedelta(0)).get_next_fire_time(None, NOW)
    assert (6, 9) == (sunday.weekday(), sunday.hour)
    weekdays = trigger("0 9 * * 1-5", timedelta(0))
    at, days = NOW, []
    for _ in range(5):
        at = weekdays.get_next_fire_time(at, at + timedelta(seconds=1))
        days.append(at.weekday())
    assert {0, 1, 2, 3, 4} == set(days)
    every = trigger("*/30 * * * *", timedelta(0)).get_next_fire_time(
        None, NOW + timedelta(minutes=1)
    )
    assert every.minute == 30


@pytest.mark.parametrize(
    "when", ["every now and then", "* * *", "61 * * * *", "every 0m", "x y z a b"]
)
def test_a_schedule_that_cannot_be_read_is_refused(when):
    """At the start, not at the first missed time."""
    with pytest.raises(ValueError, match=r".+"):
        trigger(when, timedelta(0))
