"""The drawn data set has Fashion-MNIST's shapes and types, is balanced and repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from edge.demo import draw_dataset


def test_shapes_types_and_balance() -> None:
    images, labels = draw_dataset(30)
    assert images.shape == (30, 28, 28)
    assert labels.shape == (30,)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).tolist() == [3] * 10
    assert (images.reshape(30, -1).max(axis=1) > 150).all()


def test_same_seed_repeats_and_a_larger_count_only_adds() -> None:
    few, many, other = draw_dataset(5), draw_dataset(12), draw_dataset(5, seed=1)
    assert np.array_equal(few[0], many[0][:5])
    assert np.array_equal(few[1], many[1][:5])
    assert not np.array_equal(few[0], other[0])


def test_no_images_is_an_empty_data_set() -> None:
    images, labels = draw_dataset(0)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


@pytest.mark.parametrize(("count", "seed"), [(-1, 0), (1, -1)])
def test_negative_arguments_are_refused(count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=rf"got count {count}, seed {seed}"):
        draw_dataset(count, seed=seed)
