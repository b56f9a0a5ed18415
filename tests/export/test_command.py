"""Both export commands, end to end, on the tiny run and its drawn garments."""

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("tf2onnx")

import dataclasses

from edge import demo
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import read_artifact
from edge.artifact.input_spec import InputSpec
from edge.artifact.pixels import input_table
from edge.artifact.spec import ModelSpec
from edge.classify.loaded_model import LoadedModel
from edge.datasets.fashion_mnist import LabelledImages
from export import command
from export import onnx as onnx_export
from export import tflite as tflite_export
from export.calibration import Calibration, Dataset
from export.source import PRETRAINED, load_source
from export.verify import Parity

RUN = Path(__file__).parents[1] / "fixtures" / "tiny_run"
IMAGES_OF = "test images of"
MAIN = {"tflite": tflite_export.main, "onnx": onnx_export.main}
EVERY_MODE = [
    *(("tflite", mode) for mode in ("none", "float16", "dynamic", "int8")),
    *(("onnx", mode) for mode in ("none", "int8")),
]


def _table(stdout: str) -> dict[str, str]:
    return {line[:20].strip(): line[20:] for line in stdout.splitlines()}


@pytest.mark.e2e
@pytest.mark.parametrize(("file_format", "mode"), EVERY_MODE)
def test_every_mode_makes_a_file_that_predicts_as_keras_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file_format: str, mode: str
) -> None:
    assert MAIN[file_format]([str(RUN), "--quantize", mode, "--artifacts", str(tmp_path), "--max-loss", "2"]) == 0

    path = tmp_path / f"tiny_run_{mode}.{file_format}"
    assert list(tmp_path.iterdir()) == [path]  # nothing temporary is left
    table = _table(capsys.readouterr().out)
    assert table["file"] == str(path)
    assert table["SHA-256"] == read_artifact(path).sha256
    assert table["compared on"].split(", in ")[0] == f"1,000 {IMAGES_OF} demo"
    assert float(table["same answer"].rstrip("%")) >= 98.5

    loaded = LoadedModel.load(path)
    provenance = loaded.spec.provenance
    assert provenance.quantization == mode
    assert provenance.parity["images"] == 1000
    assert bool(provenance.calibration) == (mode == "int8")
    assert ("operators" in provenance.needs) == (file_format == "tflite")
    assert ("opset" in provenance.needs) == (file_format == "onnx")
    assert loaded.spec.input_tensor == loaded.runtime.input_tensor
    if mode == "int8":
        table_of_pixels = input_table(loaded.spec.input, loaded.runtime.input_tensor)
        assert table_of_pixels[:, 0].tolist() == list(range(256))
    if mode == "none":
        images, _ = demo.draw_dataset(20, seed=9)
        probabilities = np.stack([loaded.probabilities(image) for image in images])
        np.testing.assert_allclose(probabilities, load_source(RUN).probabilities(images), atol=1e-5)


def test_a_tflite_file_is_a_zip_with_spec_and_labels(tmp_path: Path) -> None:
    assert tflite_export.main([str(RUN), "--out", str(tmp_path / "deep" / "a.tflite"), "--max-loss", "2"]) == 0

    with zipfile.ZipFile(tmp_path / "deep" / "a.tflite") as archive:
        assert archive.namelist() == ["model_spec.json", "labels.txt"]


