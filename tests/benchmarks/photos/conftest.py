"""Seven results that a test can count by hand, and a classifier that says what it was told to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.host.environment import describe_environment
from benchmarks.measure.photographs import Photograph
from benchmarks.photos.measure import PhotoReport, PhotoResult, PhotosConfig, Skipped
from benchmarks.photos.record import ModelIdentity, Report
from benchmarks.photos.report import build_report
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import ModelSpec
from edge.classify.results import Prediction
from edge.datasets.folder_labels import LabelledFolder

LABELS = ("a", "b")
STAGES = {"vision": 900_000, "invoke": 60_000, "decide": 40_000, "total": 1_000_000}
As, Bs, HATS = LabelledFolder("as", ("a",)), LabelledFolder("bs", ("b",)), LabelledFolder("hats", ())


def predict(answer: str, top1: str, probability: float, labels: Sequence[str] = LABELS) -> Prediction:
    """Make a prediction with this answer, likeliest label and probability; the other labels share the rest."""
    pixels = np.full((28, 28), 99, np.uint8)
    outline = np.zeros((0, 2), np.int32)
    if answer == "nothing":
        nothing = np.zeros(len(labels), np.float32)
        return Prediction(answer, 0.0, (), dict(STAGES), pixels, nothing, 0.0, 0.0, outline, "nothing there")
    rest = (1 - probability) / (len(labels) - 1)
    top_k = ((top1, probability), *((label, rest) for label in labels if label != top1))
    values = np.array([dict(top_k)[label] for label in labels], np.float32)
    return Prediction(
        answer, probability, top_k, dict(STAGES), pixels, values, probability, 1.0, outline, "so it seems"
    )


class ScriptedClassifier:
    """Answers a frame by its grey level: level -> (answer, likeliest label, its probability)."""

    def __init__(self, script: dict[int, tuple[str, str, float]], labels: Sequence[str] = LABELS) -> None:
        self.spec = ModelSpec(tuple(labels))
        self.script = script
        self.seen: list[tuple[int, int]] = []

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        assert top_k == len(self.spec.labels)
        self.seen.append(frame.shape[:2])
        return predict(*self.script[int(frame[0, 0, 0])], self.spec.labels)


@pytest.fixture
def scripted() -> type[ScriptedClassifier]:
    return ScriptedClassifier


@pytest.fixture
def photograph(tmp_path: Path) -> Callable[..., Photograph]:
    """A grey PNG of one level in the folder of its kind."""

    def make(kind: LabelledFolder, name: str, level: int, *, height: int = 6, width: int = 8) -> Photograph:
        path = tmp_path / kind.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png", np.full((height, width, 3), level, np.uint8))[1].tobytes())
        return Photograph(path, f"{kind.folder}/{name}", kind)

    return make


@pytest.fixture
def measured(photograph: Callable[..., Photograph]) -> PhotoReport:
    """Three of a, one of b, three hats; four answers right; two rejected wrongly or rightly by score below 0.5."""
    rows = (
        (As, "1.png", "a", "a", 0.9),
        (As, "2.png", "unknown", "a", 0.4),  # the network knew it, the decision threw it away
        (As, "3.png", "b", "b", 0.6),
        (Bs, "1.png", "b", "b", 0.8),
        (HATS, "1.png", "a", "a", 0.7),
        (HATS, "2.png", "unknown", "b", 0.3),
        (HATS, "3.png", "nothing", "nothing", 0.0),
    )
    results = tuple(
        PhotoResult(photograph(kind, name, 10 * number), predict(*said), 6, 8)
        for number, (kind, name, *said) in enumerate(rows)
    )
    return PhotoReport(LABELS, results, (Skipped("as/<b>.jpg", "the file is empty"),))


@pytest.fixture
def build(tmp_path: Path) -> Callable[[PhotoReport], Report]:
    """The JSON report of some results, as made on a host at rest."""
    described = describe_environment(["python", "-m", "benchmarks", "photos"], seed=None, threads=1)
    environment = replace(described, kind="host", cpu_count=2, load_average_1min=0.1)
    config = PhotosConfig(Path("wardrobe"), truths={"as": ("a",)}, mistakes=2, hits=1, out=tmp_path)
    model = ModelIdentity(
        path=Path("/models/m.tflite"), name="m.tflite", sha256="ab" * 32, size_bytes=1000, labels=LABELS,
        decision=DecisionSpec(), vision="image-v1", quantization="int8", run_name="m", runtime="litert",
        runtime_version="1",
    )  # fmt: skip
    return lambda found: build_report(found, config, model, environment)


@pytest.fixture
def report(build: Callable[[PhotoReport], Report], measured: PhotoReport) -> Report:
    """The report of the seven results."""
    return build(measured)
