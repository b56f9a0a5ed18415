from dataclasses import replace

import numpy as np

from train.report.advice import advise, class_sentence, curve_sentence, listed, points
from train.report.learning_curve import CurvePoint, Gain, LearningCurve


def curve_of(gain: float, low: float, high: float, *by_class: Gain | None) -> LearningCurve:
    dots = (CurvePoint(20, 0.8, (0.7, 0.9)), CurvePoint(40, 0.8 + gain, (0.7, 0.9)))
    return LearningCurve(dots, 100, Gain(gain, (low, high)), by_class)


def test_a_class_needs_images_for_three_reasons() -> None:
    # few: 12 different ones. low: 10 of 20 right, at most 70.1 % by Wilson, against 110 of 120 = 91.7 % of all.
    # rising: the last doubling surely helped. sound: none of these.
    names = ("few", "low", "rising", "sound")
    labels = np.repeat([0, 1, 2, 3], [20, 20, 40, 40])
    answers = labels.copy()
    answers[20:30] = 0
    flat = Gain(0.05, (-0.01, 0.11))

    rows = advise(
        names, training=np.array([9, 90, 90, 90]), different=np.array([12, 100, 100, 100]), labels=labels,
        answers=answers, curve=curve_of(0.02, 0.01, 0.03, flat, flat, Gain(0.05, (0.01, 0.09)), flat),
    )  # fmt: skip

    assert [len(row.reasons) for row in rows] == [1, 1, 1, 0]
    assert "12" in rows[0].reasons[0]
    assert "10 of 20" in rows[1].reasons[0]
    assert "92%" in rows[1].reasons[0]
    assert "+5.0 points" in rows[2].reasons[0]
    # The worst first.
    assert "low, few and rising" in class_sentence(rows)


def test_one_image_is_one_image() -> None:
    """The page once said "only 1 different images"."""
    labels = np.zeros(4, np.int64)
    rows = advise(("a", "b"), training=np.array([1, 2]), different=np.array([1, 2]), labels=labels, answers=labels,
                  curve=None)  # fmt: skip

    assert [row.reasons[0].split()[1:] for row in rows] == [["1", "different", "image"], ["2", "different", "images"]]
    judged = [curve_sentence(replace(curve_of(0, -0.1, 0.1), judged=count)) for count in (1, 2)]
    assert [sentence.split()[-2:] for sentence in judged] == [["1", "image"], ["2", "images"]]


def test_classes_that_can_not_be_judged_are_named_where_none_stands_out() -> None:
    labels = np.array([0] * 3 + [1] * 30)

    rows = advise(("a", "b"), training=np.array([50, 50]), different=np.array([60, 60]), labels=labels, answers=labels,
                  curve=None)  # fmt: skip

    assert [row.reasons for row in rows] == [(), ()]
    sentence = class_sentence(rows)
    assert "but a can't" in sentence


def test_a_class_without_held_out_images_has_no_interval() -> None:
    labels = np.zeros(4, np.int64)

    row = advise(("a", "b"), training=np.array([30, 30]), different=np.array([40, 30]), labels=labels, answers=labels,
                 curve=None)[1]  # fmt: skip

    assert (row.held_out, row.interval) == (0, None)


def test_the_answer_depends_on_the_interval_of_the_last_doubling() -> None:
    helps, enough, unknown = (
        curve_sentence(curve_of(*gain)) for gain in ((0.03, 0.01, 0.05), (0.001, -0.004, 0.006), (0.02, -0.03, 0.07))
    )

    assert len({sentence.split(":")[0] for sentence in (helps, enough, unknown)}) == 3
    assert "from 20 to 40 images" in helps
    assert "+3.0 points" in helps
    assert "\N{MINUS SIGN}0.4 to +0.6" in enough


def test_changes_and_lists_are_written_for_people() -> None:
    assert points(-0.0123) == "\N{MINUS SIGN}1.2 points"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
