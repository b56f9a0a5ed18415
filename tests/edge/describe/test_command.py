"""Files of ours and of others, described and written, as a user does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.classify.loaded_model import LoadedModel

Run = Callable[..., Any]


def spec_of(path: Path) -> ModelSpec:
    """Return the spec in a file."""
    spec = read_artifact(path).spec
    assert spec
    return spec


def test_a_file_of_ours_says_all(facts: Run, fixtures: Path) -> None:
    spec, found = spec_of(fixtures / "tiny_int8.tflite"), facts(fixtures / "tiny_int8.tflite")
    assert (found["kind"], found["specification"], found["missing"]) == ("classifier", "embedded", {})
    assert found["operators"] == {"QUANTIZE": 2, "CONV_2D": 1, "RESHAPE": 1, "FULLY_CONNECTED": 1}
    assert found["needs"]["tensorflow_lite"] == "1.14.0"
    assert found["runtimes"].keys() == {"litert", "tflite-runtime"}
    assert (tuple(found["labels"]), found["decision"]["temperature"]) == (spec.labels, spec.decision.temperature)
    assert found["inputs"][0]["shape"] == [1, 28, 28, 1]
    assert set(found["sources"].values()) == {"its specification"}


def test_the_table_names_each_fact_and_wraps_long_lines(edge_classify: Run, fixtures: Path) -> None:
    outcome = edge_classify("describe", fixtures / "operators_int8.tflite", "--quiet")
    lines = outcome.out.splitlines()
    assert (outcome.code, max(map(len, lines)) <= 110) == (0, True)
    names = [line[:16].strip() for line in lines[1:] if line[0] != " "]
    assert names[:8] == ["kind", "input", "output", "quantization", "operators", "needs", "runtimes", "specification"]
    assert names[-1] == "missing"
    assert "QUANTIZE 3, STRIDED_SLICE 3" in outcome.out


def test_what_is_missing_is_named_with_its_flag(facts: Run, fixtures: Path, labels: Path) -> None:
    path = fixtures / "operators_none.onnx"
    found = facts(path)
    assert found["missing"] == {"labels": "--labels FILE", "pixels": "--pixels RANGE"}
    assert (found["labels"], {"pixels", "recipe"} & found["sources"].keys()) == (None, set())
    assert facts(path, "--labels", labels)["missing"] == {"pixels": "--pixels RANGE"}
    whole = facts(path, "--labels", labels, "--pixels", "signed")
    assert (whole["missing"], whole["sources"]["pixels"], whole["input"]["std"]) == ({}, "given", [127.5])


def test_a_size_that_the_network_does_not_take_is_a_note(
    facts: Run, fixtures: Path, labels: Path, tmp_path: Path
) -> None:
    entry = b"\x0a\x05imgsz\x12\x08[32, 48]"
    content = read_artifact(fixtures / "tiny_int8.onnx").network + b"\x72" + bytes([len(entry)]) + entry
    (tmp_path / "other.onnx").write_bytes(content)

    (note,) = facts(tmp_path / "other.onnx", "--labels", labels)["notes"]

    assert ("48x32" in note, "28x28" in note) == (True, True)


def test_a_foreign_file_is_not_written_over_itself(edge_classify: Run, fixtures: Path, labels: Path) -> None:
    path = labels.with_name("other.onnx")
    path.write_bytes((fixtures / "operators_none.onnx").read_bytes())
    link = labels.with_name("link.onnx")
    link.symlink_to(path)
    for out in (path, link):
        outcome = edge_classify("describe", path, "--labels", labels, "--pixels", "0-1", "--write", out)
        assert (outcome.code, str(out) in outcome.err) == (2, True)
    assert path.read_bytes() == (fixtures / "operators_none.onnx").read_bytes()


@pytest.mark.parametrize("name", ["softmax_int8.tflite", "operators_none.onnx"])
def test_a_foreign_file_is_written_with_its_spec_and_answers_the_same(
    facts: Run, edge_classify: Run, fixtures: Path, labels: Path, name: str
) -> None:
    out = labels.with_name(f"ours{Path(name).suffix}")
    assert facts(fixtures / name, "--labels", labels, "--pixels", "0-1", "--write", out)["written"] == str(out)
    options = ModelOptions(labels=FASHION_MNIST_LABELS, pixels=((0.0,), (255.0,)))
    before, after = LoadedModel.load(fixtures / name, options=options), LoadedModel.load(out)
    pixels = np.arange(784, dtype=np.uint8).reshape(28, 28)
    assert after.spec.labels == FASHION_MNIST_LABELS
    assert np.array_equal(before.probabilities(pixels), after.probabilities(pixels))
    found = facts(out)
    assert (found["specification"], found["missing"]) == ("embedded", {})
    assert found["provenance"]["needs"] == found["needs"]
    outcome = edge_classify("--model", out, "--source", "demo", "--max-frames", "1", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")


def test_nothing_is_written_while_something_is_missing(edge_classify: Run, fixtures: Path, tmp_path: Path) -> None:
    outcome = edge_classify("describe", fixtures / "operators_none.onnx", "--write", tmp_path / "o.onnx", "--quiet")
    assert (outcome.code, list(tmp_path.iterdir())) == (1, [])
    assert all(flag in outcome.sentence for flag in ("--labels FILE", "--pixels RANGE"))


def test_flags_do_not_change_a_specification(edge_classify: Run, fixtures: Path, tmp_path: Path) -> None:
    path, out = fixtures / "tiny_none.onnx", tmp_path / "o.onnx"
    shown = edge_classify("describe", path, "--pixels", "signed", "--json")
    assert (shown.code, "ignored" in shown.err, '"std": [\n      255.0' in shown.out) == (0, True, True)
    refused = edge_classify("describe", path, "--pixels", "signed", "--write", out)
    assert (refused.code, out.exists(), str(path) in refused.sentence) == (2, False, True)


def test_the_table_names_no_next_step_that_is_done(
    edge_classify: Run, fixtures: Path, tmp_path: Path, labels: Path
) -> None:
    call = ("describe", fixtures / "operators_none.onnx", "--labels", labels, "--pixels", "0-1")
    shown, written = edge_classify(*call), edge_classify(*call, "--write", tmp_path / "o.onnx")
    assert ("\nnext " in shown.out, "\nwritten " in written.out) == (True, True)
    assert "\nnext " not in written.out


def test_an_onnx_file_must_be_called_so(edge_classify: Run, fixtures: Path, tmp_path: Path) -> None:
    outcome = edge_classify("describe", fixtures / "tiny_none.onnx", "--write", tmp_path / "o.tflite", "--quiet")
    assert (outcome.code, ".onnx" in outcome.sentence, list(tmp_path.iterdir())) == (1, True, [])


def make_onnx(path: Path, inputs: dict[str, list[int | str]], outputs: list[list[int]], nodes: list[Any]) -> Path:
    """Write a network of float32 whose outputs are called y0, y1 and so on; `w` is a matrix of 3 x 4."""
    onnx = pytest.importorskip("onnx")
    kind = onnx.TensorProto.FLOAT
    weights = np.arange(12, dtype=np.float32).reshape(3, 4) / 8
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(*node) for node in nodes], "g",
        [onnx.helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [onnx.helper.make_tensor_value_info(f"y{number}", kind, shape) for number, shape in enumerate(outputs)],
        [onnx.numpy_helper.from_array(weights, "w")],
    )  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


COLOUR = {"x": [1, 3, "height", "width"]}
FREE_SIZE = [("GlobalAveragePool", ["x"], ["p"]), ("Flatten", ["p"], ["f"]), ("Gemm", ["f", "w"], ["y0"])]


def test_a_file_that_takes_any_size_is_written_with_one(facts: Run, tmp_path: Path) -> None:
    path, out = make_onnx(tmp_path / "free.onnx", COLOUR, [[1, 4]], FREE_SIZE), tmp_path / "fixed.onnx"
    (tmp_path / "four.txt").write_text("a\nb\nc\nd\n", encoding="utf-8")
    assert facts(path)["missing"] == {"input size": "--input-size WxH"}
    facts(path, "--labels", tmp_path / "four.txt", "--pixels", "0-1", "--input-size", "6x4", "--write", out)
    model = LoadedModel.load(out)
    assert (model.spec.input.height, model.spec.input.width, model.spec.output) == (4, 6, "logits")
    grey = np.full((4, 6, 3), 255, np.uint8)  # each mean is 1: sums of the columns of w
    assert model.scores(grey).tolist() == [1.5, 1.875, 2.25, 2.625]


@pytest.mark.parametrize(
    ("names", "output", "operator", "kind"),
    [
        (["x", "z"], [1, 3, 4, 4], "Add", "other"),
        (["x"], [1, 3, 4, 4], "Relu", "segmenter"),
        (["x"], [1, 3, 1, 1], "GlobalAveragePool", "embedding"),
    ],
)
def test_what_is_no_classifier_is_shown_and_not_written(  # noqa: PLR0917
    facts: Run, edge_classify: Run, tmp_path: Path, names: list[str], output: list[int], operator: str, kind: str
) -> None:
    path = make_onnx(tmp_path / "m.onnx", {name: [1, 3, 4, 4] for name in names}, [output], [(operator, names, ["y0"])])
    found = facts(path)
    assert (found["kind"], found["input"], len(found["inputs"])) == (kind, None, len(names))
    outcome = edge_classify("describe", path, "--write", tmp_path / "o.onnx", "--quiet")
    assert (outcome.code, (tmp_path / "o.onnx").exists()) == (1, False)


def test_what_can_not_be_read_is_an_error(edge_classify: Run, fixtures: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tflite").write_bytes((fixtures / "softmax_int8.tflite").read_bytes()[:3000])
    for path, code in ((tmp_path / "cut.tflite", 1), (tmp_path / "absent.onnx", 2)):
        outcome = edge_classify("describe", path)
        assert (outcome.code, str(path) in outcome.sentence) == (code, True)
    outcome = edge_classify("describe", fixtures / "tiny_int8.tflite", "--images", tmp_path)
    assert (outcome.code, "--like" in outcome.sentence) == (2, True)


def test_names_in_a_file_can_not_steer_the_terminal(edge_classify: Run, tmp_path: Path) -> None:
    name = "\x1b[2J\x9b" + 200 * "x"
    path = make_onnx(tmp_path / "m.onnx", {name: [1, 3, 4, 4]}, [[1, 3, 4, 4]], [("Relu", [name], ["y0"])])
    outcome = edge_classify("describe", path, "--quiet")
    assert (outcome.code, "?[2J?xxx" in outcome.out, 81 * "x" in outcome.out) == (0, True, False)
    assert outcome.out.replace("\n", "").isprintable()


def test_the_help_has_the_least_agreement(edge_classify: Run) -> None:
    outcome = edge_classify("describe", "--help")
    assert (outcome.code, "98 %" in outcome.out) == (0, True)
