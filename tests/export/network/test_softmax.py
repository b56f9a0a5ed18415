from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from export.network.softmax import ends_in_sigmoid, without_softmax

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
        lambda: [layers.Dense(3), layers.Softmax(), layers.Dropout(0.5), layers.Activation("linear")],
        lambda: [keras.Sequential([layers.Dense(4), keras.Sequential([layers.Dense(3, activation="softmax")])])],
    ],
    ids=["layer", "axis-1", "activation", "dense", "no-bias", "nothing-behind", "nested"],
)
def test_the_softmax_of_the_cut_network_is_the_networks_output(end: Callable[[], list[keras.Layer]]) -> None:
    whole = network(*end())
    cut = without_softmax(whole)
    assert cut is not None
    expected = np.asarray(whole(IMAGES))
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(cut(IMAGES))), expected, atol=1e-6)
    assert np.abs(np.asarray(cut(IMAGES)) - expected).max() > 0.1
    assert cut.name == whole.name


@pytest.mark.parametrize("softmax", [layers.Softmax(), keras.ops.softmax], ids=["layer", "operation"])
def test_a_functional_network_is_cut_too(softmax: Callable[[keras.KerasTensor], keras.KerasTensor]) -> None:
    image = keras.Input((4, 4, 1))
    logits = layers.Dense(3)(layers.Flatten()(image))
    whole = keras.Model(image, softmax(logits))
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
def test_a_network_with_another_end_is_not_cut(end: Callable[[], list[keras.Layer]]) -> None:
    assert without_softmax(network(*end())) is None


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ([layers.Dense(3, activation="sigmoid")], True),
        ([layers.Dense(3), layers.Activation("sigmoid")], True),
        ([keras.Sequential([layers.Dense(3, activation="sigmoid")])], True),
        ([layers.Dense(3, activation="softmax")], False),
        ([layers.Dense(3)], False),
    ],
)
def test_a_sigmoid_at_the_end_is_seen(end: list[keras.Layer], expected: bool) -> None:
    assert ends_in_sigmoid(network(*end)) is expected
