import numpy as np
import pytest

pytest.importorskip("keras")

import keras
from keras import layers

from train.network.efficientnet_lite import efficientnet_lite0
from train.network.folded_conv import NORM_EPSILON, FoldedConv
from train.network.networks import freeze, with_folded_norms


def pair(filters: int | None) -> list[keras.Model]:
    """A convolution with its norm in inference, and the layer in place of both, with the same random weights."""
    image = layers.Input((9, 8, 5))
    kind = {"strides": 2, "padding": "same", "use_bias": False}
    conv = layers.DepthwiseConv2D(3, **kind) if filters is None else layers.Conv2D(filters, 3, **kind)
    norm = layers.BatchNormalization(epsilon=NORM_EPSILON)
    norm.trainable = False
    apart = keras.Model(image, norm(conv(image)))
    folded = keras.Model(image, FoldedConv(3, filters, 2, name="folded")(image))
    rng = np.random.default_rng(3)
    weights = [rng.uniform(0.2, 2, weight.shape) for weight in apart.get_weights()]
    for model in (apart, folded):
        model.set_weights(weights)
    return [apart, folded]


@pytest.mark.parametrize("filters", [pytest.param(None, id="each channel"), pytest.param(7, id="all channels")])
def test_one_layer_puts_out_and_learns_what_a_convolution_and_its_frozen_norm_do(filters: int | None) -> None:
    images = np.random.default_rng(4).normal(size=(2, 9, 8, 5)).astype(np.float32)
    apart, folded = pair(filters)

    expected = apart.predict_on_batch(images)
    np.testing.assert_allclose(folded.predict_on_batch(images), expected, rtol=1e-5, atol=1e-5)
    for model in (apart, folded):
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
        model.train_on_batch(images, np.zeros_like(expected))
    for learned, other in zip(folded.get_weights(), apart.get_weights(), strict=True):
        np.testing.assert_allclose(learned, other, rtol=1e-4, atol=1e-5)


def test_the_network_of_such_layers_has_the_same_weights_and_trains_the_same_kernels(lite0_weights: None) -> None:
    network = efficientnet_lite0(96, 3)
    folded = with_folded_norms(network)
    image = np.random.default_rng(5).normal(size=(1, 96, 96, 3)).astype(np.float32)

    np.testing.assert_allclose(folded.predict_on_batch(image), network.predict_on_batch(image), atol=1e-5)
    for model in (network, folded):
        freeze(model, train_from=6)
    assert [weight.shape for weight in folded.trainable_weights] == [
        weight.shape for weight in network.trainable_weights
    ]
    assert [weight.shape for weight in folded.weights] == [weight.shape for weight in network.weights]
