from pathlib import Path

import numpy as np
import pytest

from train.data.splits import Splits
from train.report.mistakes import HeldOut, confused_pairs, confusion, held_out_images, surest_mistakes
from train.report.record import Image


@pytest.fixture
def held_out(splits: Splits) -> HeldOut:
    """Validation a, b, then test a, a, b; wrong are validation b (0.7), test 0 (0.9) and test 1 (0.6)."""
    validation = np.array([[0.8, 0.2], [0.7, 0.3]], np.float32)
    test = np.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8]], np.float32)
    return held_out_images(splits, Path("data"), validation, test)


def test_validation_and_test_are_counted_together(held_out: HeldOut) -> None:
    assert confusion(held_out, 2) == ((1, 2), (1, 1))


def test_the_surest_mistakes_come_first_with_their_files(held_out: HeldOut) -> None:
    found = surest_mistakes(held_out, ("a", "b"))

    assert [(mistake.image.path, mistake.image.part, mistake.label, mistake.answer) for mistake in found] == [
        ("a/test0.png", "test", "a", "b"),
        ("b/validation1.png", "validation", "b", "a"),
        ("a/test1.png", "test", "a", "b"),
    ]
    assert [mistake.probability for mistake in found] == [0.9, 0.7, 0.6]


def test_the_pairs_that_are_confused_most_come_first(held_out: HeldOut) -> None:
    pairs = confused_pairs(held_out, ("a", "b"))

    assert [(pair.label, pair.answer, pair.count, pair.of) for pair in pairs] == [("a", "b", 2, 3), ("b", "a", 1, 2)]
    assert [image.path for image in pairs[0].images] == ["a/test0.png", "a/test1.png"]


def test_of_many_classes_there_are_pairs_and_no_matrix_of_millions() -> None:
    labels, probabilities = np.arange(300), np.zeros((300, 300), np.float32)
    probabilities[labels, np.where(labels == 290, 7, labels)] = 1  # class 290 is taken for class 7
    held_out = HeldOut(labels, probabilities, tuple(Image(f"{label}.png", "test", label) for label in labels))

    assert confusion(held_out, 300) == ()
    (pair,) = confused_pairs(held_out, [f"part{label}" for label in labels])
    assert (pair.label, pair.answer, pair.count, pair.of) == ("part290", "part7", 1, 1)
