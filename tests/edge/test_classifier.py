"""Spec, vision, runtime and decision joined: exact numbers with a made-up runtime, parity with the tiny models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact import METADATA_KEY, Artifact
from edge.classifier import Classifier
from edge.demo import draw_dataset, draw_frame
from edge.errors import FrameError, ModelFileError, SpecError
from edge.spec import DecisionSpec, InputSpec, ModelSpec, TensorSpec

Respec = Callable[[Path, "ModelSpec | str | None"], Path]
ARTIFACT = Artifact(Path("m.tflite"), "tflite", "ab" * 32, 1, None)
TEN = tuple(f"class {number}" for number in range(10))


class FakeRuntime:
    """Answers every image with the same scores; remembers what it was fed."""

    name, version, embedded_spec = "fake", "1", None

    def __init__(
        self, scores: list[float], *, grid: TensorSpec | None = None, shape: tuple[int, ...] = (1, 2, 2, 1)
    ) -> None:
        self.input_tensor = TensorSpec("x", "uint8", shape, scale=1 / 255)
        self.output_tensor = grid or TensorSpec("y", "float32", (1, len(scores)))
        self.scores = np.array([scores], self.output_tensor.dtype)
        self.fed: NDArray[Any] | None = None

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        self.fed = input_tensor
        return self.scores


def spec(labels: str = "abc", *, output: str = "probabilities", **decision: float) -> ModelSpec:
    """A spec of a 2x2 image and one letter a class."""
    return ModelSpec(tuple(labels), output, InputSpec(height=2, width=2), DecisionSpec(**decision))


FRAME = np.pad(np.array([[80, 160], [160, 80]], np.uint8), 2)


@pytest.mark.parametrize(
    ("scores", "output", "temperature", "expected"),
    [
        ([0.1, 0.7, 0.2], "probabilities", 1.0, [0.1, 0.7, 0.2]),
        # exp of 0, ln 2 and ln 5 is 1, 2 and 5, of 8
        ([0.0, np.log(2), np.log(5)], "logits", 1.0, [1 / 8, 2 / 8, 5 / 8]),
        # halved: the square roots of 1, 4 and 9, of 6
        ([0.0, np.log(4), np.log(9)], "logits", 2.0, [1 / 6, 2 / 6, 3 / 6]),
        # the same through the logarithm of probabilities 1/14, 4/14, 9/14
        ([1 / 14, 4 / 14, 9 / 14], "probabilities", 2.0, [1 / 6, 2 / 6, 3 / 6]),
        # a sharpening temperature squares: 1, 4 and 25, of 30
        ([0.0, np.log(2), np.log(5)], "logits", 0.5, [1 / 30, 4 / 30, 25 / 30]),
        ([1000.0, 1000.0, -1000.0], "logits", 1.0, [0.5, 0.5, 0.0]),
        ([0.0, 0.0, 1.0], "probabilities", 2.0, [3.16e-4, 3.16e-4, 0.99937]),
    ],
    ids=["as they are", "softmax", "warm", "warm probabilities", "cold", "no overflow", "zeros have no logarithm"],
)
def test_probabilities(scores: list[float], output: str, temperature: float, expected: list[float]) -> None:
    classifier = Classifier(ARTIFACT, FakeRuntime(scores), spec(output=output, temperature=temperature))
    probabilities = classifier.probabilities(np.zeros((2, 2), np.uint8))
    assert probabilities.dtype == np.float32
    assert probabilities.tolist() == pytest.approx(expected, abs=1e-5)
    assert classifier.scores(np.zeros((2, 2), np.uint8)).tolist() == pytest.approx(scores)


def test_a_quantized_output_is_dequantized() -> None:
    grid = TensorSpec("y", "uint8", (1, 3), scale=1 / 256)
    classifier = Classifier(ARTIFACT, FakeRuntime([64, 128, 64], grid=grid), spec())
    prediction = classifier.classify(FRAME)
    assert prediction.top_k == (("b", 0.5), ("a", 0.25), ("c", 0.25))


def test_a_prediction_names_the_likeliest_first_and_shows_what_was_fed() -> None:
    runtime = FakeRuntime([0.125, 0.625, 0.25])
    prediction = Classifier(ARTIFACT, runtime, spec()).classify(FRAME)
    assert (prediction.label, prediction.probability) == ("b", 0.625)
    assert prediction.top_k == (("b", 0.625), ("c", 0.25), ("a", 0.125))
    assert prediction.pixels.tolist() == [[80, 160], [160, 80]]
    assert runtime.fed is not None
    assert runtime.fed.shape == (1, 2, 2, 1)
    assert np.array_equal(runtime.fed[0, :, :, 0], prediction.pixels)


def test_the_input_size_is_the_spec_s_height_before_width() -> None:
    runtime = FakeRuntime([0.1, 0.6, 0.3], shape=(1, 2, 6, 1))
    classifier = Classifier(ARTIFACT, runtime, dataclasses.replace(spec(), input=InputSpec(height=2, width=6)))
    assert classifier.classify(FRAME).pixels.tolist() == [[0, 0, 80, 160, 0, 0], [0, 0, 160, 80, 0, 0]]


@pytest.mark.parametrize(("top_k", "labels"), [(1, "b"), (2, "bc"), (3, "bca"), (50, "bca")])
def test_top_k_counts_the_names(top_k: int, labels: str) -> None:
    prediction = Classifier(ARTIFACT, FakeRuntime([0.1, 0.6, 0.3]), spec()).classify(FRAME, top_k=top_k)
    assert "".join(label for label, _ in prediction.top_k) == labels


@pytest.mark.parametrize(("threshold", "label"), [(0.0, "b"), (0.625, "b"), (0.626, "unknown"), (1.0, "unknown")])
def test_below_the_threshold_a_frame_is_unknown(threshold: float, label: str) -> None:
    classifier = Classifier(ARTIFACT, FakeRuntime([0.125, 0.625, 0.25]), spec(threshold=threshold))
    prediction = classifier.classify(FRAME)
    assert (prediction.label, prediction.probability, prediction.top_k[0]) == (label, 0.625, ("b", 0.625))


def test_every_stage_has_its_nanoseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([1000, 1500, 3500, 3600])
    monkeypatch.setattr("time.perf_counter_ns", lambda: next(ticks))
    latency_ns = Classifier(ARTIFACT, FakeRuntime([0.1, 0.6, 0.3]), spec()).classify(FRAME).latency_ns
    assert latency_ns == {"vision": 500, "invoke": 2000, "decide": 100, "total": 2600}


def test_what_is_no_image_is_a_frame_error() -> None:
    with pytest.raises(FrameError):
        Classifier(ARTIFACT, FakeRuntime([0.1, 0.6, 0.3]), spec()).classify(np.zeros((2, 2), bool))  # type: ignore[arg-type]


CLAIM = TensorSpec("another name", "uint8", (1, 2, 2, 1), scale=1 / 255)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ("a", "b")}, r"gives a tensor of shape \(1, 3\), but there are 2 labels: expected \(1, 2\)"),
        ({"input": InputSpec(2, 3)}, r"takes a tensor of shape \(1, 2, 2, 1\), its spec says \(1, 2, 3, 1\)"),
        ({"input": InputSpec(3, 2)}, r"takes a tensor of shape \(1, 2, 2, 1\), its spec says \(1, 3, 2, 1\)"),
        ({"input": InputSpec(2, 2, vision="plain-v1")}, "wants the vision recipe 'plain-v1', .* has 'garment-v1'"),
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
def test_a_spec_that_contradicts_the_file_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Classifier(ARTIFACT, FakeRuntime([0.1, 0.6, 0.3]), dataclasses.replace(spec(), **changes))


def test_claims_that_agree_pass_whatever_the_tensors_are_called() -> None:
    claims = {
        "input_tensor": dataclasses.replace(CLAIM, scale=float(np.float32(1 / 255))),
        "output_tensor": TensorSpec("z", "float32", (1, 3)),
    }
    claiming = dataclasses.replace(spec(), **claims)  # type: ignore[arg-type]  # a dict of two kinds
    assert Classifier(ARTIFACT, FakeRuntime([0.1, 0.6, 0.3]), claiming).spec is claiming


# From here on with real files.


@pytest.fixture(scope="module")
def garments() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A hundred drawn garments that no fixture was trained on, and their labels."""
    return draw_dataset(100, seed=7)


