from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("matplotlib")

from train.results.plots import (
    Predictions,
    confusion_shares,
    draw_confusion_matrix,
    draw_curves,
    draw_mistakes,
    draw_samples,
    hardest_mistakes,
)


def test_confusion_shares_are_of_the_true_class() -> None:
    labels = np.array([0, 0, 0, 0, 1], np.uint8)
    predicted = np.array([0, 0, 0, 1, 0])

    shares = confusion_shares(labels, predicted, 3)

    np.testing.assert_array_equal(shares, [[0.75, 0.25, 0], [1, 0, 0], [0, 0, 0]])


def test_the_hardest_mistakes_are_the_wrong_answers_it_was_surest_of() -> None:
    probabilities = np.float32([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.99, 0.01]])

    assert hardest_mistakes(np.array([0, 1, 0, 1], np.uint8), probabilities).tolist() == [3, 2, 1]


def test_a_network_without_a_mistake_gets_an_empty_picture(tmp_path: Path) -> None:
    probabilities = np.float32([[0.9, 0.1]])
    predictions = Predictions(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8), probabilities, ("a", "b"))
    draw_mistakes(predictions, tmp_path / "mistakes.png")

    assert cv2.imread(str(tmp_path / "mistakes.png")) is not None


def test_the_pictures_are_pictures(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text("epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.5,0.6,1.2\n1,0.7,0.9,0.75,0.8\n")
    labels = np.array([0, 1, 1], np.uint8)
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
    draw_curves(history, tmp_path / "curves.png")
    predictions = Predictions(np.zeros((3, 28, 28), np.uint8), labels, probabilities, ("shirt", "shoe"))
    draw_confusion_matrix(predictions, tmp_path / "confusion.png")
    draw_samples(predictions, tmp_path / "grid.png")
    draw_mistakes(predictions, tmp_path / "mistakes.png")

    for name in ("curves.png", "confusion.png", "grid.png", "mistakes.png"):
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None, name
        assert picture.std() > 5, f"{name} is blank"


def test_colours_are_drawn_as_they_are_and_many_classes_still_fit(tmp_path: Path) -> None:
    """A red image, BGR, is red in the file too."""
    classes = 80
    pixels = np.zeros((classes, 8, 8, 3), np.uint8)
    pixels[..., 2] = 255
    probabilities = np.eye(classes, dtype=np.float32)
    predictions = Predictions(
        pixels, np.arange(classes, dtype=np.int32), probabilities, tuple(map(str, range(classes)))
    )
    draw_samples(predictions, tmp_path / "samples.png")
    draw_confusion_matrix(predictions, tmp_path / "confusion.png")

    picture = cv2.imread(str(tmp_path / "samples.png"))
    assert picture is not None
    assert (picture == (0, 0, 255)).all(axis=2).sum() > 1000
    assert picture.shape[1] < 3000
    confusion = cv2.imread(str(tmp_path / "confusion.png"))
    assert confusion is not None
    assert confusion.std() > 5
