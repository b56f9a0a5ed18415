import numpy as np
import pytest

from edge.errors import DatasetError
from train.data.parts import (
    ANY,
    LEFT_OUT,
    TEST,
    TRAIN,
    VALIDATION,
    LabelledFiles,
    check_parts,
    divide,
    near_copies_on_both_sides,
)


def files(labels, *, groups=None, given=None, disputed=None) -> LabelledFiles:
    count = len(labels)
    return LabelledFiles(
        np.array(labels, np.int32),
        np.arange(count) if groups is None else np.array(groups),
        np.full(count, ANY, np.int8) if given is None else np.array(given, np.int8),
        np.zeros(count, np.bool_) if disputed is None else np.array(disputed),
    )


def parts_of(images: LabelledFiles, *, test: float = 0.15, validation: float = 1 / 12, seed: int = 0) -> np.ndarray:
    return divide(images, test_fraction=test, validation_fraction=validation, seed=seed)


def counts(parts: np.ndarray, labels: np.ndarray, label: int) -> list[int]:
    return np.bincount(parts[labels == label], minlength=3).tolist()


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(5, [3, 1, 1], id="five"),  # 0.75, then 4/12: one each
        pytest.param(20, [16, 1, 3], id="twenty"),  # 0.15 * 20 = 3, then 17/12 is 1.4
        pytest.param(100, [78, 7, 15], id="hundred"),  # 15, then 85/12 is 7.1
    ],
)
def test_every_class_is_in_every_part_from_five_images_on(count: int, expected: list[int]) -> None:
    images = files([0] * count + [1] * 40)

    assert counts(parts_of(images), images.labels, 0) == expected


def test_the_test_part_is_the_same_for_every_seed_and_validation_is_not() -> None:
    images = files([0] * 60 + [1] * 60)
    first, second = (parts_of(images, seed=seed) for seed in (1, 2))

    np.testing.assert_array_equal(first == TEST, second == TEST)
    assert ((first == VALIDATION) != (second == VALIDATION)).any()


def test_bursts_lie_on_one_side() -> None:
    groups = np.repeat(np.arange(20), 5)  # 20 bursts of five, the first ten of class 0
    images = files([0] * 50 + [1] * 50, groups=groups)
    parts = parts_of(images)

    assert all(len(set(parts[groups == group])) == 1 for group in range(20))
    assert near_copies_on_both_sides(parts, groups) == 0
    assert counts(parts, images.labels, 0)[TEST] == 5  # 7.5 wanted, and two bursts would be ten


def test_a_burst_of_two_classes_lies_on_one_side() -> None:
    groups = np.arange(40)
    groups[20] = 0  # the first image of class 1 looks like the first one of class 0
    for seed in range(10):
        parts = parts_of(files([0] * 20 + [1] * 20, groups=groups), seed=seed)
        assert parts[0] == parts[20]


def test_a_class_of_one_recording_is_cut_in_the_order_of_its_files_and_that_is_counted() -> None:
    groups = np.array([0] * 48 + list(range(48, 96)))
    images = files([0] * 48 + [1] * 48, groups=groups)
    parts = parts_of(images)

    assert min(counts(parts, images.labels, 0)) >= 1
    pieces = parts[:48].reshape(12, 4)  # a twelfth each
    assert all(len(set(piece)) == 1 for piece in pieces)
    assert near_copies_on_both_sides(parts, groups) == counts(parts, images.labels, 0)[TEST]


def test_an_image_of_two_classes_is_never_a_test() -> None:
    disputed = [True] * 10 + [False] * 10 + [True] * 10 + [False] * 10
    parts = parts_of(files([0] * 20 + [1] * 20, disputed=disputed), test=0.4)

    assert (parts[np.array(disputed)] == TRAIN).all()
    assert (parts == TEST).sum() == 16


def test_parts_that_are_given_stay_and_a_missing_one_comes_from_the_training_images() -> None:
    given = [TRAIN] * 20 + [TEST] * 4 + [TRAIN] * 20 + [TEST] * 4
    images = files([0] * 24 + [1] * 24, given=given)
    parts = parts_of(images)

    np.testing.assert_array_equal(parts == TEST, np.array(given) == TEST)
    assert [counts(parts, images.labels, label)[VALIDATION] for label in (0, 1)] == [2, 2]  # round(20 / 12)


def test_an_image_of_two_classes_is_no_test_of_a_data_set_that_comes_split_either() -> None:
    given = [TRAIN] * 10 + [TEST] * 3 + [TRAIN] * 10 + [TEST] * 3
    disputed = np.isin(np.arange(26), [0, 24])  # a training image of class 0, and the same as a test image of class 1
    parts = parts_of(files([0] * 13 + [1] * 13, given=given, disputed=disputed))

    assert parts[[0, 24]].tolist() == [TRAIN, TRAIN]
    assert np.flatnonzero(parts == TEST).tolist() == [10, 11, 12, 23, 25]


def test_near_copies_beyond_a_limit_are_none_of_training() -> None:
    parts = np.array([TEST, TEST, TEST, TRAIN, VALIDATION, LEFT_OUT], np.int8)

    assert near_copies_on_both_sides(parts, np.array([3, 4, 5, 3, 4, 5])) == 2


def test_near_copies_across_given_parts_are_counted() -> None:
    groups = np.arange(48)
    groups[20] = 0
    groups[21] = 20
    given = [TRAIN] * 20 + [TEST] * 4 + [TRAIN] * 20 + [TEST] * 4

    parts = parts_of(files([0] * 24 + [1] * 24, given=given, groups=groups))
    assert near_copies_on_both_sides(parts, groups) == 1


@pytest.mark.parametrize(
    ("given", "parts", "flags"),
    [
        (ANY, [TRAIN, VALIDATION, TEST, VALIDATION, VALIDATION, TEST], ["--test-fraction", "--validation-fraction"]),
        (ANY, [TRAIN, VALIDATION, TEST, LEFT_OUT, VALIDATION, TEST], ["--max-images"]),
        (TRAIN, [TRAIN, VALIDATION, TEST, LEFT_OUT, VALIDATION, TEST], ["--max-images"]),
        (TRAIN, [LEFT_OUT, TRAIN, TEST, TEST, TEST, TEST], []),
    ],
    ids=["fractions", "a limit", "a limit on given parts", "a class in the given test alone"],
)
def test_a_class_without_training_images_names_the_flags_that_took_them(
    given: int, parts: list[int], flags: list[str]
) -> None:
    images = files([0, 0, 0, 1, 1, 1], given=[given] * 6)

    with pytest.raises(DatasetError) as refused:
        check_parts(images, np.array(parts, np.int8), ("nut", "bolt"), has_test=True)

    assert [word for word in str(refused.value).split() if word.startswith("--")] == flags
