"""Classifying photographs, each once, as indices of answers and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measure.job import NOTHING, UNKNOWN, JobPhotograph
from benchmarks.measure.photograph_answers import classify_photographs
from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.classify.results import Prediction
from edge.errors import FrameError

STAGES = {"vision": 900_000, "invoke": 60_000, "decide": 40_000, "total": 1_000_000}
Script = dict[int, tuple[str, Sequence[float]]]


class ScriptedClassifier:
    """Answers a frame by its grey level: level -> answer and probabilities of a, b and c; none of nothing."""

    def __init__(self, script: Script) -> None:
        self.spec = ModelSpec(("a", "b", "c"))
        self.script = script
        self.seen: list[tuple[int, ...]] = []

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        self.seen.append(frame.shape)
        answer, values = self.script[int(frame[0, 0, 0])]
        probabilities = np.array(values or [0, 0, 0], np.float32)
        ranked = np.argsort(-probabilities)[:top_k] if values else []
        return Prediction(
            label=answer,
            probability=float(probabilities.max()),
            top_k=tuple((self.spec.labels[index], float(probabilities[index])) for index in ranked),
            latency_ns=dict(STAGES),
            pixels=np.zeros((28, 28), np.uint8),
            probabilities=probabilities,
            score=float(probabilities.max()) if values else -np.inf,
            presence_score=1.0,
            outline=np.zeros((0, 2), np.int32),
            reason="",
        )


def photograph(folder: Path, level: int, right: tuple[int, ...], label: int, *, height: int = 6) -> JobPhotograph:
    """A grey PNG of one level."""
    path = folder / f"{level}.png"
    cv2.imwrite(str(path), np.full((height, 8, 3), level, np.uint8))
    return JobPhotograph(str(path), right, label)


def test_each_photograph_is_classified_once_and_counts_as_its_class(tmp_path: Path) -> None:
    # classes: a, b, c, nothing, and 4: a or b
    script: Script = {
        10: ("a", [0.7, 0.2, 0.1]),
        20: ("unknown", [0.2, 0.4, 0.4]),
        30: ("c", [0.1, 0.2, 0.7]),
        40: ("nothing", []),
        50: ("b", [0.1, 0.8, 0.1]),
    }
    classifier = ScriptedClassifier(script)
    listed = [
        photograph(tmp_path, 10, (0,), 0),
        photograph(tmp_path, 20, (0, 1), 4, height=7),
        photograph(tmp_path, 30, (0, 1), 4),
        photograph(tmp_path, 40, (2,), 2),
        photograph(tmp_path, 50, (), -1),
    ]

    answers, found = classify_photographs(classifier, listed)

    assert classifier.seen == [(6, 8, 3), (7, 8, 3), (6, 8, 3), (6, 8, 3), (6, 8, 3)]
    assert answers.predictions == [0, 4, 2, 3]  # without the one that no label is right for
    assert answers.confidence_bp == [7000, 4000, 7000, 0]
    assert found.labels == [0, UNKNOWN, 2, NOTHING, 1]
    assert found.top1 == [0, 1, 2, NOTHING, 1]
    assert found.probability_bp == [7000, 4000, 7000, 0, 8000]
    assert found.scores == pytest.approx([0.7, 0.4, 0.7, -1e6, 0.8])
    assert (found.heights, found.widths) == ([6, 7, 6, 6, 6], [8] * 5)
    assert (found.vision_ns, found.total_ns) == ([900_000] * 5, [1_000_000] * 5)


def test_confidence_without_the_temperature_is_that_of_the_logits(tmp_path: Path) -> None:
    logits = np.array([2.0, 0.5, -1.0], np.float32)
    tempered, plain = (to_probabilities(logits, output="logits", temperature=value) for value in (2.0, 1.0))
    classifier = ScriptedClassifier({10: ("a", tempered.tolist())})
    classifier.spec = replace(classifier.spec, decision=replace(classifier.spec.decision, temperature=2.0))

    answers, _ = classify_photographs(classifier, [photograph(tmp_path, 10, (0,), 0)])

    assert answers.untempered_confidence_bp == [round(1e4 * float(plain.max()))]


def test_a_photograph_that_has_changed_is_an_error(tmp_path: Path) -> None:
    listed = photograph(tmp_path, 10, (0,), 0)
    Path(listed.path).write_bytes(b"")
    with pytest.raises(FrameError):
        classify_photographs(ScriptedClassifier({}), [listed])
