import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("tensorflow")

import keras

if keras.backend.backend() != "tensorflow":
    pytest.skip("the fused kernel is TensorFlow's", allow_module_level=True)

import tensorflow as tf

from train.network.fused_norm import FusedBatchNormalization, with_fused_norms
from train.network.networks import baseline, edge

RNG = np.random.default_rng(0)
IMAGES = (RNG.normal(3, 2, (8, 5, 4, 6)) * np.arange(1, 7)).astype(np.float32)


def normalized(layer: keras.Layer) -> tuple[np.ndarray, np.ndarray]:
    """Outputs while training, and the gradient of something uneven with regard to the images."""
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images, training=True)
        uneven = tf.reduce_sum(outputs**3 * tf.constant(IMAGES[::-1]))
    return outputs.numpy(), tape.gradient(uneven, images).numpy()


def test_outputs_gradients_and_moving_statistics_are_those_of_keras_layer() -> None:
    settings = {"momentum": 0.8, "epsilon": 0.01, "gamma_initializer": "random_normal"}
    fused, plain = FusedBatchNormalization(**settings), keras.layers.BatchNormalization(**settings)
    for layer in (fused, plain):
        layer.build(IMAGES.shape)
    fused.set_weights(plain.get_weights())

    (ours, our_gradient), (theirs, their_gradient) = normalized(fused), normalized(plain)

    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(our_gradient, their_gradient, rtol=1e-3, atol=1e-3)
    for our_weights, their_weights in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(our_weights, their_weights, rtol=1e-5)
    np.testing.assert_allclose(fused(IMAGES, training=False), plain(IMAGES, training=False), rtol=1e-5, atol=1e-5)


def test_moving_statistics_are_a_blend_with_the_biased_variance() -> None:
    layer = FusedBatchNormalization(momentum=0.75)

    layer(np.float32([[[[0.0]], [[4.0]]]]), training=True)  # one image of two pixels: mean 2, variance 4

    assert layer.moving_mean.numpy().tolist() == pytest.approx([0.25 * 2])
    assert layer.moving_variance.numpy().tolist() == pytest.approx([0.75 * 1 + 0.25 * 4])


def test_a_copy_has_every_norm_fused_and_takes_and_gives_the_same_weights() -> None:
    network = edge(height=28, width=28, classes=10)

    copy = with_fused_norms(network)

    norms = [layer for layer in copy.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 9
    assert all(isinstance(layer, FusedBatchNormalization) for layer in norms)
    network.set_weights(copy.get_weights())
    images = RNG.random((3, 28, 28, 1), np.float32)
    np.testing.assert_allclose(copy(images, training=False), network(images, training=False), atol=1e-6)


def test_a_network_without_norms_is_left_as_it_is() -> None:
    network = baseline(height=28, width=28, classes=10)

    assert with_fused_norms(network) is network
