"""Files of Keras 2 are loaded by Keras 2's own library and answer as they did."""

import sys
from logging import LogRecord
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

tensorflow = pytest.importorskip("tensorflow")
tf_keras = pytest.importorskip("tf_keras")

import keras

from edge.errors import ExportError, RuntimeMissingError
from export.network.keras_file import keras_version, load_model, pixels_of_first_layer
from export.network.softmax import without_softmax
from tests.export.small_networks import image, older_network

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")

IMAGES = np.stack([image(colour, 0)[..., ::-1] for colour in range(3)]).astype(np.float32)
LAYER = """
from {library}.layers import Layer

class Halved(Layer):
    def call(self, image):
        return image / 2
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put back what the loader sets, and forget what was imported as `tensorflow.keras`."""
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "0")
    monkeypatch.setattr(tensorflow, "__path__", list(tensorflow.__path__))
    monkeypatch.setitem(vars(tensorflow), "keras", vars(tensorflow)["keras"])
    for name in [name for name in sys.modules if f"{name}.".startswith("tensorflow.keras.")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("name", ["old.h5", "old.keras"])
def test_a_file_of_keras_2_answers_as_it_did(tmp_path: Path, name: str) -> None:
    network = older_network()
    network.save(tmp_path / name)
    expected = network(IMAGES).numpy()
    loaded = load_model(tmp_path / name)
    logits = without_softmax(loaded)

    assert keras_version(tmp_path / name).startswith("2.")
    with pytest.raises((TypeError, ValueError), match=r"Functional|TFOpLambda"):
        keras.models.load_model(tmp_path / name, compile=False)
    assert expected.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(np.asarray(loaded(IMAGES)), expected, atol=1e-6)
    assert logits is not None
    np.testing.assert_allclose(np.asarray(keras.ops.softmax(logits(IMAGES))), expected, atol=1e-6)
    assert pixels_of_first_layer(loaded) == ((0.0,), (1.0,))


def test_a_file_that_keras_3_loads_and_computes_otherwise(tmp_path: Path) -> None:
    layers = tf_keras.layers
    network = tf_keras.Sequential([tf_keras.Input((1, 1, 1)), layers.Activation("hard_sigmoid"), layers.Flatten()])
    network.save(tmp_path / "old.h5")
    one = np.ones((1, 1, 1, 1), np.float32)

    assert np.asarray(load_model(tmp_path / "old.h5")(one)).item() == pytest.approx(0.7)  # 0.2 x + 0.5
    by_keras_3 = keras.models.load_model(tmp_path / "old.h5", compile=False)
    assert np.asarray(by_keras_3(one)).item() == pytest.approx(4 / 6)  # (x + 3) / 6


@pytest.mark.parametrize(
    ("library", "reader"), [("tf_keras", tf_keras), ("tensorflow.keras", tf_keras), ("keras", keras)]
)
def test_custom_layers_of_either_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, library: str, reader: ModuleType
) -> None:
    module = f"halving_by_{library.replace('.', '_')}"
    (tmp_path / f"{module}.py").write_text(LAYER.format(library=library))
    monkeypatch.syspath_prepend(tmp_path)
    _halving().save(tmp_path / "custom.h5")

    with caplog.at_level("INFO"):
        loaded = load_model(tmp_path / "custom.h5", (module,))
    np.testing.assert_array_equal(np.asarray(loaded(IMAGES)), (IMAGES / 2).reshape(3, -1))
    (record,) = _of_ours(caplog)
    assert reader.__version__ in record.getMessage()
    assert (record.levelname == "WARNING") == (reader is keras)
    with pytest.raises(ExportError, match="--import"):
        load_model(tmp_path / "custom.h5")


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize(
    "more",
    [
        "from keras.layers import Activation, Dense, Flatten, Input",
        "from keras import Sequential\nfrom keras.activations import hard_sigmoid",
        "import keras\n\nclass NotInTheFile(keras.layers.Layer):\n    pass",
    ],
    ids=["imported layers", "imported model and activation", "another layer"],
)
def test_what_else_a_module_holds_of_keras_3_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, more: str, suffix: str
) -> None:
    module = f"more_of_{len(more)}_{suffix[1:]}"
    (tmp_path / f"{module}.py").write_text(LAYER.format(library="tf_keras") + more)
    monkeypatch.syspath_prepend(tmp_path)
    network = _halving(tf_keras.layers.Activation("hard_sigmoid"))
    network.save(tmp_path / f"custom{suffix}")

    with caplog.at_level("INFO"):
        loaded = load_model(tmp_path / f"custom{suffix}", (module,))
    ones = np.ones((1, 32, 32, 3), np.float32)
    np.testing.assert_allclose(np.asarray(loaded(ones)), 0.2 * ones.reshape(1, -1) / 2 + 0.5)  # not (x + 3) / 6
    assert [record.levelname for record in _of_ours(caplog)] == ["INFO"]


def _of_ours(caplog: pytest.LogCaptureFixture) -> list[LogRecord]:
    return [record for record in caplog.records if record.name.startswith("export")]


def _halving(*layers: Any) -> Any:
    """Return a network of Keras 2 whose first layer is a custom one."""

    class Halved(tf_keras.layers.Layer):  # type: ignore[misc]  # tf_keras has no types
        def call(self, image: object) -> object:
            return image / 2

    return tf_keras.Sequential([tf_keras.Input((32, 32, 3)), Halved(), *layers, tf_keras.layers.Flatten()])


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older_network().save(tmp_path / "old.h5")
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    with pytest.raises(RuntimeMissingError, match="tf-keras"):
        load_model(tmp_path / "old.h5")


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    older_network().save_weights(tmp_path / "old.h5")
    with pytest.raises(ExportError, match=r"model\.save"):
        load_model(tmp_path / "old.h5")


@pytest.mark.parametrize("name", ["none.h5", "none.keras"])
def test_a_damaged_file_says_no_version(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing")
    assert keras_version(tmp_path / name) == ""
