from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from train.network.efficientnet_lite import PIXEL_DEVIATION, PIXEL_MEAN, efficientnet_lite0, enlarging_lite0

# Size -> the five largest logits of the package efficientnet-lite-pytorch 0.1.0 (PyTorch 2.13) for `waves`.
PYTORCH = {
    224: {749: 6.3803, 753: 5.6875, 506: 5.5749, 446: 5.561, 904: 5.1695},
    97: {506: 17.9052, 545: 12.4174, 650: 11.8577, 340: 10.8334, 584: 10.0839},
}
MILITARY_UNIFORM = 652


def waves(size: int) -> np.ndarray:
    """A picture without chance: float32, shape (1, size, size, 3), -1 to 1."""
    y, x, channel = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    return np.sin(x * y / 97 + channel + x / 11).astype(np.float32)[np.newaxis]


@pytest.mark.parametrize("size", PYTORCH)
def test_it_answers_as_pytorchs_implementation_does(lite0_weights: None, size: int) -> None:
    logits = efficientnet_lite0(size, activation="linear").predict(waves(size), verbose=0)[0]

    largest = np.argsort(-logits)[:5].tolist()
    assert largest == list(PYTORCH[size])
    np.testing.assert_allclose(logits[largest], list(PYTORCH[size].values()), atol=2e-4)


def test_features_are_those_of_pytorch_and_a_head_of_its_own_stands_on_them(lite0_weights: None) -> None:
    features = efficientnet_lite0(160, None)
    network = efficientnet_lite0(160, 3)

    found = features.predict(waves(160), verbose=0)
    assert found.shape == (1, 1280)
    assert found.sum() == pytest.approx(437.8086, abs=0.01)
    np.testing.assert_allclose(found[0, :6], [4.0494, 0.0139, 0, 0, 0, 0.0026], atol=1e-4)
    kernel, bias = (np.asarray(weight) for weight in network.get_layer("classes").weights)
    assert len(np.unique(kernel)) > 1000  # drawn, as a head that is to be trained must be
    exponentials = np.exp(found @ kernel + bias)
    np.testing.assert_allclose(network.predict(waves(160), verbose=0), exponentials / exponentials.sum(), rtol=1e-4)


def test_it_knows_grace_hoppers_uniform(lite0_weights: None) -> None:
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        pytest.skip("the photograph comes with matplotlib, which isn't installed")
    photograph = cv2.imread(str(Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg"))
    pixels = cv2.cvtColor(cv2.resize(photograph, (224, 224), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)

    scaled = (pixels.astype(np.float32) - PIXEL_MEAN) / PIXEL_DEVIATION
    probabilities = efficientnet_lite0().predict(scaled[np.newaxis], verbose=0)[0]

    assert probabilities.argmax() == MILITARY_UNIFORM
    assert probabilities.max() > 4 * np.sort(probabilities)[-2]
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def random_network() -> keras.Model:
    """Every weight and statistic is drawn, because fresh norms would do nothing."""
    network = efficientnet_lite0(32, 5, pretrained=False)
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 2, layer.gamma.shape) for _ in range(4)])
    return network


def test_it_has_the_published_shape(random_network: keras.Model) -> None:
    added = [layer.output.shape[1:] for layer in random_network.layers if isinstance(layer, keras.layers.Add)]

    assert added == [
        *((8, 8, 24), (4, 4, 40), *[(2, 2, 80)] * 2),
        *(*[(2, 2, 112)] * 2, *[(1, 1, 192)] * 3),
    ]  # where stride is 1 and the width stays
    weights = sum(int(np.prod(weight.shape)) for weight in random_network.trainable_weights)
    assert weights == 4_652_008 - 1000 * 1281 + 5 * 1281


def test_a_block_is_what_numpy_makes_of_it(random_network: keras.Model) -> None:
    """Block 1 has a stride of 2 and so no shortcut, block 2 has one; both widen by 6."""
    blocks = keras.Model(
        random_network.get_layer("block0_project_norm").output, random_network.get_layer("block2_add").output
    )
    images = np.random.default_rng(1).normal(0, 1, (1, 16, 16, 16)).astype(np.float32)

    first = block(random_network, "block1", images, stride=2)
    expected = block(random_network, "block2", first, stride=1) + first
    np.testing.assert_allclose(blocks.predict(images, verbose=0), expected, rtol=1e-3, atol=1e-3)


def block(network: keras.Model, name: str, images: np.ndarray, *, stride: int) -> np.ndarray:
    """Widen, ReLU6, a 3x3 kernel for each channel, ReLU6, narrow; each step with its norm."""

    def weights(part: str) -> list[np.ndarray]:
        return [np.asarray(weight, np.float64) for weight in network.get_layer(f"{name}_{part}").weights]

    def norm(x: np.ndarray, part: str) -> np.ndarray:
        gamma, beta, mean, variance = weights(f"{part}_norm")
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    wide = np.clip(norm(images @ weights("expand_conv")[0][0, 0], "expand"), 0, 6)
    # Of the rows and columns of zeros that stride 2 needs at an even size, TensorFlow puts the one at the end.
    before = 0 if stride == 2 else 1
    padded = np.pad(wide, ((0, 0), (before, 1), (before, 1), (0, 0)))
    kernel, size = weights("depthwise_conv")[0], images.shape[1] // stride
    filtered = np.zeros((1, size, size, wide.shape[-1]))
    for y in range(size):
        for x in range(size):
            patch = padded[0, y * stride : y * stride + 3, x * stride : x * stride + 3]
            filtered[0, y, x] = (patch * kernel[:, :, :, 0]).sum((0, 1))
    narrow = np.clip(norm(filtered, "depthwise"), 0, 6) @ weights("project_conv")[0][0, 0]
    return norm(narrow, "project")


def test_the_enlarging_network_is_the_pretrained_one_behind_the_grey_image_enlarged(lite0_weights: None) -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    enlarging, plain = enlarging_lite0(28, 28, 10, size=64), efficientnet_lite0(64, 10)
    plain.set_weights(enlarging.get_weights())
    larger = cv2.resize(image.astype(np.float32), (64, 64), interpolation=cv2.INTER_LINEAR)

    scaled = np.repeat(((larger - PIXEL_MEAN) / PIXEL_DEVIATION)[np.newaxis, :, :, np.newaxis], 3, axis=3)
    found = enlarging.predict(np.float32(image)[np.newaxis, :, :, np.newaxis] / 255, verbose=0)

    np.testing.assert_allclose(found, plain.predict(scaled, verbose=0), atol=1e-4)
    np.testing.assert_array_equal(  # ImageNet's weights, not drawn ones
        enlarging.get_layer("block9_expand_conv").kernel,
        efficientnet_lite0(64, None).get_layer("block9_expand_conv").kernel,
    )
