"""Plans are drawn once and looked up by time; fixed seeds, times worked by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest

from edge.errors import ToolkitError
from tests.hardening.soak.plan import Plan
from tests.hardening.soak.schedule import CAMERA, OUTSIDE, Fault, Timeline, at_random, one_of_each


def test_each_kind_comes_once_and_lasts_as_long_as_it_may() -> None:
    kinds = {"a": (1.0, 2.0), "b": (1.0, 4.0)}
    faults = one_of_each(kinds, seed=0, from_s=10, gap_s=5)
    assert sorted(fault.kind for fault in faults) == ["a", "b"]
    assert [fault.begins_s for fault in faults] == [15.0, 15.0 + kinds[faults[0].kind][1] + 5.0]
    assert [fault.ends_s - fault.begins_s for fault in faults] == [kinds[fault.kind][1] for fault in faults]
    assert [fault.number for fault in faults] == [0, 1]


def test_random_faults_follow_one_another_and_are_over_before_the_end() -> None:
    faults = list(at_random(CAMERA, seed=3, from_s=100, until_s=2000, gap_s=(10, 20), stretch=2, first_number=7))
    assert faults[0].number == 7
    assert all(10 <= later.begins_s - earlier.ends_s <= 20 for earlier, later in pairwise(faults))
    assert faults[0].begins_s >= 110
    assert faults[-1].ends_s <= 2000
    for fault in faults:
        shortest, longest = CAMERA[fault.kind]
        assert shortest <= fault.ends_s - fault.begins_s <= 2 * longest
    assert {fault.kind for fault in faults[:7]} == set(CAMERA)
    again = list(at_random(CAMERA, seed=3, from_s=100, until_s=2000, gap_s=(10, 20), stretch=2, first_number=7))
    assert again == faults


def test_a_fault_is_there_from_its_beginning_and_no_more_at_its_end() -> None:
    one, two = Fault("a", 2, 4), Fault("b", 6, 7, number=1)
    timeline = Timeline([one, two])
    assert [timeline.at(time_s) for time_s in (1.9, 2, 3.9, 4, 6.5, 7)] == [None, one, one, None, two, None]
    assert [timeline.before(time_s) for time_s in (1.9, 2, 5.9, 6, 99)] == [None, one, one, two, two]


def test_an_hour_begins_and_ends_calmly_and_has_every_fault_in_between() -> None:
    plan = Plan.draw(0, 3600)
    for timeline, kinds in ((plan.camera, CAMERA), (plan.outside, OUTSIDE)):
        first = timeline.faults[: len(kinds)]
        assert {fault.kind for fault in first} == set(kinds)
        assert first[-1].ends_s <= plan.settled_s - 24
        assert timeline.faults[len(kinds)].begins_s > plan.settled_s
        assert timeline.faults[-1].ends_s <= 3600 - 24
        assert [fault.number for fault in timeline.faults] == list(range(len(timeline.faults)))
    assert Plan.draw(0, 3600).camera.faults == plan.camera.faults
    assert Plan.draw(1, 3600).camera.faults != plan.camera.faults


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(ToolkitError, match=r"--duration 60 .* 2\d\d"):
        Plan.draw(0, 60)
