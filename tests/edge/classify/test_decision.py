"""The steady answer: hold, two thresholds, smoothing and staleness with times and values worked by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import ModelSpec
from edge.classify.decision import Decider, decide_alone
from edge.classify.results import Decision, Prediction

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
LABELS = ("Coat", "Bag", "Hat")
SMOOTHING_S = 0.2
HALF_S = SMOOTHING_S * math.log(2)  # after which a new frame weighs as much as all before it

Feed = Callable[..., Decision]


def after(seconds: float) -> datetime:
    """So many seconds past noon."""
    return NOON + timedelta(seconds=seconds)


def seen(*probabilities: float, presence: float = 1.0, score: float | None = None) -> Prediction:
    """A frame's prediction; without probabilities there is nothing in it."""
    values = np.array(probabilities or (0.0, 0.0, 0.0), np.float32)
    top1 = float(values.max())
    label = LABELS[int(values.argmax())] if probabilities else "nothing"
    pixels, outline = np.zeros((1, 1), np.uint8), np.zeros((0, 2), np.int32)
    return Prediction(
        label, top1, (), {"total": 1}, pixels, values, top1 if score is None else score, presence, outline, "of itself"
    )


NOTHING = seen(presence=0.0)
COAT, BAG, HAT = seen(1, 0, 0), seen(0, 1, 0), seen(0, 0, 1)


def decider(**rule: Any) -> Decider:
    """A decider of three classes, without smoothing unless asked."""
    return Decider(ModelSpec(LABELS, decision=DecisionSpec(**{"smoothing_s": 0.0, **rule})))


def answers(one: Decider, *predictions: Prediction, fps: float = 10.0, start_s: float = 0.0) -> list[Decision]:
    """Feed predictions at a rate."""
    return [one.decide(prediction, after(start_s + n / fps)) for n, prediction in enumerate(predictions)]


def labels(decisions: list[Decision]) -> list[str]:
    """The answers alone."""
    return [decision.label for decision in decisions]


def test_a_single_frame_is_decided_by_its_own_prediction() -> None:
    decision = decide_alone(seen(0.25, 0.625, 0.125), NOON)
    assert decision == Decision("Bag", 0.625, NOON, changed=True, reason="of itself")
    assert decision.state == "known"
    assert decide_alone(NOTHING, NOON).state == decide_alone(NOTHING, NOON).label == "nothing"


def test_a_label_comes_after_it_held_three_frames_and_says_so() -> None:
    decisions = answers(decider(threshold=0.7), COAT, COAT, COAT, COAT)
    assert labels(decisions) == ["unknown", "unknown", "Coat", "Coat"]
    on = "top1 1.00 reaches on-threshold 0.70"
    assert [decision.reason for decision in decisions] == [
        *(f"Coat held {held} of 3 frames: {on}" for held in (1, 2, 3)), "top1 1.00 reaches off-threshold 0.60",
    ]  # fmt: skip
    assert [decision.changed for decision in decisions] == [True, False, True, False]
    assert [decision.since for decision in decisions] == [NOON, NOON, after(0.2), after(0.2)]
    assert [decision.state for decision in decisions[1:3]] == ["unknown", "known"]


@pytest.mark.parametrize(("hold_frames", "first"), [(1, 0), (2, 1), (5, 4)])
def test_the_rule_sets_how_many_frames_must_agree(hold_frames: int, first: int) -> None:
    assert labels(answers(decider(hold_frames=hold_frames), *[COAT] * 6)).index("Coat") == first


def test_frames_that_do_not_follow_each_other_do_not_add_up() -> None:
    stream = [COAT] * 3 + [BAG, BAG, COAT, BAG, HAT, BAG, BAG, BAG]
    assert labels(answers(decider(), *stream)) == ["unknown"] * 2 + ["Coat"] * 8 + ["Bag"]


def test_a_label_comes_at_the_on_threshold_and_goes_at_the_off_threshold() -> None:
    one = decider(threshold=0.7, off_margin=0.1, hold_frames=1)
    decisions = answers(one, seen(0.65, 0.35, 0), seen(0.75, 0.25, 0), seen(0.65, 0.35, 0), seen(0.55, 0.45, 0))
    assert labels(decisions) == ["unknown", "Coat", "Coat", "unknown"]
    compared = ["0.65 below on-threshold 0.70", "0.75 reaches on-threshold 0.70", "0.65 reaches off-threshold 0.60",
                "0.55 below off-threshold 0.60"]  # fmt: skip
    assert [decision.reason.partition("top1 ")[2] for decision in decisions] == compared
    assert [decision.probability for decision in decisions] == pytest.approx([0.65, 0.75, 0.65, 0.55])


