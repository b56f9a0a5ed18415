from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from edge.errors import ExportError
from export.network.keras_file import is_model, load_model, pixels_of_first_layer
from tests.export.small_networks import colour_network, image

IMAGES = np.stack([image(colour, 0)[..., ::-1] for colour in range(3)]).astype(np.float32)
MODULE = """
import keras

class Doubled(keras.layers.Layer):
    def call(self, image):
        return 2 * image
"""


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_custom_layers_come_from_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    (tmp_path / "own_doubling.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    import own_doubling

    network = colour_network(own_doubling.Doubled())
    network.save(tmp_path / f"custom{suffix}")
    loaded = load_model(tmp_path / f"custom{suffix}", ("own_doubling",))

    np.testing.assert_array_equal(np.asarray(loaded(IMAGES)), np.asarray(network(IMAGES)))
    if suffix == ".h5":  # it doesn't say where its layers come from
        with pytest.raises(ExportError, match="--import"):
            load_model(tmp_path / "custom.h5")


@pytest.mark.parametrize("content", [None, "raise RuntimeError('broken')"], ids=["missing", "broken"])
def test_a_module_that_cannot_be_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    if content:
        (tmp_path / "no_such_layers.py").write_text(content)
    with pytest.raises(ExportError, match="--import no_such_layers"):
        load_model(tmp_path / "any.keras", ("no_such_layers",))


class _Subclassed(keras.Model):
    def call(self, image: keras.KerasTensor) -> keras.KerasTensor:
        return image


def _two_inputs() -> keras.Model:
    one, other = keras.Input((4, 4, 1), name="left"), keras.Input((4, 4, 1), name="right")
    return keras.Model([one, other], layers.Flatten()(one + other))


def _two_outputs() -> keras.Model:
    taken = keras.Input((4, 4, 1))
    return keras.Model(taken, [layers.Flatten()(taken), layers.GlobalAveragePooling2D()(taken)])


@pytest.mark.parametrize(
    ("build", "message"), [(_two_inputs, r"left.*right"), (_two_outputs, "2 outputs"), (_Subclassed, "_Subclassed")]
)
def test_what_is_no_graph_from_one_image_to_one_tensor_is_refused(
    tmp_path: Path, build: Callable[[], keras.Model], message: str
) -> None:
    network = build()
    if isinstance(network, _Subclassed):
        network(IMAGES)
    network.save(tmp_path / "model.keras")
    keras.saving.get_custom_objects()["_Subclassed"] = _Subclassed
    try:
        with pytest.raises(ExportError, match=message):
            load_model(tmp_path / "model.keras")
    finally:
        keras.saving.get_custom_objects().clear()


@pytest.mark.parametrize("name", ["absent.keras", "absent.h5", "damaged.keras", "damaged.h5", "only.weights.h5"])
def test_a_file_that_holds_no_model_is_refused(tmp_path: Path, name: str) -> None:
    if name.startswith("damaged"):
        (tmp_path / name).write_bytes(b"nothing")
    if name.startswith("only"):
        colour_network().save_weights(tmp_path / name)
    with pytest.raises(ExportError, match=name):
        load_model(tmp_path / name)


def test_a_run_directory_is_no_model_file(tmp_path: Path) -> None:
    assert not is_model(tmp_path)
    assert not is_model(tmp_path / "model.tflite")
    assert is_model(tmp_path / "absent.h5")


@pytest.mark.parametrize(
    ("begin", "takes_pixels"),
    [
        pytest.param([layers.Rescaling(1 / 255)], True, id="0-1"),
        pytest.param([layers.Rescaling(1 / 127.5, offset=-1)], True, id="signed"),
        pytest.param([layers.Rescaling([1 / 58, 1 / 57, 1 / 57])], True, id="per channel"),
        pytest.param([layers.RandomFlip(), layers.Identity(), layers.Rescaling(1 / 255)], True, id="augmented"),
        pytest.param([layers.Normalization(mean=[124, 116, 104], variance=[3364] * 3)], True, id="imagenet"),
        pytest.param([layers.Normalization(mean=[0.5] * 3, variance=[0.1] * 3)], False, id="of 0-1"),
        pytest.param([layers.Rescaling(2.0, offset=-1)], False, id="from 0-1"),
        pytest.param([], False, id="none"),
    ],
)
@pytest.mark.parametrize("is_nested", [False, True])
def test_a_first_layer_that_rescales_tells_what_pixels_are(
    begin: list[keras.Layer], takes_pixels: bool, is_nested: bool
) -> None:
    begin = [type(layer).from_config(layer.get_config()) for layer in begin]
    network = colour_network(*([keras.Sequential(begin)] if is_nested and begin else begin))
    assert pixels_of_first_layer(network) == (((0.0,), (1.0,)) if takes_pixels else None)


def test_an_image_that_goes_two_ways_tells_nothing() -> None:
    taken = keras.Input((4, 4, 3))
    both = layers.Rescaling(1 / 255)(taken) + layers.Conv2D(3, 1)(taken)
    assert pixels_of_first_layer(keras.Model(taken, layers.Flatten()(both))) is None
