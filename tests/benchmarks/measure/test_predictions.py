from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.predictions import answer, calibration_manifest
from edge.artifact.decision_spec import DecisionSpec
from edge.classify.classifier import Classifier
from edge.demo import draw_dataset

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_answers_are_the_classifiers_own() -> None:
    classifier = Classifier.load(FIXTURES / "tiny_none.tflite").with_decision(DecisionSpec(temperature=2.0))
    images = draw_dataset(20)[0]

    found = answer(classifier, images)

    expected = np.stack([classifier.probabilities(image) for image in images])
    assert found.predictions == expected.argmax(axis=1).tolist()
    assert np.asarray(found.confidence_bp) / 10_000 == pytest.approx(expected.max(axis=1), abs=5.1e-5)
    assert np.all(np.asarray(found.untempered_confidence_bp) >= found.confidence_bp)  # temperature 2 makes it less sure


def test_the_manifest_travels_without_its_indices() -> None:
    manifest = calibration_manifest(Classifier.load(FIXTURES / "tiny_int8.tflite"))

    assert "indices" not in manifest
    assert {"seed", "count", "dataset", "sha256"} <= manifest.keys()
    assert calibration_manifest(Classifier.load(FIXTURES / "tiny_none.tflite")) == {}
