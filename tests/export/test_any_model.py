"""Any Keras model through both commands: the file answers as Keras does, and says what it takes."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")

import keras
from keras import layers

from edge.artifact.file import read_artifact
from edge.artifact.pixels import to_real
from edge.artifact.quantization import dequantize
from edge.classify.loaded_model import LoadedModel
from export import onnx, tflite
from tests.export.small_networks import COLOURS, colour_network, image, older_network, write_images

MAIN = {"tflite": tflite.main, "onnx": onnx.main}
RUN = Path(__file__).parents[1] / "fixtures" / "tiny_run"
IMAGES = np.stack([image(colour, 1000 + seed) for colour in range(3) for seed in range(4)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labels and images."""
    folder = tmp_path_factory.mktemp("colours")
    (folder / "labels.txt").write_text("\n".join(COLOURS) + "\n")
    write_images(folder / "data", 12)
    return folder


def _export(file_format: str, path: Path, folder: Path, *flags: str) -> LoadedModel:
    out = path.parent / f"out.{file_format}"
    arguments = [str(path), "--labels", str(folder / "labels.txt"), "--out", str(out), "-q", *flags]
    assert MAIN[file_format](arguments) == 0
    return LoadedModel.load(out)


def _agreement(loaded: LoadedModel, network: keras.Model) -> tuple[float, float]:
    """Return the share of images with the same answer, and the largest difference of a probability."""
    expected = np.asarray(network(to_real(IMAGES, loaded.spec.input)))
    found = np.stack([loaded.probabilities(pixels) for pixels in IMAGES])
    return float((found.argmax(axis=1) == expected.argmax(axis=1)).mean()), float(np.abs(found - expected).max())


@pytest.mark.parametrize("file_format", sorted(MAIN))
def test_an_int8_file_of_a_network_that_rescales_inside(tmp_path: Path, folder: Path, file_format: str) -> None:
    network = colour_network(layers.Rescaling(1 / 127.5, offset=-1), scale=0.5)
    network.save(tmp_path / "mine.keras")
    loaded = _export(file_format, tmp_path / "mine.keras", folder, "--data", str(folder / "data"))

    spec = loaded.spec
    assert (spec.labels, spec.output) == (COLOURS, "logits")
    assert (spec.input.mean, spec.input.std, spec.input.recipe) == ((0.0,) * 3, (1.0,) * 3, "image-v1")
    assert (spec.provenance.run_name, spec.provenance.calibration["count"]) == ("mine", 18)
    assert (spec.provenance.parity["images"], spec.provenance.parity["top1_accuracy"]) == (18, 1.0)
    same, difference = _agreement(loaded, network)
    assert same == 1.0
    assert difference < 0.05  # of int8
    assert loaded.runtime.input_tensor.dtype == "uint8"


@pytest.mark.parametrize("file_format", sorted(MAIN))
@pytest.mark.parametrize(
    "flags",
    [["--pixels", "imagenet"], ["--pixels", "103.9,116.8,123.7,1,1,1", "--colour", "bgr"]],
    ids=["imagenet", "bgr"],
)
def test_channels_of_different_ranges_share_the_grid_of_an_int8_input(
    tmp_path: Path, folder: Path, file_format: str, flags: list[str]
) -> None:
    network = colour_network(scale=1 / 4 if "imagenet" in flags else 1 / 255)  # R, G, B as it gets them
    network.save(tmp_path / "mine.keras")
    data = ["--data", str(folder / "data"), "--resize", "stretch"]
    loaded = _export(file_format, tmp_path / "mine.keras", folder, *data, *flags)

    tensor, spec = loaded.runtime.input_tensor, loaded.spec.input
    levels = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(16, 16, 3)
    expected = to_real(levels, spec).reshape(256, 3)
    stored = np.stack([loaded.input_tensor(np.full((32, 32, 3), level, np.uint8))[0, 0, 0] for level in range(256)])
    assert np.abs(dequantize(stored, tensor) - expected).max() <= 0.51 * tensor.scale
    assert tensor.scale == pytest.approx((expected.max() - expected.min()) / 255, rel=0.01)
    same, _ = _agreement(loaded, network)
    assert same == 1.0


@pytest.mark.parametrize("file_format", sorted(MAIN))
def test_a_kept_softmax_puts_out_probabilities(tmp_path: Path, folder: Path, file_format: str) -> None:
    network = colour_network(end=None)  # it ends in logits
    network.save(tmp_path / "mine.keras")
    flags = ["--data", str(folder / "data"), "--pixels", "0-255", "--softmax"]
    loaded = _export(file_format, tmp_path / "mine.keras", folder, *flags)

    assert loaded.spec.output == "probabilities"
    raw = np.stack([loaded.scores(pixels) for pixels in IMAGES])
    np.testing.assert_allclose(raw.sum(axis=1), 1, atol=0.02)  # in steps of 1/256
    same, difference = _agreement(loaded, keras.Sequential([network, layers.Softmax()]))
    assert same == 1.0
    assert difference < 0.05


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("file_format", sorted(MAIN))
@pytest.mark.parametrize("mode", ["none", "int8"])
@pytest.mark.parametrize("kind", ["older h5", "saved model"])
def test_older_files_and_saved_models(tmp_path: Path, folder: Path, file_format: str, mode: str, kind: str) -> None:
    if kind == "older h5":
        pytest.importorskip("tf_keras")
    network = older_network() if kind == "older h5" else colour_network()
    path = tmp_path / ("saved" if kind == "saved model" else "old.h5")
    if kind == "saved model":
        network.export(path, verbose=False)
    else:
        network.save(path)
    flags = ["--data", str(folder / "data"), "--quantize", mode]
    pixels = [] if kind == "older h5" else ["--pixels", "0-255"]
    loaded = _export(file_format, path, folder, *flags, *pixels)

    assert loaded.spec.output == "logits"
    same, difference = _agreement(loaded, network)
    assert same == 1.0
    assert difference < (1e-5 if mode == "none" else 0.05)