@pytest.mark.parametrize("file_format", sorted(MAIN))
def test_a_loss_above_the_limit_is_exit_code_3_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    # Calibrated on black images alone but for one white pixel, no activation range is right.
    black = np.zeros((10, 28, 28), np.uint8)
    black[0, 0, 0] = 255
    monkeypatch.setattr(
        "export.command.choose_calibration", lambda *_, **__: Calibration(black, InputSpec(), {"count": 10})
    )

    assert MAIN[file_format]([str(RUN), "--artifacts", str(tmp_path)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"tiny_run_int8.{file_format}" in captured.err
    assert "0.50 (--max-loss)" in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file_format", sorted(MAIN))
def test_the_input_s_grid_does_not_depend_on_the_calibration_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    choose = command.choose_calibration

    def choose_dull(dataset: Dataset, spec: InputSpec, **settings: int) -> Calibration:
        dull = LabelledImages(np.clip(dataset.train.images, 30, 220), dataset.train.labels)
        return choose(dataclasses.replace(dataset, train=dull), spec, **settings)

    monkeypatch.setattr("export.command.choose_calibration", choose_dull)

    assert MAIN[file_format]([str(RUN), "--artifacts", str(tmp_path), "--max-loss", "5"]) == 0
    loaded = LoadedModel.load(tmp_path / f"tiny_run_int8.{file_format}")
    assert input_table(loaded.spec.input, loaded.runtime.input_tensor)[:, 0].tolist() == list(range(256))


def test_an_onnx_int8_graph_starts_with_the_pixels_and_is_quantized_throughout(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    assert onnx_export.main([str(RUN), "--out", str(tmp_path / "a.onnx"), "--max-loss", "2"]) == 0

    graph = onnx.load(tmp_path / "a.onnx").graph
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    weights = {item.name: item for item in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm"):
            # Activation and weight both come out of a DequantizeLinear; the weight's has a scale per channel.
            assert [made_by[name].op_type for name in node.input[:2]] == ["DequantizeLinear"] * 2
            assert weights[made_by[node.input[1]].input[0]].data_type == onnx.TensorProto.INT8
            assert len(onnx.numpy_helper.to_array(weights[made_by[node.input[1]].input[1]])) in (8, 10)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["--quantize", "int4"], 2, "invalid choice: 'int4'", id="unknown mode"),
        pytest.param(["--max-loss", "-1"], 2, "expected percentage points", id="negative loss"),
        pytest.param(["no/such/run"], 1, "is no run directory", id="no such run"),
        pytest.param([str(RUN), "--calibration-count", "7"], 1, "7 calibration images can't", id="unbalanced"),
    ],
)
def test_a_wrong_call_has_its_exit_code_and_names_the_fault(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = tflite_export.main([*arguments, "--artifacts", "/nonexistent", "-q"])
    except SystemExit as usage:
        ended = usage.code

    assert ended == code
    assert message in capsys.readouterr().err


@pytest.mark.e2e
@pytest.mark.real_data
@pytest.mark.usefixtures("fashion_mnist_present")
@pytest.mark.parametrize(
    ("file_format", "name", "least"),
    [("tflite", "baseline", 90.0), ("onnx", "baseline", 90.0), ("tflite", "edge", 94.0), ("onnx", "edge", 93.9)],
)
def test_the_pretrained_models_keep_their_accuracy_at_int8(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file_format: str, name: str, least: float
) -> None:
    assert MAIN[file_format]([str(PRETRAINED.parent / name), "--artifacts", str(tmp_path)]) == 0

    table = _table(capsys.readouterr().out)
    assert table["compared on"].split(", in ")[0] == f"10,000 {IMAGES_OF} fashion-mnist"
    assert float(table["top-1 of Keras"].rstrip("%")) >= least
    assert float(table["top-1 of the file"].rstrip("%")) >= least


@pytest.fixture
def own_run(tmp_path: Path) -> Path:
    """The tiny run as if it had been trained on a folder of photographs that is gone now."""
    run = tmp_path / "own"
    shutil.copytree(RUN, run)
    spec = ModelSpec.from_json((run / "model_spec.json").read_text())
    spec = replace(spec, provenance=replace(spec.provenance, dataset="photos/mine"))
    (run / "model_spec.json").write_text(spec.to_json())
    images, labels = demo.draw_dataset(200, seed=0)
    np.savez(
        run / "images.npz", train_images=images[:75], train_labels=labels[:75],
        test_images=images[75:], test_labels=labels[75:],
    )  # fmt: skip
    return run


@pytest.mark.parametrize("file_format", sorted(MAIN))
def test_a_model_of_your_own_classes_needs_its_run_directory_alone(
    own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file_format: str
) -> None:
    assert MAIN[file_format]([str(own_run), "--artifacts", str(tmp_path / "a"), "--max-loss", "2"]) == 0

    assert _table(capsys.readouterr().out)["compared on"].split(", in ")[0] == f"125 {IMAGES_OF} photos/mine"
    manifest = LoadedModel.load(tmp_path / "a" / f"own_int8.{file_format}").spec.provenance.calibration
    assert (manifest["dataset"], manifest["count"]) == ("photos/mine", 70)  # of 7 or 8 a class, 7 each


def test_a_temperature_is_in_both_sides_of_the_comparison(
    own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = ModelSpec.from_json((own_run / "model_spec.json").read_text())
    (own_run / "model_spec.json").write_text(replace(spec, decision=DecisionSpec(temperature=2.0)).to_json())

    assert tflite_export.main([str(own_run), "--quantize", "none", "--artifacts", str(tmp_path / "a")]) == 0

    assert float(_table(capsys.readouterr().out)["largest difference"].split()[0]) < 1e-5
    assert LoadedModel.load(tmp_path / "a" / "own_none.tflite").spec.decision.temperature == 2.0


def test_a_run_that_has_lost_its_images_is_refused(own_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_run / "images.npz").unlink()

    assert tflite_export.main([str(own_run)]) == 1
    assert str(own_run / "images.npz") in capsys.readouterr().err


def test_without_the_data_set_the_first_line_is_a_notice_that_the_file_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline() -> None:
        raise Exception("URL fetch failure")  # as Keras raises it

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "empty"))
    monkeypatch.setattr("export.command._download", offline)

    assert tflite_export.main([str(PRETRAINED), "--artifacts", str(tmp_path), "--max-loss", "5"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert "Fashion-MNIST" in first
    manifest = LoadedModel.load(tmp_path / "edge_int8.tflite").spec.provenance.calibration
    assert manifest["dataset"] == "demo"
    assert manifest["notice"] == first


@pytest.mark.parametrize(
    ("right", "images", "is_said"),
    [
        pytest.param(0.58, 12, True, id="7 of 12: 32 % at least, of 50 %"),
        pytest.param(1.0, 12, False, id="12 of 12: 76 % at least"),
        pytest.param(0.58, 1200, False, id="696 of 1,200: 55 % at least"),
        pytest.param(None, 12, False, id="classes that nobody knows"),
    ],
)
def test_a_model_that_may_guess_is_said_to(
    caplog: pytest.LogCaptureFixture, right: float | None, images: int, is_said: bool
) -> None:
    command._warn_of_chance(Parity("own", images, right, right, 1.0, 0.0), 2)

    assert [record.args for record in caplog.records] == [(7, 12)] * is_said
