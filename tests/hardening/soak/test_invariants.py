"""Messages of a runner against the states of its camera, second by second."""

from __future__ import annotations

from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.schedule import Fault, Timeline

TIMEOUTS = Timeouts(stall_s=2.0, frozen_s=10.0, slack_s=0.5)


def invariants(*faults: Fault) -> Invariants:
    """Invariants that know these faults."""
    return Invariants(Timeline(faults), TIMEOUTS)


def frames(made: Invariants, *times_s: float) -> None:
    """Frames at these times."""
    for time_s in times_s:
        made.hear(time_s, "Coat", has_frame=True)


def stale(made: Invariants, *times_s: float) -> None:
    """Answers without a frame."""
    for time_s in times_s:
        made.hear(time_s, "stale", has_frame=False)


def test_the_first_frame_after_a_fault_is_the_recovery() -> None:
    made = invariants(Fault("black", 10, 12), Fault("gone", 30, 40, number=1))
    frames(made, 9, 11, 12.5, 13, 29)
    stale(made, 32)
    frames(made, 47)
    assert (made.frames, made.recovered()) == (6, 2)
    assert made.recovery_s == {"black": [0.5], "gone": [7]}
    assert [made.over(time_s) for time_s in (23.9, 24, 52)] == [0, 1, 2]


def test_a_frame_long_after_the_picture_went_is_blind_and_a_frozen_one_has_longer() -> None:
    made = invariants(Fault("gone", 10, 20), Fault("still", 50, 70, number=1), Fault("black", 90, 99, number=2))
    frames(made, 12.4, 12.6, 62.4, 62.6, 98)
    assert made.blind_s == [12.6, 62.6]


def test_who_is_never_told_that_there_is_no_picture_is_counted() -> None:
    made = invariants(Fault("gone", 10, 20), Fault("silent", 50, 54, number=1), Fault("fail", 80, 90, number=2))
    stale(made, 12.5, 13.5)
    assert made.told_s == {0: 2.5}
    assert [made.untold(time_s) for time_s in (60, 85, 91)] == [0, 0, 1]  # four seconds were too short to say it


def test_stale_while_there_are_pictures_is_wrong() -> None:
    made = invariants(Fault("gone", 10, 20), Fault("black", 50, 60, number=1))
    stale(made, 5, 31, 33, 55)
    assert made.wrongly_stale_s == [5, 33, 55]  # at 31 it may not be back yet


def test_a_process_that_was_stopped_is_forgiven() -> None:
    made = invariants()
    frames(made, 1, 2)
    made.forgive(9)
    stale(made, 9.2)
    frames(made, 9.5, 9.75)
    assert (made.longest_gap_s, made.wrongly_stale_s) == (1, [])
    stale(made, 10.6)
    assert made.wrongly_stale_s == [10.6]


def test_what_was_stopped_could_do_nothing_about_it() -> None:
    made = invariants(Fault("gone", 10, 20), Fault("silent", 50, 60, number=1))
    made.forgive(30)
    frames(made, 31)
    made.forgive(55)
    frames(made, 57)
    stale(made, 58)
    assert (made.recovery_s, made.blind_s, made.told_s) == ({"gone": [1]}, [], {1: 3})


def test_gaps_count_only_while_the_camera_works() -> None:
    made = invariants(Fault("gone", 10, 20))
    frames(made, 8, 9.5, 26, 27, 29.5)
    assert (made.longest_gap_s, made.long_gaps_s) == (1.5, [(27, 29.5)])


def test_frames_make_it_live_for_a_while() -> None:
    made = invariants()
    assert not made.is_live(0)
    frames(made, 1)
    assert made.is_live(1.4)
    assert not made.is_live(1.6)


def test_an_answer_counts_while_it_lasts_and_a_little_longer() -> None:
    made = invariants()
    made.hear(1, "Coat", has_frame=True)
    made.hear(5, "Shirt", has_frame=True)
    made.hear(9, "Bag", has_frame=True)
    assert [label for label in ("Coat", "Shirt", "Bag", "Dress") if made.has_said(label, 10)] == ["Shirt", "Bag"]
