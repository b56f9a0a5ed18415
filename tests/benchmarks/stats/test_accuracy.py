import numpy as np
import pytest

from benchmarks.stats.accuracy import (
    BINS,
    confusion_matrix,
    count_right,
    mean_drift,
    reliability,
    top1_accuracy,
    top1_agreement,
)


def test_accuracy_and_agreement_count_images() -> None:
    labels, ours, theirs = [1, 2, 3, 4], [1, 2, 0, 0], [1, 0, 0, 4]

    assert count_right(ours, labels) == 2
    assert top1_accuracy(ours, labels) == 0.5
    assert top1_agreement(ours, theirs) == 0.5  # the first and, both wrong alike, the third


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1,\) and \(2,\)"):
        top1_accuracy([1], [1, 2])


def test_the_confusion_matrix_counts_answers_by_label() -> None:
    # Of three images of class 0, one is taken for 2; the one of class 1 is right; class 2 has none.
    assert confusion_matrix([0, 2, 1, 0], [0, 0, 1, 0], classes=3).tolist() == [[2, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_calibration_error_by_hand() -> None:
    # Bins are 1/15 wide. 0.95 and 0.99 in the last, 0.9333 to 1: sum 1.94, one right: gap 0.94.
    # 0.60 belongs to the ninth, 0.5333 to 0.6, upper edge included; right: gap 0.40. 0.61 is in the tenth, wrong: 0.61.
    # (0.94 + 0.40 + 0.61) / 4 = 0.4875.
    found = reliability([0.95, 0.99, 0.60, 0.61], [True, False, True, False])

    assert found.expected_calibration_error == pytest.approx(0.4875)
    assert [place for place, count in enumerate(found.count) if count] == [8, 9, 14]
    assert (found.count[14], found.right[14], found.confidence_sum[14]) == (2, 1, pytest.approx(1.94))


def test_a_network_that_is_right_as_often_as_it_says_has_no_error() -> None:
    assert reliability([0.75] * 4, [True, True, True, False]).expected_calibration_error == 0
    assert reliability([1.0, 1.0], [True, True]).expected_calibration_error == 0


def test_training_counts_the_calibration_error_in_the_same_way() -> None:
    temperature = pytest.importorskip("train.results.temperature", exc_type=ImportError)
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([0.3] * 10, 500).astype(np.float32)
    labels = rng.integers(0, 10, 500).astype(np.uint8)

    ours = reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)

    assert ours.expected_calibration_error == pytest.approx(
        temperature.expected_calibration_error(probabilities, labels), abs=1e-6
    )
    assert sum(ours.count) == 500
    assert len(ours.count) == BINS


def test_drift_has_a_direction_and_a_size() -> None:
    # +0.1, -0.2, 0: mean -0.1 / 3, size 0.3 / 3.
    assert mean_drift([0.9, 0.5, 0.7], [0.8, 0.7, 0.7]) == pytest.approx((-0.1 / 3, 0.1))
