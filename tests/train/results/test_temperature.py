import math

import numpy as np
import pytest

pytest.importorskip("scipy")

from train.results.temperature import cross_entropy, expected_calibration_error, fit_temperature, with_temperature


def test_cross_entropy_is_the_mean_of_minus_log_of_the_true_class() -> None:
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], np.float32)

    value = cross_entropy(probabilities, np.array([0, 1, 1], np.uint8))

    assert value == pytest.approx((math.log(2) + math.log(4 / 3) + math.log(1e7)) / 3, rel=1e-5)


def _answers(confidence: float, right: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    """So many answers for class 0 with this confidence, of which some are right."""
    probabilities = np.tile(np.float32([confidence, 1 - confidence]), (right + wrong, 1))
    return probabilities, np.array([0] * right + [1] * wrong, np.uint8)


def test_too_sure_a_network_gets_the_temperature_that_makes_its_confidence_its_accuracy() -> None:
    probabilities, labels = _answers(16 / 17, right=80, wrong=20)

    temperature = fit_temperature(probabilities, labels)

    # Odds of 16 must become odds of 4 = 16 ** (1 / 2).
    assert temperature == pytest.approx(2.0, abs=0.001)
    np.testing.assert_allclose(with_temperature(probabilities, temperature)[0], [0.8, 0.2], atol=1e-3)


def test_an_unsure_one_gets_a_temperature_below_one_and_an_honest_one_keeps_its_own() -> None:
    assert fit_temperature(*_answers(2 / 3, right=80, wrong=20)) == pytest.approx(0.5, abs=0.001)
    assert fit_temperature(*_answers(0.8, right=80, wrong=20)) == pytest.approx(1.0, abs=0.001)


def test_a_few_images_that_are_all_right_do_not_make_it_infinitely_sure() -> None:
    assert fit_temperature(*_answers(0.9, right=20, wrong=0)) == pytest.approx(0.25, abs=0.001)


def test_the_calibration_error_is_the_gap_of_each_bin_in_the_share_of_its_images() -> None:
    sure, unsure = _answers(0.95, right=6, wrong=4), _answers(0.55, right=15, wrong=15)
    probabilities, labels = (np.concatenate(pair) for pair in zip(sure, unsure, strict=True))

    assert expected_calibration_error(probabilities, labels) == pytest.approx(0.25 * 0.35 + 0.75 * 0.05, abs=1e-6)


def test_gaps_in_different_bins_do_not_cancel_and_within_one_they_do() -> None:
    too_sure, too_unsure = _answers(0.95, right=0, wrong=1), _answers(0.55, right=1, wrong=0)
    probabilities, labels = (np.concatenate(pair) for pair in zip(too_sure, too_unsure, strict=True))
    assert expected_calibration_error(probabilities, labels) == pytest.approx((0.95 + 0.45) / 2, abs=1e-6)
    assert expected_calibration_error(*_answers(0.5, right=1, wrong=1)) == 0
    assert expected_calibration_error(*_answers(1.0, right=3, wrong=0)) == 0


def test_a_few_right_answers_do_not_make_a_network_surer_than_it_is() -> None:
    assert fit_temperature(*_answers(0.9, right=19, wrong=0)) == pytest.approx(1.0, abs=1e-3)
