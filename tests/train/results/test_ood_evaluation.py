import numpy as np
import pytest

from train.data.auxiliary import AuxiliaryImages
from train.results.ood_evaluation import OodEvaluation, evaluate_ood

# Top probabilities of five known images, of which two are named wrongly, and of three unknown ones.
KNOWN = [(0.9, 0.1), (0.8, 0.2), (0.7, 0.3), (0.4, 0.6), (0.05, 0.95)]
UNKNOWN = [(0.5, 0.5), (0.55, 0.45), (0.85, 0.15)]
FIRST, NEITHER = (1.0, 0.0), (0.5, 0.5)


def array(rows: list) -> np.ndarray:
    return np.array(rows, np.float32)


def images(targets: list, presence: float | list = 1.0) -> AuxiliaryImages:
    count = len(targets)
    return AuxiliaryImages(np.zeros((count, 2, 2), np.uint8), array(targets), np.full(count, presence, np.float32), "")


def evaluated(probabilities: list, of: AuxiliaryImages) -> OodEvaluation:
    """With logits whose softmax the probabilities are."""
    return evaluate_ood(np.log(array(probabilities)), array(probabilities), of)


def test_shares_and_threshold_are_those_counted_by_hand() -> None:
    evaluation = evaluated(KNOWN + UNKNOWN, images([FIRST] * 5 + [NEITHER] * 3))
    of = evaluation.separations["probability"]

    assert (evaluation.known, evaluation.unknown) == (5, 3)
    assert evaluation.top1_accuracy == pytest.approx(3 / 5)
    assert of.threshold == pytest.approx(0.6)  # the least of the known: four of five would be fewer than 95 %
    assert of.unknown_rejected == pytest.approx(2 / 3)  # 0.5 and 0.55
    # 0.5 and 0.55 lie below all five known, 0.85 below two of them: 12 of 15 pairs.
    assert of.area_under_roc == pytest.approx(12 / 15)


def _areas(evaluation: OodEvaluation) -> dict[str, float | None]:
    return {kind: separation.area_under_roc for kind, separation in evaluation.separations.items()}


def test_the_score_with_the_largest_area_is_chosen() -> None:
    # The unknown one's top probability lies between those of the known ones, its lead below both of them.
    probabilities = array([(0.6, 0.3, 0.1), (0.5, 0.25, 0.25), (0.52, 0.46, 0.02)])
    three = images([(1.0, 0, 0), (1.0, 0, 0), (1 / 3, 1 / 3, 1 / 3)])
    evaluation = evaluate_ood(array([(9, 0, 0), (0, 0, 0), (5, 5, 0)]), probabilities, three)

    assert _areas(evaluation) == {"probability": 0.5, "margin": 1.0, "energy": 0.5}
    assert (evaluation.score, evaluation.threshold) == ("margin", pytest.approx(0.25))


def test_the_energy_of_the_logits_is_a_candidate_like_the_others() -> None:
    # The unknown one has the highest probability and lead, from logits that are all small.
    probabilities = array([(0.6, 0.4), (0.7, 0.3), (0.9, 0.1)])
    three = images([FIRST, FIRST, NEITHER])
    evaluation = evaluate_ood(array([(9, 8), (9, 8), (0, -2)]), probabilities, three)

    assert _areas(evaluation) == {"probability": 0.0, "margin": 0.0, "energy": 1.0}
    assert (evaluation.score, evaluation.threshold) == ("energy", pytest.approx(9 + np.log1p(np.exp(-1)), rel=1e-5))


def test_where_several_classes_are_right_each_of_them_counts() -> None:
    three = [(0.2, 0.7, 0.1), (0.2, 0.1, 0.7)]

    assert evaluated(three, images([(0.5, 0.5, 0), (0.5, 0.5, 0)])).top1_accuracy == 0.5


def test_without_unknown_images_there_is_nothing_to_reject() -> None:
    evaluation = evaluated(KNOWN, images([FIRST] * 5))

    assert evaluation.score == "probability"
    assert evaluation.separations["probability"].unknown_rejected is None
    assert evaluation.separations["probability"].area_under_roc is None


def test_an_image_predicted_as_nothing_is_wrong_and_has_the_lowest_score() -> None:
    # The first known image and the surest unknown one are answered with `nothing`.
    presence = [0.05, 1, 1, 1, 1, 1, 1, 0.05]
    evaluation = evaluated(KNOWN + UNKNOWN, images([FIRST] * 5 + [NEITHER] * 3, presence))
    of = evaluation.separations["probability"]

    assert evaluation.top1_accuracy == pytest.approx(2 / 5)
    assert of.threshold == 0.0  # no threshold keeps 95 % of five when one is lost already
    # The lost known one ties with the lost unknown one and lies below the others; the rest lie above all three.
    assert of.area_under_roc == pytest.approx((0.5 + 4 * 3) / 15)
