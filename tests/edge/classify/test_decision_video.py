"""A whole video: nothing flickers within a garment, and each new one is named within half a second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.classify.results import Prediction
from edge.sources.demo import DemoVideoSource

FPS, PER_GARMENT = 30, 60
LATEST = 15  # frames: half a second


def changes_of(answers: list[str]) -> list[int]:
    """Numbers of the frames whose answer isn't that of the frame before."""
    return [number for number in range(1, len(answers)) if answers[number] != answers[number - 1]]


def noisy(label: int, rng: np.random.Generator) -> Prediction:
    """A frame in which the right class is the likeliest of all only four times in five."""
    values = rng.dirichlet(np.where(np.arange(10) == label, 3.0, 0.35)).astype(np.float32)
    top1 = float(values.max())
    pixels, outline = np.zeros((1, 1), np.uint8), np.zeros((0, 2), np.int32)
    name = FASHION_MNIST_LABELS[int(values.argmax())]
    return Prediction(name, top1, (), {"total": 1}, pixels, values, top1, 1.0, outline, "")


def scripted(order: np.ndarray, rng: np.random.Generator) -> Iterator[Prediction]:
    """Each garment of the order for two seconds."""
    return (noisy(int(label), rng) for label in order for _ in range(PER_GARMENT))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [0.0, 0.4])
def test_a_noisy_classifier_gives_a_steady_answer(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(10)
    one = Decider(ModelSpec(decision=DecisionSpec(threshold=threshold)))
    start = datetime(2026, 1, 2, tzinfo=timezone.utc)
    predictions = list(scripted(order, rng))
    answers = [one.decide(p, start + timedelta(seconds=n / FPS)).label for n, p in enumerate(predictions)]

    assert len(changes_of([prediction.label for prediction in predictions])) > 100  # what the frames alone would say
    for number, label in enumerate(order):
        own = answers[number * PER_GARMENT : (number + 1) * PER_GARMENT]
        assert set(own[LATEST:]) == {FASHION_MNIST_LABELS[label]}
        assert len(changes_of(own)) == 1


def test_the_demo_video_is_named_steadily(fixtures: Path) -> None:
    """With the tiny model, which was trained on drawn garments; edge/models is measured on real ones."""
    classifier = Classifier.load(fixtures / "tiny_int8.tflite")
    one = Decider(classifier.spec)
    frames = list(islice(DemoVideoSource(seed=0).frames(), 4 * PER_GARMENT))
    answers = [one.decide(classifier.classify(frame.image), frame.time, frame.clock_s).label for frame in frames]
    for first in range(0, len(frames), PER_GARMENT):
        own = answers[first : first + PER_GARMENT]
        assert set(own[LATEST:]) == {frames[first].true_label}
        assert len(changes_of(own)) == 1
