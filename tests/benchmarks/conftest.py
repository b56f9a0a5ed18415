"""Rows of a report, made from numbers that a test can see, through the same code as real ones."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.row import Row
from benchmarks.analysis.rows import compare_with_float, measured_row
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.inputs import EvaluationSet, PhotographSet, Skipped
from benchmarks.measure.job import (
    FAILED,
    NOTHING,
    OK,
    UNKNOWN,
    CalibrationManifest,
    Measurement,
    Outcome,
    PhotographAnswers,
)
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from edge.artifact.file import Artifact
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.datasets.folder_labels import LabelledFolder

LABELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
CALM = MachineState()


@pytest.fixture
def measurement() -> Callable[..., Measurement]:
    """Ten images, of which the first `wrong` are wrong; 500 invokes (None: none); 50 frames of a millisecond."""

    def make(*, wrong: int = 0, invoke_ns: int | None = 40_000, **values: Any) -> Measurement:
        return Measurement(
            **{
                "runtime_version": "1.2",
                "quantization": "int8",
                "source_sha256": "ab" * 32,
                "load_ns": 20_000_000,
                "first_invoke_ns": 90_000,
                "invoke_ns": [invoke_ns] * 500 if invoke_ns else [],
                "model_ns": [(invoke_ns or 0) + 5_000] * 500,
                "frame_to_decision_ns": [1_000_000] * 50,
                "end_to_end_ns": [1_500_000] * 50,
                "stage_median_ns": {
                    "decode": 400_000,
                    "vision": 900_000,
                    "invoke": 60_000,
                    "decide": 40_000,
                    "write": 100_000,
                },
                "predictions": [9 - label for label in LABELS[:wrong]] + LABELS[wrong:],
                "confidence_bp": [9_000] * 10,
                "untempered_confidence_bp": [9_500] * 10,
                "calibration": CalibrationManifest(dataset="demo", count=300, seed=0, sha256="ee" * 32),
                "memory_before_load_bytes": 70_000_000,
                "memory_peak_bytes": 90_000_000,
                **values,
            }
        )

    return make


@pytest.fixture
def row(measurement: Callable[..., Measurement]) -> Callable[..., Row]:
    """A measured row, or a failed one if there is a reason; of so many equal repeats."""

    def make(
        name: str,
        *,
        runtime: str = "litert",
        reason: str = "",
        size_bytes: int = 250_000,
        repeats: int = 2,
        labels: Sequence[int] = LABELS,
        **values: Any,
    ) -> Row:
        file_format = "onnx" if name.endswith(".onnx") else "tflite"
        artifact = Artifact(Path(f"/models/{name}"), file_format, "cd" * 32, size_bytes, None)
        outcome = Outcome(FAILED, reason) if reason else Outcome(OK, measurement=measurement(**values))
        trials = [Trial(outcome, CALM, CALM)] * repeats
        return measured_row(Variant(name, artifact.path, artifact, runtime), trials, labels)

    return make


@pytest.fixture
def compared() -> Callable[..., list[Row]]:
    """Rows compared with their float rows, on ten images, with a margin of half a point."""

    def make(rows: Sequence[Row], margin_pp: float = 0.5) -> list[Row]:
        return compare_with_float(rows, LABELS, FASHION_MNIST_LABELS, margin_pp=margin_pp)

    return make


PHOTOGRAPHS = (
    ("as/1.png", 0, 0, 0, 0.9),
    ("as/2.png", 0, UNKNOWN, 0, 0.4),  # the network knew it, the decision threw it away
    ("as/3.png", 0, 1, 1, 0.6),
    ("bs/1.png", 1, 1, 1, 0.8),
    ("hats/1.png", 2, 0, 0, 0.7),
    ("hats/2.png", 2, UNKNOWN, 1, 0.3),
    ("hats/3.png", 2, NOTHING, NOTHING, 0.0),
)
"""Name, folder, answer, likeliest label and score; two rejected wrongly or rightly by a score below 0.5."""


@pytest.fixture
def photographs() -> EvaluationSet:
    """Three photographs of a, one of b and three hats, which the labels a and b don't know; a file that is damaged."""
    folders = (LabelledFolder("as", ("a",)), LabelledFolder("bs", ("b",)), LabelledFolder("hats", ()))
    names, places = [each[0] for each in PHOTOGRAPHS], [each[1] for each in PHOTOGRAPHS]
    listed = PhotographSet(folders, names, places, (Skipped("as/<b>.jpg", "the file is empty"),))
    return EvaluationSet("folder wardrobe", 7, "ef" * 32, [0, 0, 0, 1], ("a", "b", "nothing"), listed)


@pytest.fixture
def judged_row(row: Callable[..., Row]) -> Callable[..., Row]:
    """A row with its answers to the photographs, four of which are right."""

    def make(name: str, **values: Any) -> Row:
        answers = PhotographAnswers(
            labels=[each[2] for each in PHOTOGRAPHS],
            top1=[each[3] for each in PHOTOGRAPHS],
            probability_bp=[round(1e4 * each[4]) for each in PHOTOGRAPHS],
            scores=[each[4] for each in PHOTOGRAPHS],
            heights=[6] * 7,
            widths=[8] * 7,
            vision_ns=[900_000] * 7,
            invoke_ns=[60_000] * 7,
            decide_ns=[40_000] * 7,
            total_ns=[1_000_000] * 7,
        )
        known = {"confidence_bp": [9_000] * 4, "untempered_confidence_bp": [9_500] * 4, "predictions": [0, 0, 1, 1]}
        return row(name, photographs=answers, labels=[0, 0, 0, 1], **{**known, **values})

    return make
