"""Real files: runtimes agree with each other, labels come from the file or from outside, damage is one error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.file import METADATA_KEY, Artifact, VerifiedArtifact, default_model
from edge.artifact.input_spec import ModelOptions
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import Trust, TrustPolicy
from edge.classify.classifier import Classifier
from edge.demo import draw_dataset, draw_frame
from edge.errors import ModelFileError, SpecError

Fake = Callable[..., Any]
Respec = Callable[[Path, "ModelSpec | str | None"], Path]
ARTIFACT = Artifact(Path("m.tflite"), "tflite", "ab" * 32, 1, None)
TEN = tuple(f"class {number}" for number in range(10))
NAMED = ModelOptions(labels=TEN, recipe="garment-v2")


@pytest.fixture(scope="module")
def garments() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A hundred drawn garments that no fixture was trained on, and their labels."""
    return draw_dataset(100, seed=7)


def all_probabilities(path: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (images, 10)."""
    classifier = Classifier.load(path)
    return np.array([classifier.model.probabilities(image) for image in images])


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
    assert np.abs(tflite - onnx).max() < 0.1  # measured: 0.080, for the weights of the ONNX file are kept small
    assert (tflite.argmax(axis=1) == real.argmax(axis=1)).mean() >= 0.95  # measured: 0.995


def test_threads_do_not_change_the_answer(
    fixtures: Path, garments: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    one, two = (Classifier.load(fixtures / "tiny_int8.tflite", threads=threads) for threads in (1, 2))
    for image in garments[0][:10]:
        assert np.array_equal(one.model.scores(image), two.model.scores(image))


def test_runtime_and_threads_reach_the_runtime(
    fixtures: Path, monkeypatch: pytest.MonkeyPatch, fake_runtime: Fake
) -> None:
    seen: list[tuple[str, int]] = []

    def open_fake(verified: VerifiedArtifact, *, threads: int) -> fake_runtime:
        seen.append((verified.runtime, threads))
        return fake_runtime([0.0] * 10, shape=(1, 28, 28, 1))

    monkeypatch.setattr("edge.classify.loaded_model.open_runtime", open_fake)
    artifact = ARTIFACT._replace(spec=ModelSpec(), trusted_because=Trust.DIGEST)
    monkeypatch.setattr("edge.classify.loaded_model.read_artifact", lambda path, **_: artifact)
    Classifier.load(Path("m.tflite"), runtime="tflite-runtime", threads=3)
    assert seen == [("tflite-runtime", 3)]


def test_a_loaded_classifier_knows_its_file(fixtures: Path) -> None:
    classifier = Classifier.load(fixtures / "tiny_int8.tflite", runtime="litert")
    assert classifier.runtime.name == "litert"
    assert classifier.artifact.path == fixtures / "tiny_int8.tflite"
    assert classifier.spec.provenance.run_name == "tiny"
    assert classifier.classify(draw_frame(0).image).pixels.shape == (28, 28)


def test_labels_are_only_for_files_that_carry_none(fixtures: Path) -> None:
    assert Classifier.load(fixtures / "tiny_int8.tflite", options=NAMED).spec.labels[0] == "T-shirt/top"


def test_a_file_without_a_spec_works_with_labels(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    named = Classifier.load(path, options=NAMED)
    own = Classifier.load(fixtures / "tiny_int8.tflite")
    frame = draw_frame(0).image
    answer, expected = named.classify(frame), own.classify(frame)
    assert answer.label == f"class {own.spec.labels.index(expected.label)}"
    assert answer.probability == pytest.approx(expected.probability, abs=0.05)  # it lacks the temperature
    assert (named.spec.output, own.spec.output) == ("logits", "logits")


def test_a_file_that_ends_in_a_softmax_works_with_labels(fixtures: Path) -> None:
    named = Classifier.load(fixtures / "softmax_int8.tflite", options=NAMED)
    own = Classifier.load(fixtures / "tiny_int8.tflite")
    assert named.spec.output == "probabilities"
    for number in range(10):
        frame = draw_frame(number).image
        assert np.abs(named.classify(frame).probabilities - own.classify(frame).probabilities).max() < 0.1


def test_a_file_without_a_spec_and_without_labels_says_what_to_do(fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    with pytest.raises(ModelFileError, match=r" --labels FILE.*describe") as caught:
        Classifier.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("count", [2, 9, 11])
def test_labels_must_be_as_many_as_the_outputs(fixtures: Path, respec: Respec, count: int) -> None:
    path = respec(fixtures / "tiny_int8.tflite", None)
    with pytest.raises(SpecError, match=rf"10 outputs, .* {count} labels"):
        Classifier.load(path, options=ModelOptions(labels=tuple(f"class {number}" for number in range(count))))


def test_a_file_cut_short_does_not_crash_this_process_even_with_labels(fixtures: Path, tmp_path: Path) -> None:
    content = (fixtures / "tiny_int8.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    for length in (9, 1500, 4000):  # the flatbuffer has 6,264 bytes
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"cut\.tflite .*: byte [0-9,]+ of [0-9,]+"):
            Classifier.load(path, options=NAMED)


def test_a_file_that_nobody_vouches_for_is_tried_in_a_child_first(
    fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def crash(artifact: Artifact, runtime: str) -> None:
        tried.append(artifact.path.name)
        raise ModelFileError(f"{runtime} crashes on {artifact.path.name}")

    monkeypatch.setattr("edge.verify.sandbox_run.try_in_child", crash)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = fixtures / "tiny_int8.tflite"
    with pytest.raises(ModelFileError, match="litert crashes on tiny_int8"):
        Classifier.load(path)
    assert tried == ["tiny_int8.tflite"]
    policy = TrustPolicy(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    assert Classifier.load(path, policy=policy).artifact.trusted_because is Trust.DIGEST
    assert Classifier.load(default_model()).artifact.trusted_because is Trust.BUILT_IN
    assert tried == ["tiny_int8.tflite"]


def test_what_is_required_is_looked_at_before_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(b"no model at all")
    with pytest.raises(ModelFileError, match="m.tflite .*--require-sha256 .* 000"):
        Classifier.load(path, policy=TrustPolicy(sha256="0" * 64))


def test_an_onnx_file_without_a_spec_needs_labels(fixtures: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    path = tmp_path / "bare.onnx"
    path.write_bytes(
        (fixtures / "tiny_int8.onnx").read_bytes().replace(METADATA_KEY.encode(), b"x" * len(METADATA_KEY))
    )
    with pytest.raises(ModelFileError, match="carries no specification"):
        Classifier.load(path)
    assert Classifier.load(path, options=NAMED).classify(draw_frame(0).image).label in TEN
