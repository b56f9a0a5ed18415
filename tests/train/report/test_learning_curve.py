import numpy as np
import pytest

from train.data.parts import TEST, TRAIN
from train.report.learning_curve import LearningCurve, learning_curve, paired_gain


def overlapping(each: int, *, seed: int = 0, noise: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    """Two classes that can be separated once their direction among 40 features is known well enough."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], each)
    features = rng.normal(0, noise, (2 * each, 40))
    features[:, 0] += np.where(labels == 0, -1, 1) * 0.8
    return (features / np.sqrt(40)).astype(np.float32), labels


def test_the_curve_climbs_where_more_images_show_what_separates_the_classes() -> None:
    features, labels = overlapping(80)

    curve = learning_curve(features, labels, np.zeros(160, np.int8), classes=2, comes_split=False)

    assert isinstance(curve, LearningCurve)
    assert curve.judged == 160
    # Four of five folds: 64 images of a class, halved six times.
    assert [point.images_per_class for point in curve.points] == [1, 2, 4, 8, 16, 32, 64]
    accuracies = [point.accuracy for point in curve.points]
    assert accuracies[0] < accuracies[3] < accuracies[-1]
    assert accuracies[-1] > 0.9
    assert curve.doubling.gain == pytest.approx(accuracies[-1] - accuracies[-2])
    for point in curve.points:
        assert point.interval[0] <= point.accuracy <= point.interval[1]


def test_a_data_set_that_comes_split_is_judged_on_its_own_parts() -> None:
    # In the test part the classes are swapped: trained and judged within it, the accuracy would be 1.
    features, labels = overlapping(40, noise=0.1)
    parts = np.tile(np.array([TRAIN, TRAIN, TRAIN, TEST], np.int8), 20)
    labels = np.where(parts == TEST, 1 - labels, labels)

    curve = learning_curve(features, labels, parts, classes=2, comes_split=True)

    assert isinstance(curve, LearningCurve)
    assert curve.judged == 20
    assert curve.points[-1].images_per_class == 30
    assert curve.points[-1].accuracy == 0.0


def test_too_few_images_or_too_many_classes_have_no_curve() -> None:
    features, labels = overlapping(3)
    parts = np.zeros(6, np.int8)

    assert "4" in str(learning_curve(features, labels, parts, classes=2, comes_split=False))
    assert isinstance(learning_curve(features, labels, parts, classes=2, comes_split=False), str)
    many = np.repeat(np.arange(201), 4)
    curve = learning_curve(np.zeros((804, 2), np.float32), many, np.zeros(804, np.int8), classes=201, comes_split=False)
    assert "201" in str(curve)


def test_the_gain_of_pairs_has_agresti_and_mins_interval() -> None:
    # Of 20 images 4 became right and 1 wrong: with a half more each, 4.5 - 1.5 = 3 of 22, and the deviation is
    # sqrt(6 - 9 / 22) / 22 = 0.107478.
    before = np.array([0] * 4 + [1] + [1] * 10 + [0] * 5, float)
    after = np.array([1] * 4 + [0] + [1] * 10 + [0] * 5, float)

    gain = paired_gain(before, after)

    assert gain.gain == pytest.approx(0.15)
    assert gain.interval == pytest.approx((3 / 22 - 1.959964 * 0.107478, 3 / 22 + 1.959964 * 0.107478), abs=1e-5)


def test_four_unchanged_images_do_not_make_a_gain_certain() -> None:
    low, high = paired_gain(np.ones(4), np.ones(4)).interval

    # 0.5 - 0.5 = 0 of 6, deviation sqrt(1) / 6.
    assert (low, high) == pytest.approx((-0.326661, 0.326661), abs=1e-5)
