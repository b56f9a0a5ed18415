"""Each class draws, varies, stays inside its sheet and has the proportions it is known by."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo import draw_garment

ALL_CLASSES = range(10)
TROUSER, DRESS, SANDAL, SNEAKER, BOOT = 1, 3, 5, 7, 9


def extent(mask: NDArray[np.uint8]) -> tuple[int, int]:
    """(height, width) in pixels of what a mask covers."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


@pytest.mark.parametrize("label_index", ALL_CLASSES)
def test_drawing_has_the_asked_size_and_keeps_off_the_edge(label_index: int) -> None:
    for seed in range(6):
        image, mask = draw_garment(label_index, np.random.default_rng(seed), height=150, width=180)
        assert image.shape == (150, 180, 3)
        assert mask.shape == (150, 180)
        assert image.dtype == mask.dtype == np.uint8
        assert mask.max() == 255
        assert not mask[[0, -1]].any()
        assert not mask[:, [0, -1]].any()


@pytest.mark.parametrize("label_index", ALL_CLASSES)
def test_same_generator_state_gives_the_same_drawing_and_another_one_differs(label_index: int) -> None:
    first, second, other = (draw_garment(label_index, np.random.default_rng(s), height=96, width=96) for s in (1, 1, 2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("label_index", "low", "high"),
    [(TROUSER, 2.0, 3.5), (DRESS, 1.7, 3.6), (SNEAKER, 0.3, 0.5), (SANDAL, 0.1, 0.85), (BOOT, 0.6, 0.9)],
    ids=["trouser", "dress", "sneaker", "sandal", "boot"],
)
def test_each_class_has_its_proportions(label_index: int, low: float, high: float) -> None:
    for seed in range(8):
        height, width = extent(draw_garment(label_index, np.random.default_rng(seed), height=128, width=128)[1])
        assert low < height / width < high


@pytest.mark.parametrize("label_index", [SNEAKER, BOOT])
def test_shoes_point_left(label_index: int) -> None:
    _, mask = draw_garment(label_index, np.random.default_rng(0), height=128, width=128)
    toe, heel = ((mask[:, :40] > 127).any(axis=1).sum(), (mask[:, 80:] > 127).any(axis=1).sum())
    assert toe < 0.8 * heel


@pytest.mark.parametrize("label_index", [-1, 10])
def test_unknown_class_is_refused(label_index: int) -> None:
    with pytest.raises(ValueError, match=rf"got label index {label_index}, expected 0 to 9"):
        draw_garment(label_index, np.random.default_rng(0))