def all_probabilities(path: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (images, 10)."""
    classifier = Classifier.load(path)
    return np.array([classifier.probabilities(image) for image in images])


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_none.tflite", "tiny_int8.onnx", "tiny_none.onnx"])
def test_tiny_models_recognise_drawn_garments(
    fixtures: Path, garments: tuple[NDArray[np.uint8], NDArray[np.uint8]], name: str
) -> None:
    if name.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    images, labels = garments
    probabilities = all_probabilities(fixtures / name, images)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(100), abs=0.02)  # an int8 softmax has steps of 1/256
    assert (probabilities.argmax(axis=1) == labels).mean() >= 0.9  # measured: 0.98


def test_float_files_agree_to_the_fifth_digit(
    fixtures: Path, garments: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    pytest.importorskip("onnxruntime")
    tflite, onnx = (all_probabilities(fixtures / f"tiny_none.{suffix}", garments[0]) for suffix in ("tflite", "onnx"))
    assert np.abs(tflite - onnx).max() < 1e-5


def test_int8_files_agree_with_each_other_and_with_the_float_one(
    fixtures: Path, garments: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    pytest.importorskip("onnxruntime")
    names = ("tiny_int8.tflite", "tiny_int8.onnx", "tiny_none.tflite")
    tflite, onnx, real = (all_probabilities(fixtures / name, garments[0]) for name in names)
    assert (tflite.argmax(axis=1) == onnx.argmax(axis=1)).mean() >= 0.98  # measured: 1.0
    assert np.abs(tflite - onnx).max() < 0.05  # measured: 0.0053
    assert (tflite.argmax(axis=1) == real.argmax(axis=1)).mean() >= 0.95  # measured: 0.995


def test_threads_do_not_change_the_answer(
    fixtures: Path, garments: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    one, two = (Classifier.load(fixtures / "tiny_int8.tflite", threads=threads) for threads in (1, 2))
    for image in garments[0][:10]:
        assert np.array_equal(one.scores(image), two.scores(image))


def test_runtime_and_threads_reach_the_runtime(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def open_fake(artifact: Artifact, **options: Any) -> FakeRuntime:
        seen.append(options)
        return FakeRuntime([0.0] * 10, shape=(1, 28, 28, 1))

    monkeypatch.setattr("edge.classifier.open_runtime", open_fake)
    artifact = dataclasses.replace(ARTIFACT, spec=ModelSpec())
    monkeypatch.setattr("edge.classifier.read_artifact", lambda path: artifact)
    Classifier.load(Path("m.tflite"), runtime="tflite-runtime", threads=3)
    assert seen == [{"name": "tflite-runtime", "threads": 3}]


def test_a_loaded_classifier_knows_its_file(fixtures: Path) -> None:
    classifier = Classifier.load(fixtures / "tiny_int8.tflite", runtime="litert")
    assert classifier.runtime.name == "litert"
    assert classifier.artifact.path == fixtures / "tiny_int8.tflite"
    assert classifier.spec.provenance.run_name == "tiny"
    assert classifier.classify(draw_frame(0).image).pixels.shape == (28, 28)


def test_labels_are_only_for_files_that_carry_none(fixtures: Path) -> None:
    assert Classifier.load(fixtures / "tiny_int8.tflite", labels=TEN).spec.labels[0] == "T-shirt/top"


def test_a_file_without_a_spec_works_with_labels(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    named = Classifier.load(path, labels=TEN)
    own = Classifier.load(fixtures / "tiny_int8.tflite")
    frame = draw_frame(0).image
    answer, expected = named.classify(frame), own.classify(frame)
    assert answer.label == f"class {own.spec.labels.index(expected.label)}"
    assert answer.probability == expected.probability


def test_a_file_without_a_spec_and_without_labels_says_what_to_do(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    with pytest.raises(
        ModelFileError, match=r"carries no specification .*`python -m export\.tflite`, or .* --labels FILE"
    ):
        Classifier.load(path)


@pytest.mark.parametrize("count", [2, 9, 11])
def test_labels_must_be_as_many_as_the_outputs(fixtures: Path, respec: Respec, count: int) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    with pytest.raises(SpecError, match=rf"gives a tensor of shape \(1, 10\), but there are {count} labels"):
        Classifier.load(path, labels=tuple(f"class {number}" for number in range(count)))


def test_a_file_cut_short_does_not_crash_this_process_even_with_labels(fixtures: Path, tmp_path: Path) -> None:
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    for length in (9, 1500, 4000):  # the flatbuffer has 6,264 bytes
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"^litert (\S+ can't load|crashes on) .*cut\.tflite"):
            Classifier.load(path, labels=TEN)


def test_only_a_file_without_a_spec_is_tried_in_a_child_first(
    fixtures: Path, respec: Respec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(artifact: Artifact, runtime: str) -> None:
        raise ModelFileError(f"{runtime} crashes on {artifact.path.name}")

    monkeypatch.setattr("edge.classifier.try_in_child", crash)
    path = respec(fixtures / "tiny_int8.tflite", None)
    with pytest.raises(ModelFileError, match=rf"^litert crashes on {path.name}$"):
        Classifier.load(path, labels=TEN)
    assert Classifier.load(fixtures / "tiny_int8.tflite").spec.labels


def test_only_a_grey_image_can_be_assumed(fixtures: Path, respec: Respec, monkeypatch: pytest.MonkeyPatch) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    for shape in ((1, 28, 28, 3), (1, 784), (2, 28, 28, 1)):
        colour = FakeRuntime([0.0] * 10, shape=shape)
        monkeypatch.setattr("edge.classifier.open_runtime", lambda *_, runtime=colour, **__: runtime)
        monkeypatch.setattr("edge.classifier.try_in_child", lambda *_: None)
        with pytest.raises(ModelFileError, match=r"expected \(1, height, width, 1\), one grey image"):
            Classifier.load(path, labels=TEN)


SPLICES = {
    "labels": (ModelSpec(labels=TEN[:9]), r"gives a tensor of shape \(1, 10\), but there are 9 labels"),
    "input size": (ModelSpec(input=InputSpec(32, 32)), r"takes a tensor of shape \(1, 28, 28, 1\), its spec says"),
    "scale": (
        ModelSpec(input_tensor=TensorSpec("image", "uint8", (1, 28, 28, 1), scale=1 / 128)),
        "claims .*0.0078125.* export it again",
    ),
    "recipe": (ModelSpec(input=InputSpec(vision="plain-v1")), "wants the vision recipe 'plain-v1'"),
}


@pytest.mark.parametrize("what", SPLICES)
def test_a_spec_spliced_onto_a_tflite_file_is_refused(fixtures: Path, respec: Respec, what: str) -> None:
    spliced, words = SPLICES[what]
    with pytest.raises(SpecError, match=words):
        Classifier.load(respec(fixtures / "tiny_int8.tflite", spliced))


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
    with pytest.raises(SpecError, match="has schema 2, this edge-classify reads up to 1"):
        Classifier.load(respec_onnx('{"schema_version": 2}'))


def test_an_onnx_file_without_a_spec_needs_labels(fixtures: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "bare.onnx"
    path.write_bytes(
        (fixtures / "tiny_int8.onnx").read_bytes().replace(METADATA_KEY.encode(), b"x" * len(METADATA_KEY))
    )
    with pytest.raises(ModelFileError, match="carries no specification"):
        Classifier.load(path)
    assert Classifier.load(path, labels=TEN).classify(draw_frame(0).image).label in TEN
