"""A spec that contradicts its file is refused, whichever way it got there."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import METADATA_KEY, Artifact, read_artifact
from edge.artifact.input_spec import InputSpec, ModelOptions
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.artifact.trust import TrustPolicy
from edge.classify.classifier import Classifier
from edge.classify.loaded_model import LoadedModel
from edge.errors import ModelFileError, SpecError

Fake = Callable[..., Any]
Respec = Callable[[Path, "ModelSpec | str | None"], Path]
ARTIFACT = Artifact(Path("m.tflite"), "tflite", "ab" * 32, 1, None)
TEN = tuple(f"class {number}" for number in range(10))
SPEC = ModelSpec(("a", "b", "c"), input=InputSpec(height=2, width=2))

CLAIM = TensorSpec("another name", "uint8", (1, 2, 2, 1), scale=1 / 255)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ("a", "b")}, "3 outputs, .* 2 labels"),
        ({"input": InputSpec(2, 3)}, r"takes a tensor of shape \(1, 2, 2, 1\), its spec says \(1, 2, 3, 1\)"),
        ({"input": InputSpec(3, 2)}, r"takes a tensor of shape \(1, 2, 2, 1\), its spec says \(1, 3, 2, 1\)"),
        ({"input": InputSpec(2, 2, recipe="plain-v1")}, "plain-v1.* garment-v2"),
        ({"input_tensor": dataclasses.replace(CLAIM, scale=1 / 256)}, "claims .*the file has .*: export it again"),
        ({"input_tensor": dataclasses.replace(CLAIM, scale=1.00001 / 255)}, "export it again"),
        ({"input_tensor": dataclasses.replace(CLAIM, zero_point=1)}, "export it again"),
        ({"input_tensor": dataclasses.replace(CLAIM, dtype="int8")}, "export it again"),
        ({"input_tensor": dataclasses.replace(CLAIM, shape=(1, 4, 1, 1))}, "export it again"),
        ({"output_tensor": TensorSpec("y", "uint8", (1, 3))}, "export it again"),
        ({"output_tensor": TensorSpec("y", "float32", (1, 3), scale=0.5)}, "export it again"),
    ],
    ids=["label count", "width", "height", "recipe", "scale", "scale by 1e-5", "zero point", "dtype", "shape",
         "output dtype", "output scale"],
)  # fmt: skip
def test_a_spec_that_contradicts_the_file_is_refused(changes: dict[str, Any], words: str, fake_runtime: Fake) -> None:
    with pytest.raises(SpecError, match=words):
        Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), dataclasses.replace(SPEC, **changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"input": InputSpec(2, 2, recipe="x" * 10_000)},
        {"input_tensor": dataclasses.replace(CLAIM, zero_point=10**4000)},
    ],
    ids=["recipe", "zero point"],
)
def test_what_a_forged_spec_says_is_shown_in_part(changes: dict[str, Any], fake_runtime: Fake) -> None:
    with pytest.raises(SpecError) as caught:
        Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), dataclasses.replace(SPEC, **changes)))
    assert len(str(caught.value)) < 600


def test_claims_that_agree_pass_whatever_the_tensors_are_called(fake_runtime: Fake) -> None:
    claims = {
        "input_tensor": dataclasses.replace(CLAIM, scale=float(np.float32(1 / 255))),
        "output_tensor": TensorSpec("z", "float32", (1, 3)),
    }
    claiming = dataclasses.replace(SPEC, **claims)  # type: ignore[arg-type]  # a dict of two kinds
    assert Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), claiming)).spec is claiming


SPLICES = {
    "labels": (ModelSpec(labels=TEN[:9]), "10 outputs, .* 9 labels"),
    "input size": (ModelSpec(input=InputSpec(32, 32)), r"takes a tensor of shape \(1, 28, 28, 1\), its spec says"),
    "scale": (
        ModelSpec(input_tensor=TensorSpec("image", "uint8", (1, 28, 28, 1), scale=1 / 128)),
        "claims .*0.0078125.* export it again",
    ),
    "recipe": (ModelSpec(input=InputSpec(recipe="plain-v1")), "plain-v1"),
}


@pytest.mark.parametrize("what", SPLICES)
def test_a_spec_spliced_onto_a_tflite_file_is_refused(fixtures: Path, respec: Respec, what: str) -> None:
    spliced, words = SPLICES[what]
    with pytest.raises(SpecError, match=words):
        Classifier.load(respec(fixtures / "tiny_int8.tflite", spliced))


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_int8.onnx"])
def test_the_quantization_of_a_file_without_a_spec_is_read_from_its_network(
    fixtures: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(read_artifact(fixtures / name).network)
    options = ModelOptions(labels=TEN, pixels=((0.0,), (255.0,)))
    assert LoadedModel.load(tmp_path / name, options=options).spec.provenance.quantization == "int8"


@pytest.mark.parametrize("part", ["local function", "quantization annotation"])
def test_a_trusted_file_without_a_spec_runs_with_parts_that_the_strict_parser_refuses(
    fixtures: Path, tmp_path: Path, part: str
) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_none.onnx").network)
    if part == "local function":
        node = onnx.helper.make_node("Identity", ["x"], ["y"])
        opsets = [onnx.helper.make_opsetid("", 13)]
        model.functions.append(onnx.helper.make_function("local", "f", ["x"], ["y"], [node], opsets))
        model.opset_import.append(onnx.helper.make_opsetid("local", 1))
    else:
        model.graph.quantization_annotation.add(tensor_name=model.graph.input[0].name)
    path = tmp_path / "m.onnx"
    onnx.save(model, path)
    options = ModelOptions(labels=TEN, pixels=((0.0,), (255.0,)))
    with pytest.raises(ModelFileError):
        LoadedModel.load(path, options=options)
    loaded = LoadedModel.load(path, options=options, policy=trusting(path))
    assert (loaded.spec.labels, loaded.spec.provenance.quantization) == (TEN, "none")


def test_the_tensors_tell_the_quantization_of_a_trusted_file_that_the_strict_parser_refuses(
    fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Artifact) -> None:
        raise ModelFileError("no")

    monkeypatch.setattr(Artifact, "summarise", refuse)
    path = tmp_path / "m.tflite"
    path.write_bytes(read_artifact(fixtures / "tiny_int8.tflite").network)
    options = ModelOptions(labels=TEN, pixels=((0.0,), (255.0,)))
    assert LoadedModel.load(path, options=options, policy=trusting(path)).spec.provenance.quantization == "int8"


def trusting(path: Path) -> TrustPolicy:
    """The policy that requires a file's own digest."""
    return TrustPolicy(hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("labels", [None, TEN])
def test_an_embedding_is_refused_with_and_without_labels(
    fixtures: Path, tmp_path: Path, labels: tuple[str, ...] | None
) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_none.onnx").network)
    output = model.graph.output[0].name
    model.graph.node.append(onnx.helper.make_node("LpNormalization", [output], ["embedding"], axis=1))
    model.graph.output[0].name = "embedding"
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelFileError, match="embedding"):
        LoadedModel.load(tmp_path / "m.onnx", options=ModelOptions(labels=labels, pixels=((0.0,), (255.0,))))


