from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.inputs import draw_frames, load_test_images, save_array
from edge.datasets import fashion_mnist


def test_without_fashion_mnist_garments_are_drawn_and_the_statement_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    drawn = load_test_images(max_images=20)

    assert drawn.dataset == "demo"
    assert "drawn garments" in drawn.statement
    assert "first 20 of 1,000" in drawn.statement
    assert (drawn.images.shape, drawn.images.dtype) == ((20, 28, 28), np.uint8)
    assert np.bincount(drawn.labels).tolist() == [2] * 10
    assert drawn.sha256 == load_test_images(max_images=20).sha256 != load_test_images(max_images=20, seed=1).sha256


def test_fashion_mnist_is_used_if_present(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = np.zeros((30, 28, 28), np.uint8), np.zeros(30, np.uint8)
    monkeypatch.setattr(fashion_mnist, "is_present", lambda: True)
    monkeypatch.setattr(fashion_mnist, "load", lambda split: {"test": (images, labels)}[split])

    whole, part = load_test_images().statement, load_test_images(max_images=7).statement
    assert all("Fashion-MNIST" in statement and "drawn" not in statement for statement in (whole, part))
    assert "(30 images)" in whole
    assert "first 7 of 30" in part
    assert len(load_test_images(max_images=7).labels) == 7


def test_frames_are_640x480_and_both_arrays_are_read_back(tmp_path: Path) -> None:
    images, frames = np.arange(2 * 28 * 28, dtype=np.uint16).astype(np.uint8).reshape(2, 28, 28), draw_frames()

    images_file, frames_file = (save_array(tmp_path, name, array) for name, array in (("i", images), ("f", frames)))

    assert frames.shape == (20, 480, 640, 3)
    assert np.array_equal(np.load(images_file), images)
    assert np.array_equal(np.load(frames_file), frames)
