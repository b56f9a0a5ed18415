from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.errors import DatasetError
from train.fitting import soft_labels

NAMES = ("dark", "bright", "other")


class _Teacher:
    """Probabilities that depend on the left column alone, so that an image and its mirror image get different ones."""

    def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
        bright = 0.1 + 0.6 * images[:, :, 0, 0].mean(axis=1)
        return np.stack([0.9 - bright, bright, np.full_like(bright, 0.1)], axis=1)


@pytest.fixture
def pixels() -> np.ndarray:
    images = np.zeros((600, 4, 4), np.uint8)  # more than a batch
    images[:300, :, 0] = 255
    images[599] = 255
    return images


@pytest.fixture
def stored(tmp_path: Path, pixels: np.ndarray) -> Path:
    path = tmp_path / "soft.npz"
    soft_labels.write(path, _Teacher(), pixels, teacher="wide", names=NAMES)
    return path


def test_the_mean_of_both_views_logits_comes_back_to_within_three_per_cent(stored: Path, pixels: np.ndarray) -> None:
    soft = soft_labels.read(stored, temperature=1.0, pixels=pixels, names=NAMES)

    # One side bright: 0.2, 0.7, 0.1 and 0.8, 0.1, 0.1, whose geometric means are 0.4, sqrt(0.07) and 0.1.
    one_side = np.array([0.4, 0.07**0.5, 0.1])
    np.testing.assert_allclose(soft[0], one_side / one_side.sum(), rtol=0.035)
    np.testing.assert_allclose(soft[400], [0.8, 0.1, 0.1], rtol=0.035)
    np.testing.assert_allclose(soft[599], [0.2, 0.7, 0.1], rtol=0.035)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-6)


def test_the_reader_chooses_the_temperature(stored: Path, pixels: np.ndarray) -> None:
    soft = soft_labels.read(stored, temperature=2.0, pixels=pixels, names=NAMES)

    expected = np.sqrt([0.8, 0.1, 0.1])
    np.testing.assert_allclose(soft[400], expected / expected.sum(), rtol=0.035)


def test_the_file_is_small_and_says_what_it_is_of(stored: Path) -> None:
    manifest = soft_labels.read_manifest(stored)

    assert (manifest.teacher, manifest.class_names) == ("wide", NAMES)
    assert manifest.views == ("as it is", "mirrored")
    assert stored.stat().st_size < 3_000  # a byte or less for each of 600 x 3


@pytest.mark.parametrize("change", ["another pixel", "another order", "fewer", "other names"])
def test_soft_labels_of_other_data_are_refused(stored: Path, pixels: np.ndarray, change: str) -> None:
    names = NAMES[::-1] if change == "other names" else NAMES
    if change == "another pixel":
        pixels[5, 0, 0] ^= 1
    elif change == "another order":
        pixels = pixels[::-1]
    elif change == "fewer":
        pixels = pixels[:-1]

    with pytest.raises(DatasetError, match="are of other images"):
        soft_labels.read(stored, temperature=1.0, pixels=pixels, names=names)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut short"], ids=["empty", "text", "cut short"])
def test_a_file_that_is_no_soft_labels_is_refused_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)

    with pytest.raises(DatasetError, match=r"holds no soft labels .*--soft-labels FILE"):
        soft_labels.read_manifest(tmp_path / "a.npz")
    with pytest.raises(DatasetError, match="holds no soft labels"):
        soft_labels.read_manifest(tmp_path / "absent.npz")