def test_metadata_that_was_left_out_is_said_of_a_refused_file_too(fixtures: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_model_from_string(read_artifact(fixtures / "tiny_none.onnx").network)
    onnx.helper.set_model_props(model, {"mean": "[0.5, 0.5]", "std": "[0.5, 0.5, 0.5]"})
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelFileError, match=r"--pixels.* 2 means"):
        LoadedModel.load(tmp_path / "m.onnx", options=ModelOptions(labels=TEN))


def field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field; sizes below 2^14."""
    key = bytes([number << 3 | 2])
    size = bytes([len(content)]) if len(content) < 128 else bytes([len(content) & 0x7F | 0x80, len(content) >> 7])
    return key + size + content


@pytest.fixture
def respec_onnx(tmp_path: Path, fixtures: Path) -> Callable[[str], Path]:
    """Copy the int8 ONNX file with another spec: an entry of field 14, metadata_props, with the same key."""

    def copy(text: str) -> Path:
        content = (fixtures / "tiny_int8.onnx").read_bytes()
        start = content.rindex(METADATA_KEY.encode()) - 5  # field 14, two bytes of size, field 1, one byte of size
        assert content[start] == 14 << 3 | 2
        entry = field(1, METADATA_KEY.encode()) + field(2, text.encode())
        path = tmp_path / "respec.onnx"
        path.write_bytes(content[:start] + field(14, entry))
        return path

    return copy


@pytest.mark.parametrize("what", SPLICES)
def test_a_spec_spliced_onto_an_onnx_file_is_refused(respec_onnx: Callable[[str], Path], what: str) -> None:
    pytest.importorskip("onnxruntime")
    spliced, words = SPLICES[what]
    assert Classifier.load(respec_onnx(ModelSpec().to_json())).spec == ModelSpec()
    with pytest.raises(SpecError, match=words):
        Classifier.load(respec_onnx(spliced.to_json()))


def test_a_malformed_spec_in_an_onnx_file_is_refused(respec_onnx: Callable[[str], Path]) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(SpecError, match="schema 5, .* up to 4"):
        Classifier.load(respec_onnx('{"schema_version": 5}'))


def test_metadata_that_makes_no_sense_is_said(tmp_path: Path, fixtures: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("onnxruntime")
    network = read_artifact(fixtures / "tiny_int8.onnx").network
    entry = field(1, b"names") + field(2, b"{0: 'a'")
    (tmp_path / "other.onnx").write_bytes(network + field(14, entry))
    options = ModelOptions(labels=tuple("abcdefghij"))

    assert LoadedModel.load(tmp_path / "other.onnx", options=options).spec.labels == options.labels
    assert [record.message for record in caplog.records if "names" in record.message]


@pytest.mark.parametrize(("imgsz", "is_said"), [(b"[32, 48]", True), (b"[28, 28]", False)])
def test_a_size_that_the_network_does_not_take_is_said(
    tmp_path: Path, fixtures: Path, caplog: pytest.LogCaptureFixture, imgsz: bytes, is_said: bool
) -> None:
    pytest.importorskip("onnxruntime")
    network = read_artifact(fixtures / "tiny_int8.onnx").network
    (tmp_path / "other.onnx").write_bytes(network + field(14, field(1, b"imgsz") + field(2, imgsz)))

    loaded = LoadedModel.load(tmp_path / "other.onnx", options=ModelOptions(labels=tuple("abcdefghij")))

    assert (loaded.spec.input.height, loaded.spec.input.width) == (28, 28)
    said = [record for record in caplog.records if "48x32" in record.message and "28x28" in record.message]
    assert [record.levelname for record in said] == ["WARNING"] * is_said


def test_a_network_that_puts_out_more_than_it_says_is_refused(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.1, 0.6, 0.3])
    model = LoadedModel(ARTIFACT, runtime, SPEC)
    runtime.scores = np.zeros((25, 3), np.float32)
    with pytest.raises(ModelFileError, match="75 numbers"):
        model.scores(np.zeros((2, 2), np.uint8))
