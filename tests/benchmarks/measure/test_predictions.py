from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.predictions import answer, calibration_manifest
from edge.artifact.decision_spec import DecisionSpec
from edge.classify.loaded_model import LoadedModel
from edge.demo import draw_dataset

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_answers_are_those_of_the_loaded_model() -> None:
    model = LoadedModel.load(FIXTURES / "tiny_none.tflite").with_decision(DecisionSpec(temperature=2.0))
    images = draw_dataset(20)[0]

    found = answer(model, images)

    expected = np.stack([model.probabilities(image) for image in images])
    assert found.predictions == expected.argmax(axis=1).tolist()
    assert np.asarray(found.confidence_bp) / 10_000 == pytest.approx(expected.max(axis=1), abs=5.1e-5)
    assert np.all(np.asarray(found.untempered_confidence_bp) >= found.confidence_bp)  # temperature 2 makes it less sure


def test_the_manifest_travels_without_its_indices() -> None:
    manifest = calibration_manifest(LoadedModel.load(FIXTURES / "tiny_int8.tflite"))

    assert "indices" not in manifest
    assert {"seed", "count", "dataset", "sha256"} <= manifest.keys()
    assert calibration_manifest(LoadedModel.load(FIXTURES / "tiny_none.tflite")) == {}
