"""Images that a run directory keeps."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from train.data.splits import Split, Splits
from train.results import kept_images
from train.results.kept_images import first_of_each, write_kept_images

COLOUR = InputSpec(4, 4, 3, recipe=IMAGE_RECIPE)


def test_the_first_images_of_each_class_are_kept_as_many_as_fit() -> None:
    labels = np.array([0, 0, 0, 1, 2, 2, 0], np.int32)
    assert first_of_each(labels, most_each=2, room=99).tolist() == [0, 1, 3, 4, 5]
    assert first_of_each(labels, most_each=9, room=5).tolist() == [0, 1, 3, 4, 5]
    assert first_of_each(labels, most_each=9, room=4).tolist() == [0, 3, 4]
    assert first_of_each(labels, most_each=9, room=2).tolist() == [0, 4]  # fewer than classes


def split(count: int, classes: int, edge: int) -> Split:
    """Colour images, of which each pixel says the number."""
    pixels = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, edge, edge, 3)).copy()
    return Split(pixels, (np.arange(count) % classes).astype(np.int32), COLOUR)


def splits(train: Split, test: Split, classes: int) -> Splits:
    """Join them with validation images that don't matter."""
    names = tuple(f"c{number}" for number in range(classes))
    return Splits(train, test, test, names, whole=train.pixels, train_positions=np.arange(len(train.labels)))


def test_colour_and_hundreds_of_classes_are_kept_in_the_input_s_size(tmp_path: Path) -> None:
    write_kept_images(tmp_path, splits(split(240, 120, 5), split(10, 10, 4), 300))
    with np.load(tmp_path / "images.npz") as stored:
        assert (stored["train_images"].shape, stored["test_images"].shape) == ((240, 4, 4, 3), (10, 4, 4, 3))
        assert stored["train_labels"].dtype == np.int32
        assert stored["test_labels"].tolist() == list(range(10))


def test_the_limit_of_bytes_leaves_images_of_each_class_out_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kept_images, "MOST_BYTES", 10 * 4 * 4 * 3)
    with caplog.at_level(logging.WARNING):
        write_kept_images(tmp_path, splits(split(40, 2, 4), split(20, 2, 4), 2))
    with np.load(tmp_path / "images.npz") as stored:
        assert np.bincount(stored["train_labels"]).tolist() == [2, 2]  # of five images, as many of each class
        assert np.bincount(stored["test_labels"]).tolist() == [3, 3]
    calibration, tested = caplog.messages
    assert "4 in place of 40 images for calibration" in calibration
    assert "6 of 20" in tested
