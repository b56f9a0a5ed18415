import numpy as np
import pytest

from train.extra import Extra
from train.judgement import judge

# Top probabilities of five known images, of which two are named wrongly, and of three unknown ones.
KNOWN = [(0.9, 0.1), (0.8, 0.2), (0.7, 0.3), (0.4, 0.6), (0.05, 0.95)]
UNKNOWN = [(0.5, 0.5), (0.55, 0.45), (0.85, 0.15)]
FIRST, NEITHER = (1.0, 0.0), (0.5, 0.5)


def array(rows: list) -> np.ndarray:
    return np.array(rows, np.float32)


def images(targets: list, presence: float | list = 1.0) -> Extra:
    count = len(targets)
    return Extra(np.zeros((count, 2, 2), np.uint8), array(targets), np.full(count, presence, np.float32), "")


def test_shares_and_threshold_are_those_counted_by_hand() -> None:
    judgement = judge(array(KNOWN + UNKNOWN), images([FIRST] * 5 + [NEITHER] * 3))

    assert (judgement.known, judgement.unknown) == (5, 3)
    assert judgement.top1_accuracy == pytest.approx(3 / 5)
    assert judgement.threshold == pytest.approx(0.6)  # the least of the known: four of five would be fewer than 95 %
    assert judgement.unknown_rejected == pytest.approx(2 / 3)  # 0.5 and 0.55
    # 0.5 and 0.55 lie below all five known, 0.85 below two of them: 12 of 15 pairs.
    assert judgement.area_under_roc == pytest.approx(12 / 15)


def test_where_several_classes_are_right_each_of_them_counts() -> None:
    three = array([(0.2, 0.7, 0.1), (0.2, 0.1, 0.7)])

    assert judge(three, images([(0.5, 0.5, 0), (0.5, 0.5, 0)])).top1_accuracy == 0.5


def test_without_unknown_images_there_is_nothing_to_reject() -> None:
    judgement = judge(array(KNOWN), images([FIRST] * 5))

    assert judgement.unknown_rejected is None
    assert judgement.area_under_roc is None


def test_what_the_vision_step_overlooks_is_lost_whatever_the_network_would_say() -> None:
    # The first known image and the surest unknown one are answered with `nothing`.
    presence = [0.05, 1, 1, 1, 1, 1, 1, 0.05]
    judgement = judge(array(KNOWN + UNKNOWN), images([FIRST] * 5 + [NEITHER] * 3, presence))

    assert judgement.top1_accuracy == pytest.approx(2 / 5)
    assert judgement.threshold == 0.0  # no threshold keeps 95 % of five when one is lost already
    # The lost known one ties with the lost unknown one and lies below the others; the rest lie above all three.
    assert judgement.area_under_roc == pytest.approx((0.5 + 4 * 3) / 15)
