from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.errors import ToolkitError
from export.model_source import load_file
from tests.export.small_networks import COLOURS, colour_network, image

SIGNED = ((127.5,), (127.5,))


def _saved(network: keras.Model, folder: Path) -> Path:
    network.save(folder / "mine.keras")
    return folder / "mine.keras"


def test_pixels_are_what_the_first_layer_rescales(tmp_path: Path) -> None:
    path = _saved(colour_network(layers.Rescaling(1 / 255), scale=1), tmp_path)
    source = load_file(path, ModelOptions(labels=COLOURS))

    size = source.spec.input
    assert (size.height, size.width, size.channels, size.recipe) == (32, 32, 3, "image-v1")
    assert (size.mean, size.std, size.resize, size.crop) == ((0.0,) * 3, (1.0,) * 3, "crop", 0.875)
    assert (source.spec.labels, source.spec.output, source.name) == (COLOURS, "probabilities", "mine")
    images = np.stack([image(colour, 0) for colour in range(3)])  # BGR, as OpenCV has them
    assert source.probabilities(images).argmax(axis=1).tolist() == [0, 1, 2]


def test_flags_win(tmp_path: Path) -> None:
    options = ModelOptions(
        labels=COLOURS, pixels=SIGNED, resize=("letterbox", 1.0), interpolation="linear", colour_order="BGR"
    )
    source = load_file(_saved(colour_network(layers.Rescaling(1 / 255)), tmp_path), options)

    size = source.spec.input
    assert (size.mean, size.std) == ((127.5,) * 3, (127.5,) * 3)
    assert (size.resize, size.interpolation, size.colour_order) == ("letterbox", "linear", "BGR")


def test_grey_images_of_fashion_mnist_s_labels_are_garments(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    source = load_file(_saved(network, tmp_path), ModelOptions(labels=FASHION_MNIST_LABELS, pixels=((0.0,), (255.0,))))
    assert (source.spec.input.recipe, source.spec.output) == ("garment-v2", "logits")


def test_a_network_for_any_size_takes_the_one_that_is_given(tmp_path: Path) -> None:
    path = _saved(_pooled(keras.Input((None, None, 3)), 3), tmp_path)
    source = load_file(path, ModelOptions(labels=COLOURS, pixels=SIGNED, input_size=(20, 30)))

    network, spec = source.for_device(keeps_softmax=True)
    assert network.input_shape == (1, 20, 30, 3)
    assert spec.output == "probabilities"
    np.testing.assert_allclose(np.asarray(network(np.ones((1, 20, 30, 3), np.float32))).sum(), 1, atol=1e-6)


def test_what_adds_up_to_1_is_taken_for_probabilities(tmp_path: Path) -> None:
    taken = keras.Input((8, 8, 3))
    positive = layers.Dense(3, activation="softplus")(layers.GlobalAveragePooling2D()(taken))
    shares = positive / keras.ops.sum(positive, axis=1, keepdims=True)
    source = load_file(_saved(keras.Model(taken, shares), tmp_path), ModelOptions(labels=COLOURS, pixels=SIGNED))
    assert source.for_device()[1].output == "probabilities"


def _pooled(taken: keras.KerasTensor, classes: int, activation: str | None = None) -> keras.Model:
    return keras.Model(taken, layers.Dense(classes, activation=activation)(layers.GlobalAveragePooling2D()(taken)))


def _sequence() -> keras.Model:
    return keras.Sequential([keras.Input((12, 5)), layers.Flatten(), layers.Dense(3)])


def _map() -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 1)])


def _not_a_number(activation: str | None) -> keras.Model:
    network = _pooled(keras.Input((8, 8, 3)), 3, activation)
    network.layers[-1].bias.assign([0, np.nan, 0])
    return network


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        pytest.param(_sequence, {}, r"\(None, 12, 5\)", id="a sequence"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 4)), 3), {}, r"8, 8, 4", id="four channels"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3), batch_size=4), 3), {}, r"\(4, 8", id="a batch of 4"),
        pytest.param(_map, {}, r"\(None, 8, 8, 3\)", id="a map"),
        pytest.param(lambda: _pooled(keras.Input((None, 8, 3)), 3), {}, "--input-size", id="any height"),
        pytest.param(lambda: _pooled(keras.Input((8, 9, 3)), 3), {"input_size": (9, 8)}, "9x8.*8x9", id="another size"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3)), 3), {"pixels": None}, "--pixels", id="unknown pixels"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3)), 3), {"labels": None}, "--labels", id="no labels"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3)), 4), {}, "4 outputs.* 3 labels", id="other labels"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3)), 1, "sigmoid"), {}, r"Dense\(2", id="one sigmoid"),
        pytest.param(lambda: _pooled(keras.Input((8, 8, 3)), 3, "sigmoid"), {}, "softmax", id="three sigmoids"),
        pytest.param(lambda: _not_a_number(None), {}, "finite", id="NaN"),
        pytest.param(lambda: _not_a_number("softmax"), {}, "finite", id="NaN behind a softmax"),
        pytest.param(
            lambda: _pooled(keras.Input((8, 8, 1)), 3), {"pixels": ((1.0,) * 3, (1.0,) * 3)}, "mean", id="grey"
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_found(
    tmp_path: Path, build: Callable[[], keras.Model], options: dict[str, object], message: str
) -> None:
    with pytest.raises(ToolkitError, match=message):
        load_file(_saved(build(), tmp_path), ModelOptions(**({"labels": COLOURS, "pixels": SIGNED} | options)))