@pytest.mark.parametrize("mode", ["none", "int8"])
def test_a_mean_is_subtracted_inside_an_onnx_file(tmp_path: Path, folder: Path, mode: str) -> None:
    normalization = layers.Normalization(mean=[125, 116, 104], variance=[58.0**2] * 3)
    network = colour_network(normalization, scale=58 / 255)
    network.save(tmp_path / "mine.keras")
    loaded = _export("onnx", tmp_path / "mine.keras", folder, "--data", str(folder / "data"), "--quantize", mode)

    same, difference = _agreement(loaded, network)
    assert same == 1.0
    assert difference < (1e-5 if mode == "none" else 0.05)
    assert loaded.runtime.input_tensor.dtype == ("float32" if mode == "none" else "uint8")


def test_without_classes_no_accuracy_is_compared(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colour_network().save(tmp_path / "mine.keras")
    flags = ["--calibration", str(folder / "data"), "--pixels", "0-255", "--calibration-count", "5"]
    parity = _export("tflite", tmp_path / "mine.keras", folder, *flags).spec.provenance.parity

    assert (parity["images"], parity["top1_agreement"]) == (31, 1.0)
    assert "top1_accuracy" not in parity
    assert "--data DIR" in capsys.readouterr().out


def test_a_float_file_needs_no_images(tmp_path: Path, folder: Path) -> None:
    colour_network().save(tmp_path / "mine.keras")
    loaded = _export("tflite", tmp_path / "mine.keras", folder, "--pixels", "0-255", "--quantize", "none")
    assert loaded.spec.provenance.parity["max_probability_difference"] < 1e-5


@pytest.fixture
def beside_labels(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with labels and a network in it."""
    colour_network().save(tmp_path / "mine.keras")
    (tmp_path / "labels.txt").write_text((folder / "labels.txt").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(
            [str(RUN), "--labels", "labels.txt", "--import", "x"], 2, "--labels, --import", id="flags of a file"
        ),
        pytest.param(
            ["mine.keras", "--labels", "labels.txt", "--pixels", "0-1"], 1, "--calibration", id="int8, no images"
        ),
        pytest.param(["mine.keras", "--labels", "labels.txt", "--data", "."], 1, "--pixels", id="no pixels"),
        pytest.param(["absent.h5", "--labels", "labels.txt"], 1, "absent.h5", id="no file"),
        pytest.param([".", "--labels", "labels.txt"], 1, "SavedModel", id="a folder of something else"),
        pytest.param(["mine.keras", "--pixels", "1-2"], 2, "'1-2'", id="unknown pixels"),
    ],
)
def test_a_wrong_call_has_its_exit_code_and_names_the_fault(
    beside_labels: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    try:
        ended = tflite.main([*arguments, "-q"])
    except SystemExit as usage:
        ended = usage.code

    assert ended == code
    assert message in capsys.readouterr().err
    assert not (beside_labels / "artifacts").exists()


def test_a_bgr_file_says_nothing_that_metadata_has_no_word_for(tmp_path: Path, folder: Path) -> None:
    colour_network().save(tmp_path / "mine.keras")
    flags = ["--pixels", "0-255", "--quantize", "none", "--colour", "bgr"]
    _export("tflite", tmp_path / "mine.keras", folder, *flags)
    spec = read_artifact(tmp_path / "out.tflite").spec
    assert spec is not None
    assert spec.input.colour_order == "BGR"


def test_a_layer_that_the_format_has_no_operator_for_is_refused(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = keras.Input((32, 32, 3))
    strange = keras.ops.erfinv(layers.GlobalAveragePooling2D()(taken) / 256)
    keras.Model(taken, layers.Dense(3)(strange)).save(tmp_path / "mine.keras")
    arguments = [str(tmp_path / "mine.keras"), "--labels", str(folder / "labels.txt"), "--quantize", "none", "-q"]

    assert tflite.main([*arguments, "--pixels", "0-255", "--artifacts", str(tmp_path / "out")]) == 1
    assert "Erfinv" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("order", [COLOURS, ("green", "blue", "red")], ids=["right", "wrong"])
def test_labels_in_another_order_than_the_outputs_are_suspected(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], order: tuple[str, ...]
) -> None:
    colour_network().save(tmp_path / "mine.keras")
    (tmp_path / "labels.txt").write_text("\n".join(order) + "\n")
    data = ["--data", str(folder / "data"), "--pixels", "0-255", "--quantize", "none"]
    _export("tflite", tmp_path / "mine.keras", tmp_path, *data)
    assert ("--labels" in capsys.readouterr().err) == (order != COLOURS)
