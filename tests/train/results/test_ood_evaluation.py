import numpy as np
import pytest

from train.data.auxiliary import Extra
from train.results.ood_evaluation import Judgement, judge

# Top probabilities of five known images, of which two are named wrongly, and of three unknown ones.
KNOWN = [(0.9, 0.1), (0.8, 0.2), (0.7, 0.3), (0.4, 0.6), (0.05, 0.95)]
UNKNOWN = [(0.5, 0.5), (0.55, 0.45), (0.85, 0.15)]
FIRST, NEITHER = (1.0, 0.0), (0.5, 0.5)


def array(rows: list) -> np.ndarray:
    return np.array(rows, np.float32)


def images(targets: list, presence: float | list = 1.0) -> Extra:
    count = len(targets)
    return Extra(np.zeros((count, 2, 2), np.uint8), array(targets), np.full(count, presence, np.float32), "")


def judged(probabilities: list, of: Extra) -> Judgement:
    """With logits whose softmax the probabilities are."""
    return judge(np.log(array(probabilities)), array(probabilities), of)


def test_shares_and_threshold_are_those_counted_by_hand() -> None:
    judgement = judged(KNOWN + UNKNOWN, images([FIRST] * 5 + [NEITHER] * 3))
    of = judgement.separations["probability"]

    assert (judgement.known, judgement.unknown) == (5, 3)
    assert judgement.top1_accuracy == pytest.approx(3 / 5)
    assert of.threshold == pytest.approx(0.6)  # the least of the known: four of five would be fewer than 95 %
    assert of.unknown_rejected == pytest.approx(2 / 3)  # 0.5 and 0.55
    # 0.5 and 0.55 lie below all five known, 0.85 below two of them: 12 of 15 pairs.
    assert of.area_under_roc == pytest.approx(12 / 15)


def test_the_better_score_that_a_runner_can_have_is_chosen() -> None:
    # The unknown one's top probability lies between those of the known ones, its lead below both of them; the
    # energies, which are best of all, need logits, which exported files don't give.
    probabilities = array([(0.6, 0.3, 0.1), (0.5, 0.25, 0.25), (0.52, 0.46, 0.02)])
    three = images([(1.0, 0, 0), (1.0, 0, 0), (1 / 3, 1 / 3, 1 / 3)])
    judgement = judge(array([(9, 0, 0), (9, 0, 0), (0, 0, 0)]), probabilities, three)

    areas = {kind: separation.area_under_roc for kind, separation in judgement.separations.items()}
    assert areas == {"probability": 0.5, "margin": 1.0, "energy": 1.0}
    assert (judgement.score, judgement.threshold) == ("margin", pytest.approx(0.25))


def test_where_several_classes_are_right_each_of_them_counts() -> None:
    three = [(0.2, 0.7, 0.1), (0.2, 0.1, 0.7)]

    assert judged(three, images([(0.5, 0.5, 0), (0.5, 0.5, 0)])).top1_accuracy == 0.5


def test_without_unknown_images_there_is_nothing_to_reject() -> None:
    judgement = judged(KNOWN, images([FIRST] * 5))

    assert judgement.score == "probability"
    assert judgement.separations["probability"].unknown_rejected is None
    assert judgement.separations["probability"].area_under_roc is None


def test_what_the_vision_step_overlooks_is_lost_whatever_the_network_would_say() -> None:
    # The first known image and the surest unknown one are answered with `nothing`.
    presence = [0.05, 1, 1, 1, 1, 1, 1, 0.05]
    judgement = judged(KNOWN + UNKNOWN, images([FIRST] * 5 + [NEITHER] * 3, presence))
    of = judgement.separations["probability"]

    assert judgement.top1_accuracy == pytest.approx(2 / 5)
    assert of.threshold == 0.0  # no threshold keeps 95 % of five when one is lost already
    # The lost known one ties with the lost unknown one and lies below the others; the rest lie above all three.
    assert of.area_under_roc == pytest.approx((0.5 + 4 * 3) / 15)
