from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import keras

from edge.errors import ExportError
from export.network.keras_file import is_model, load_model, pixels_of_first_layer
from export.network.softmax import ends_in_sigmoid, without_softmax
from tests.export.small_networks import colour_network, image

IMAGES = np.stack([image(colour, 0)[..., ::-1] for colour in range(3)]).astype(np.float32)


def test_a_saved_model_answers_as_its_network_with_and_without_its_softmax(tmp_path: Path) -> None:
    network = colour_network()
    network.export(tmp_path / "saved", verbose=False)

    loaded = load_model(tmp_path / "saved")
    logits = without_softmax(loaded)

    assert is_model(tmp_path / "saved")
    expected = np.asarray(network(IMAGES))
    np.testing.assert_allclose(np.asarray(loaded(IMAGES)), expected, atol=1e-6)
    assert logits is not None
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(logits(IMAGES))), expected, atol=1e-6)
    assert np.abs(np.asarray(logits(IMAGES)) - expected).max() > 1


def _save(folder: Path, *specs: tf.TensorSpec, outputs: int = 1, signature: str = "serving_default") -> Path:
    """Write a SavedModel of a function without variables."""

    @tf.function(input_signature=specs)  # type: ignore[untyped-decorator]
    def function(*taken: tf.Tensor) -> dict[str, tf.Tensor]:
        first = tf.reshape(tf.cast(taken[0], tf.float32), (-1, 4)) if taken[0].dtype != tf.string else tf.zeros((1, 4))
        return {f"out{number}": first for number in range(outputs)}

    tf.saved_model.save(tf.Module(), str(folder), signatures={signature: function})
    return folder


@pytest.mark.parametrize(
    ("specs", "settings", "message"),
    [
        pytest.param(
            [tf.TensorSpec((None, 2, 2, 1), name="left"), tf.TensorSpec((None, 2, 2, 1), name="right")], {},
            "left.*right", id="two inputs",
        ),
        pytest.param([tf.TensorSpec((None, 2, 2, 1))], {"outputs": 2}, "out0.*out1", id="two outputs"),
        pytest.param([tf.TensorSpec((None, 12))], {}, r"\(None, 12\)", id="a sequence"),
        pytest.param([tf.TensorSpec((None,), tf.string)], {}, "string", id="encoded images"),
        pytest.param([tf.TensorSpec((None, 2, 2, 1), tf.uint8)], {}, "uint8", id="integers"),
        pytest.param([tf.TensorSpec((None, 2, 2, 1))], {"signature": "other"}, "other", id="no signature"),
    ],
)  # fmt: skip
def test_a_signature_that_takes_no_image_is_refused(
    tmp_path: Path, specs: list[tf.TensorSpec], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ExportError, match=message):
        load_model(_save(tmp_path / "saved", *specs, **settings))


def test_a_damaged_saved_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"nothing")
    with pytest.raises(ExportError, match=str(tmp_path)):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("begin", "takes_pixels"),
    [
        pytest.param([keras.layers.Rescaling(1 / 255)], True, id="0-1"),
        pytest.param([keras.layers.Rescaling(1 / 127.5, offset=-1)], True, id="signed"),
        pytest.param([keras.layers.Normalization(mean=[124, 116, 104], variance=[3364] * 3)], True, id="imagenet"),
        pytest.param([keras.layers.Rescaling(2.0, offset=-1)], False, id="from 0-1"),
        pytest.param([], False, id="none"),
    ],
)
def test_a_graph_that_rescales_first_tells_what_pixels_are(
    tmp_path: Path, begin: list[keras.Layer], takes_pixels: bool
) -> None:
    colour_network(*begin).export(tmp_path / "saved", verbose=False)
    assert pixels_of_first_layer(load_model(tmp_path / "saved")) == (((0.0,), (1.0,)) if takes_pixels else None)


def test_a_graph_that_ends_in_a_sigmoid_is_known(tmp_path: Path) -> None:
    for end in ("sigmoid", "softmax"):
        colour_network(end=end).export(tmp_path / end, verbose=False)
        assert ends_in_sigmoid(load_model(tmp_path / end)) == (end == "sigmoid")