def test_a_new_label_must_reach_the_on_threshold_itself() -> None:
    one = decider(threshold=0.7, hold_frames=1)
    decisions = answers(one, COAT, seen(0.1, 0.65, 0.25), seen(0.1, 0.75, 0.15))
    assert labels(decisions) == ["Coat", "unknown", "Bag"]


def test_two_labels_that_are_as_likely_do_not_take_turns() -> None:
    one = decider(hold_frames=1, off_margin=0.1)
    wavering = [seen(0.5, 0.5 - lead, 0) for lead in (0.02, -0.05, 0.05, -0.09)]
    decisions = answers(one, *wavering, seen(0.4, 0.55, 0.05))
    assert labels(decisions) == ["Coat"] * 4 + ["Bag"]
    assert decisions[1].probability == pytest.approx(0.5)  # the shown one's, though another is likelier


def test_the_score_of_the_rule_decides_what_is_known() -> None:
    one = Decider(ModelSpec(LABELS, "logits", decision=DecisionSpec(score="energy", threshold=4.0, hold_frames=1)))
    (first, second) = answers(one, seen(0.9, 0.1, 0, score=3.5), seen(0.5, 0.3, 0.2, score=300.0))
    assert first.label == "unknown"
    assert "energy 3.50 below on-threshold 4.00" in first.reason
    assert second.label == "Coat"


def test_after_the_half_time_a_frame_weighs_a_half() -> None:
    one = decider(smoothing_s=SMOOTHING_S, hold_frames=1)
    probabilities = [
        one.decide(prediction, after(n * HALF_S)).probability for n, prediction in enumerate([COAT, BAG, COAT])
    ]
    # Coat 1, then half of it (which Bag doesn't lead), then half of that and a half
    assert probabilities == pytest.approx([1.0, 0.5, 0.75], abs=1e-5)


@pytest.mark.parametrize("fps", [5.0, 30.0, 240.0])
def test_smoothing_is_over_time_not_over_frames(fps: float) -> None:
    one = decider(smoothing_s=0.5, hold_frames=1, off_margin=1.0)  # nothing leads by 1, so Coat stays in view
    one.decide(COAT, NOON)
    last = answers(one, *[BAG] * round(fps), fps=fps, start_s=1 / fps)[-1]
    assert last.probability == pytest.approx(math.exp(-2), abs=1e-3)  # one second of two time constants


def test_two_other_frames_do_not_change_the_answer() -> None:
    stream = [COAT] * 30 + [BAG] * 2 + [COAT] * 30 + [NOTHING] * 2 + [COAT] * 30
    decisions = answers(decider(smoothing_s=SMOOTHING_S), *stream, fps=30)
    assert [decision.label for decision in decisions if decision.changed] == ["unknown", "Coat"]


def test_a_label_that_leads_in_the_mixture_but_is_gone_from_the_frames_does_not_come() -> None:
    one = decider(smoothing_s=1.0, threshold=0.7)
    doubtful, sure = seen(0.6, 0.2, 0.2), seen(0, 1, 0)
    decisions = answers(one, *[doubtful] * 10, *[sure] * 20)
    # After three sure frames of 0.1 s what was before weighs 0.741: top1 1 - 0.4 * 0.741, Coat 0.444 and Bag 0.407.
    assert decisions[12].reason.startswith("Coat held 0 of 3")
    assert decisions[12].reason.endswith("0.704 reaches on-threshold 0.700")
    assert decisions[13].reason.startswith("Bag held 1 of 3 frames")
    assert [decision.label for decision in decisions if decision.changed] == ["unknown", "Bag"]


def test_nothing_is_an_answer_and_no_class_is_unlearnt_by_it() -> None:
    stream = [COAT] * 3 + [NOTHING] * 4 + [COAT] * 3
    decisions = answers(decider(), *stream)
    assert labels(decisions) == ["unknown"] * 2 + ["Coat"] * 3 + ["nothing"] * 4 + ["Coat"]
    assert decisions[5].reason.startswith("nothing held 3 of 3")
    assert decisions[5].reason.endswith("presence 0.00 below off-threshold 0.10")
    assert (decisions[5].probability, decisions[5].state) == (0.0, "nothing")
    assert decisions[6].reason == "presence 0.00 below on-threshold 0.20"
    assert decisions[-1].probability == 1.0


