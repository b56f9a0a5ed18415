import numpy as np
import pytest

pytest.importorskip("keras")

import keras
from keras import layers

from export.network.stem import packed, packed_kernel

RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 10, 12, 1), np.float32)


def network(*, strides: int = 2, width: int = 12, two_readers: bool = False, **activation) -> keras.Model:
    """A stem as the `edge` network's, with trained-looking statistics, and something behind it."""
    image = layers.Input((10, width, 1))
    norm = layers.BatchNormalization(epsilon=0.02)
    x = layers.ReLU(**activation)(norm(layers.Conv2D(5, 3, strides=strides, padding="same", use_bias=False)(image)))
    norm.set_weights([RNG.uniform(0.5, 2, 5).astype(np.float32) for _ in range(4)])
    answer = layers.Dense(3)(layers.Flatten()(x))
    if two_readers:
        answer = layers.Add()([answer, layers.Dense(3)(layers.Flatten()(image))])
    return keras.Model(image, answer, name="some")


def first_convolution(model: keras.Model) -> keras.Layer:
    return next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))


def test_the_rewritten_network_gives_the_same_answers() -> None:
    model = network()

    fast = packed(model)

    assert first_convolution(fast).kernel.shape == (3, 3, 4, 10)
    assert (fast.name, fast.input_shape) == ("some", (None, 10, 12, 1))
    np.testing.assert_allclose(np.asarray(fast(IMAGES)), np.asarray(model(IMAGES)), atol=1e-5)


def test_both_pixels_of_a_group_see_their_own_three_columns() -> None:
    kernel = np.arange(1, 10, dtype=np.float32).reshape(3, 3, 1, 1)

    wide = packed_kernel(kernel)

    top_row = wide[0].reshape(12, 2).T  # three groups of four columns, for the left and for the right pixel
    assert top_row.tolist() == [[0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0]]
    assert wide.sum() == 2 * kernel.sum()


@pytest.mark.parametrize(
    "other",
    [{"strides": 1}, {"width": 14}, {"two_readers": True}, {"max_value": 6.0}, {"negative_slope": 0.1}],
    ids=lambda other: next(iter(other)),
)
def test_a_network_that_begins_in_another_way_is_left_as_it_is(other: dict) -> None:
    model = network(**other)

    assert packed(model) is model


def test_a_sequential_network_is_left_as_it_is() -> None:
    model = keras.Sequential([layers.Input((10, 12, 1)), layers.Flatten(), layers.Dense(2)])

    assert packed(model) is model
