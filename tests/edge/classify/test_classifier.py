"""Spec, vision, runtime and the rule for one frame joined: exact numbers with a made-up runtime."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge import vision
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.classify.classifier import Classifier, Prepare
from edge.classify.loaded_model import LoadedModel
from edge.errors import FrameError, SpecError

Fake = Callable[..., Any]
ARTIFACT = Artifact(Path("m.tflite"), "tflite", "ab" * 32, 1, None)


def spec(labels: str = "abc", *, output: str = "probabilities", **decision: Any) -> ModelSpec:
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
def test_softmax_and_temperature_make_probabilities(
    scores: list[float], output: str, temperature: float, expected: list[float], fake_runtime: Fake
) -> None:
    classifier = Classifier(LoadedModel(ARTIFACT, fake_runtime(scores), spec(output=output, temperature=temperature)))
    probabilities = classifier.model.probabilities(np.zeros((2, 2), np.uint8))
    assert probabilities.dtype == np.float32
    assert probabilities.tolist() == pytest.approx(expected, abs=1e-5)
    assert classifier.model.scores(np.zeros((2, 2), np.uint8)).tolist() == pytest.approx(scores)


def test_a_quantized_output_is_dequantized(fake_runtime: Fake) -> None:
    grid = TensorSpec("y", "uint8", (1, 3), scale=1 / 256)
    classifier = Classifier(LoadedModel(ARTIFACT, fake_runtime([64, 128, 64], grid=grid), spec()))
    prediction = classifier.classify(FRAME)
    assert prediction.top_k == (("b", 0.5), ("a", 0.25), ("c", 0.25))


def test_a_prediction_names_the_likeliest_first_and_shows_what_was_fed(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.125, 0.625, 0.25])
    prediction = Classifier(LoadedModel(ARTIFACT, runtime, spec())).classify(FRAME)
    assert (prediction.label, prediction.probability) == ("b", 0.625)
    assert prediction.top_k == (("b", 0.625), ("c", 0.25), ("a", 0.125))
    assert prediction.pixels.tolist() == [[80, 160], [160, 80]]
    assert runtime.fed is not None
    assert runtime.fed.shape == (1, 2, 2, 1)
    assert np.array_equal(runtime.fed[0, :, :, 0], prediction.pixels)


def test_the_input_size_is_the_spec_s_height_before_width(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.1, 0.6, 0.3], shape=(1, 2, 6, 1))
    classifier = Classifier(
        LoadedModel(ARTIFACT, runtime, dataclasses.replace(spec(), input=InputSpec(height=2, width=6)))
    )
    assert classifier.classify(FRAME).pixels.tolist() == [[0, 0, 80, 160, 0, 0], [0, 0, 160, 80, 0, 0]]


@pytest.mark.parametrize(("top_k", "labels"), [(1, "b"), (2, "bc"), (3, "bca"), (50, "bca")])
def test_top_k_counts_the_names(top_k: int, labels: str, fake_runtime: Fake) -> None:
    prediction = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), spec())).classify(FRAME, top_k=top_k)
    assert "".join(label for label, _ in prediction.top_k) == labels


@pytest.mark.parametrize(("threshold", "label"), [(0.0, "b"), (0.625, "b"), (0.626, "unknown"), (1.0, "unknown")])
def test_below_the_threshold_a_frame_is_unknown(threshold: float, label: str, fake_runtime: Fake) -> None:
    classifier = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.125, 0.625, 0.25]), spec(threshold=threshold)))
    prediction = classifier.classify(FRAME)
    assert (prediction.label, prediction.probability, prediction.top_k[0]) == (label, 0.625, ("b", 0.625))


@pytest.mark.parametrize(
    ("rule", "label", "score", "reason"),
    [
        ({"threshold": 0.5}, "b", 0.625, "top1 0.62 reaches threshold 0.50"),
        ({"threshold": 0.7}, "unknown", 0.625, "top1 0.62 below threshold 0.70"),
        ({"score": "margin", "threshold": 0.25}, "b", 0.375, "top1's lead over top2 0.38 reaches threshold 0.25"),
        ({"score": "margin", "threshold": 0.5}, "unknown", 0.375, "top1's lead over top2 0.38 below threshold 0.50"),
    ],
    ids=["known", "unknown", "clear lead", "small lead"],
)
def test_the_spec_s_score_decides_and_the_reason_names_it(
    rule: dict[str, Any], label: str, score: float, reason: str, fake_runtime: Fake
) -> None:
    prediction = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.125, 0.625, 0.25]), spec(**rule))).classify(FRAME)
    assert (prediction.label, prediction.score, prediction.reason) == (label, score, reason)
    assert prediction.probabilities.tolist() == [0.125, 0.625, 0.25]
    assert prediction.probabilities.dtype == np.float32


def test_the_energy_of_logits_does_not_know_the_temperature(fake_runtime: Fake) -> None:
    logits = [0.0, math.log(2), math.log(5)]  # their exponentials add up to 8
    rule = {"score": "energy", "threshold": 2.0, "temperature": 3.0}
    prediction = Classifier(LoadedModel(ARTIFACT, fake_runtime(logits), spec(output="logits", **rule))).classify(FRAME)
    assert prediction.score == pytest.approx(math.log(8))
    assert prediction.label == "c"
    assert "energy 2.08 reaches threshold 2.00" in prediction.reason


def locating(presence: float) -> Prepare:
    """Return a vision step that finds the same in every frame."""
    sighting = vision.PreparedInput(
        np.full((2, 2), 9, np.uint8), np.array([[1, 2], [3, 4], [5, 6]], np.int32), presence
    )
    return lambda frame, spec: sighting


@pytest.mark.parametrize(("score", "lowest"), [("probability", 0.0), ("energy", -math.inf)])
def test_where_there_is_nothing_the_network_is_not_run(score: str, lowest: float, fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.125, 0.625, 0.25])
    model = LoadedModel(ARTIFACT, runtime, spec(output="logits", score=score))
    prediction = Classifier(model, prepare=locating(0.05)).classify(FRAME)
    assert runtime.fed is None
    assert (prediction.label, prediction.probability, prediction.top_k) == ("nothing", 0.0, ())
    assert "presence 0.05 below 0.10" in prediction.reason
    assert prediction.probabilities.tolist() == [0.0, 0.0, 0.0]
    assert (prediction.score, prediction.presence_score) == (lowest, 0.05)
    assert set(prediction.latency_ns) == {"vision", "invoke", "decide", "total"}


@pytest.mark.parametrize(("threshold", "label"), [(0.0, "b"), (0.05, "b"), (0.13, "nothing"), (1.0, "nothing")])
def test_the_presence_threshold_is_the_spec_s(threshold: float, label: str, fake_runtime: Fake) -> None:
    model = LoadedModel(ARTIFACT, fake_runtime([0.125, 0.625, 0.25]), spec(presence_threshold=threshold))
    prediction = Classifier(model, prepare=locating(0.05)).classify(FRAME)
    assert (prediction.label, prediction.presence_score) == (label, 0.05)
    assert prediction.outline.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert (prediction.pixels == 9).all()


def test_a_frame_without_anything_in_it_is_nothing(fake_runtime: Fake) -> None:
    prediction = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), spec())).classify(
        np.full((60, 80, 3), 99, np.uint8)
    )
    assert prediction.label == "nothing"
    assert prediction.outline.shape == (0, 2)


def test_another_rule_leaves_the_model_as_it_is(fake_runtime: Fake) -> None:
    classifier = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.125, 0.625, 0.25]), spec()))
    strict = classifier.with_decision(DecisionSpec(threshold=0.9))
    assert (classifier.classify(FRAME).label, strict.classify(FRAME).label) == ("b", "unknown")
    assert strict.runtime is classifier.runtime
    with pytest.raises(SpecError, match="'energy' needs .*'logits'"):
        classifier.with_decision(DecisionSpec(score="energy"))


def test_every_stage_has_its_nanoseconds(monkeypatch: pytest.MonkeyPatch, fake_runtime: Fake) -> None:
    ticks = iter([1000, 1500, 3500, 3600])
    monkeypatch.setattr("time.perf_counter_ns", lambda: next(ticks))
    latency_ns = Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), spec())).classify(FRAME).latency_ns
    assert latency_ns == {"vision": 500, "invoke": 2000, "decide": 100, "total": 2600}


def test_what_is_no_image_is_a_frame_error(fake_runtime: Fake) -> None:
    with pytest.raises(FrameError):
        Classifier(LoadedModel(ARTIFACT, fake_runtime([0.1, 0.6, 0.3]), spec())).classify(np.zeros((2, 2), bool))  # type: ignore[arg-type]