def test_presence_has_two_thresholds_too() -> None:
    one = decider(presence_threshold=0.5, off_margin=0.1, hold_frames=1)
    stream = [seen(1, 0, 0, presence=0.55), seen(presence=0.45), seen(1, 0, 0, presence=0.55)]
    assert labels(answers(one, *stream, seen(1, 0, 0, presence=0.6))) == ["Coat", "nothing", "nothing", "Coat"]


def test_a_stream_may_begin_with_frames_that_no_network_has_looked_at() -> None:
    assert labels(answers(decider(hold_frames=1), seen(presence=0.45), COAT)) == ["nothing", "Coat"]


def test_without_frames_the_answer_is_stale() -> None:
    one = decider(stale_after_s=2.0)
    assert one.at(NOON) == Decision("stale", 0.0, NOON, changed=True, reason="no frame yet")
    answers(one, COAT, COAT, COAT)  # the last one at 0.2 s
    fresh = one.at(after(2.2))
    assert (fresh.label, fresh.changed, fresh.since) == ("Coat", False, after(0.2))
    first, second = one.at(after(2.3)), one.at(after(9.0))
    assert first._replace(reason="") == Decision("stale", 0.0, after(2.2), changed=True, reason="")
    assert "more than 2 s" in first.reason
    assert first.state == "stale"
    assert (second.label, second.changed, second.since) == ("stale", False, after(2.2))


def test_after_a_gap_what_is_still_there_is_named_at_once_and_what_is_new_must_hold() -> None:
    for gone_on, expected in ((COAT, ["Coat"] * 3), (BAG, ["unknown", "unknown", "Bag"])):
        one = decider(stale_after_s=2.0)
        answers(one, COAT, COAT, COAT)
        one.at(after(60))
        decisions = answers(one, gone_on, gone_on, gone_on, start_s=61)
        assert labels(decisions) == expected
        assert decisions[0].changed
        assert decisions[0].since == after(61)


def test_an_answer_is_stale_after_a_gap_even_if_none_was_requested_meanwhile() -> None:
    one = decider(stale_after_s=2.0)
    answers(one, COAT, COAT, COAT)
    assert labels(answers(one, BAG, BAG, BAG, start_s=61)) == ["unknown", "unknown", "Bag"]


def test_a_source_slower_than_staleness_is_answered_all_the_same() -> None:
    one = decider(stale_after_s=2.0, smoothing_s=SMOOTHING_S)
    assert labels(answers(one, *[COAT] * 5, *[BAG] * 3, fps=0.1)) == ["unknown"] * 2 + ["Coat"] * 3 + [
        "unknown", "unknown", "Bag",
    ]  # fmt: skip


def test_a_clock_that_is_set_back_costs_a_frame_and_no_more() -> None:
    one = decider(smoothing_s=SMOOTHING_S)
    answers(one, *[COAT] * 10)
    decisions = answers(one, *[BAG] * 10, start_s=-3600)
    assert labels(decisions)[-1] == "Bag"
    assert decisions[0].label == "Coat"


@pytest.mark.parametrize("seconds", [0.0, -0.1])
def test_a_clock_that_stands_or_runs_back_does_not_hold_the_answer(seconds: float) -> None:
    """Frames without a time of their own weigh as at 25 frames a second: 0.04 s of a time constant of 0.2 s."""
    one = decider(smoothing_s=SMOOTHING_S, hold_frames=1, off_margin=1.0)
    one.decide(COAT, NOON)
    last = [one.decide(BAG, after((n + 1) * seconds)) for n in range(10)][-1]
    assert last.probability == pytest.approx(math.exp(-2), abs=1e-3)  # 0.4 s


def test_the_callers_clock_counts_and_not_the_time_of_reading() -> None:
    """A film is read ten times as fast as it was filmed, and its answer changes in film time."""
    one = decider(smoothing_s=SMOOTHING_S, hold_frames=1, stale_after_s=2.0)
    rows = [one.decide(p, after(n / 1000), clock_s=n * HALF_S) for n, p in enumerate([COAT, BAG, COAT])]
    assert [row.probability for row in rows] == pytest.approx([1.0, 0.5, 0.75], abs=1e-5)
    assert rows[0].since == NOON
    assert one.at(after(1), clock_s=2 * HALF_S + 2.1).label == "stale"
