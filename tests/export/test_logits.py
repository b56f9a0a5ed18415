"""The cut before the softmax, in each way a network can end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from export.logits import without_softmax

IMAGES = np.random.default_rng(0).random((5, 4, 4, 1), np.float32)


def network(*end: keras.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(6, "relu"), *end])


@pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(3), layers.Softmax()],
        lambda: [layers.Dense(3), layers.Softmax(axis=1)],
        lambda: [layers.Dense(3), layers.Activation("softmax")],
        lambda: [layers.Dense(3, activation="softmax")],
        lambda: [layers.Dense(3, activation="softmax", use_bias=False)],
    ],
    ids=["layer", "axis-1", "activation", "dense", "no-bias"],
)
def test_the_softmax_of_what_is_left_is_what_the_network_said(end: Callable[[], list[keras.Layer]]) -> None:
    whole = network(*end())
    cut = without_softmax(whole)
    assert cut is not None
    said = np.asarray(whole(IMAGES))
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(cut(IMAGES))), said, atol=1e-6)
    assert np.abs(np.asarray(cut(IMAGES)) - said).max() > 0.1
    assert cut.name == whole.name


def test_a_functional_network_is_cut_too() -> None:
    image = keras.Input((4, 4, 1))
    logits = layers.Dense(3)(layers.Flatten()(image))
    whole = keras.Model(image, layers.Softmax()(logits))
    cut = without_softmax(whole)
    assert cut is not None
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(cut(IMAGES))), np.asarray(whole(IMAGES)), atol=1e-6)


@pytest.mark.parametrize(
    "end",
    [
        lambda: [layers.Dense(3)],
        lambda: [layers.Dense(3, activation="sigmoid")],
        lambda: [layers.Dense(3), layers.Softmax(), layers.Rescaling(1.0)],
        lambda: [layers.Reshape((3, 2)), layers.Softmax(axis=1)],
    ],
    ids=["logits", "sigmoid", "softmax-within", "more-dimensions"],
)
def test_another_end_is_left_alone(end: Callable[[], list[keras.Layer]]) -> None:
    assert without_softmax(network(*end())) is None
