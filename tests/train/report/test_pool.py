from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from train.data.parts import TEST, TRAIN, VALIDATION
from train.data.splits import Splits
from train.report.pool import count_near_copies, different_images, shown_path


def test_one_image_stands_for_its_near_copies_and_the_tests_comes_first(splits: Splits) -> None:
    pool = different_images(splits, Path("data"))

    assert list(zip(pool.paths, pool.parts.tolist(), pool.copies.tolist(), strict=True)) == [
        ("a/train0.png", TRAIN, 1),
        ("b/train3.png", TRAIN, 1),
        ("b/train4.png", TRAIN, 1),
        ("a/validation0.png", VALIDATION, 1),
        ("b/validation1.png", VALIDATION, 1),
        ("a/test0.png", TEST, 3),
        ("a/test1.png", TEST, 1),
        ("b/test2.png", TEST, 1),
    ]
    assert pool.labels.tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert pool.groups.tolist() == [1, 7, 8, 4, 5, 3, 7, 6]
    assert pool.places.tolist() == [0, 3, 4, 0, 1, 0, 1, 2]


def test_too_many_images_are_thinned_out_class_by_class(splits: Splits) -> None:
    pool = different_images(splits, Path("data"), most=4)

    assert np.bincount(pool.labels).tolist() == [2, 2]


def test_near_copies_are_counted_and_those_in_two_classes_named(splits: Splits) -> None:
    copies = count_near_copies(splits, Path("data"))

    assert (copies.images, copies.different) == (10, 8)  # group 3 has two more than one
    assert copies.of_test_in_training == 2
    assert [(first.path, second.path) for first, second in copies.in_two_classes] == [("b/train3.png", "a/test1.png")]


def test_a_name_that_is_no_utf_8_is_shown_with_question_marks() -> None:
    path = Path("data") / "a" / "b\udce9.png"

    assert shown_path(path, Path("data")) == "a/b\N{REPLACEMENT CHARACTER}.png"
    assert shown_path(Path("elsewhere/x.png"), Path("data")) == "elsewhere/x.png"


@pytest.mark.parametrize("most", [1, 2])
def test_a_limit_below_the_number_of_classes_still_holds(splits: Splits, most: int) -> None:
    assert len(different_images(splits, Path("data"), most=most).labels) == most


def test_a_validation_part_that_stands_in_for_the_test_counts_once(splits: Splits) -> None:
    without_test = replace(splits, test=splits.validation)

    assert count_near_copies(without_test, Path("data")).images == 7
    assert set(different_images(without_test, Path("data")).parts.tolist()) == {TRAIN, VALIDATION}
