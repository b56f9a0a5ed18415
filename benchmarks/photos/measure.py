"""Photographs of a folder through a classifier: each is read, classified once and kept as a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure.photographs import Photograph
from edge.artifact.spec import NOTHING_LABEL, ModelSpec
from edge.classify.results import Prediction
from edge.datasets.folder_labels import REJECTIONS
from edge.errors import FrameError, SourceError


@dataclass(frozen=True, slots=True)
class PhotosConfig:
    """Every setting of a run, with its default."""

    folder: Path
    """Holds one folder for each kind of photograph, or the photographs of a single kind."""
    model: Path | None = None
    """Model file; None: the one that ships."""
    truths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Labels of a folder whose name doesn't say what it holds; no label: `unknown` is right."""
    runtime: str = "auto"
    """One of `edge.runtimes.RUNTIMES`, or auto."""
    threads: int = 1
    """For the arithmetic; 1 is the reference."""
    mistakes: int = 24
    """Mistakes that are drawn, at most."""
    hits: int = 2
    """Right answers of each folder that are drawn, at most."""
    out: Path | None = None
    """Folder of the report; None: `reports/photos-<UTC time>`."""


SCORE = (
    "what the model's specification compares with its threshold, the probability of the likeliest label unless it says "
    "otherwise"
)
"""Definition of `PhotoResult.score`."""
_LOWEST_SCORE = -1e6  # far below any energy; JSON has no infinity


class FrameClassifier(Protocol):
    """Classifier that is measured: `edge.classify.classifier.Classifier`, or a test's script."""

    spec: ModelSpec

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        """Classify one frame, uint8 BGR, shape (H, W, 3), 0-255."""
        ...


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """Photograph and its prediction."""

    photograph: Photograph
    prediction: Prediction
    """With every label of the model in its top_k, or with none where the answer is `nothing`."""
    height: int
    """Pixels of the frame."""
    width: int

    @property
    def score(self) -> float:
        """Score that separates known from unknown, higher is known, finite; defined by SCORE."""
        return max(self.prediction.score, _LOWEST_SCORE)

    @property
    def top1(self) -> str:
        """The likeliest label, rejected or not; `nothing` where the network had nothing to look at."""
        return self.prediction.top_k[0][0] if self.prediction.top_k else NOTHING_LABEL

    @property
    def is_top1_right(self) -> bool:
        """True if the likeliest label is right; never where the model has none for the kind."""
        return self.top1 in self.photograph.kind.labels

    @property
    def is_rejected(self) -> bool:
        """True if the answer was `unknown` or `nothing`."""
        return self.prediction.label in REJECTIONS

    @property
    def is_right(self) -> bool:
        """True if the answer is right: a label of the kind, or a rejection where the model has none for it."""
        kind = self.photograph.kind
        return self.prediction.label in kind.labels if kind.is_known else self.is_rejected


@dataclass(frozen=True, slots=True)
class Skipped:
    """File that could not be measured."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """All results of one run."""

    labels: tuple[str, ...]
    """Labels of the model, in index order."""
    results: tuple[PhotoResult, ...]
    """In the order of the photographs."""
    skipped: tuple[Skipped, ...]


def measure_photos(classifier: FrameClassifier, photographs: Iterable[Photograph]) -> PhotoReport:
    """Classify every photograph once, each for itself; what can't be read is skipped and listed.

    Raises:
        SourceError: not one of them could be read.
    """
    outcomes = [_measure(classifier, photograph) for photograph in photographs]
    results = tuple(outcome for outcome in outcomes if isinstance(outcome, PhotoResult))
    skipped = tuple(outcome for outcome in outcomes if isinstance(outcome, Skipped))
    if not results:
        first = f"; {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        raise SourceError(f"none of {len(skipped)} photographs could be read, expected JPEG or PNG files{first}")
    return PhotoReport(classifier.spec.labels, results, skipped)


def _measure(classifier: FrameClassifier, photograph: Photograph) -> PhotoResult | Skipped:
    try:
        frame = photograph.read(classifier.spec.input)
        prediction = classifier.classify(frame, top_k=len(classifier.spec.labels))
    except FrameError as error:
        return Skipped(photograph.name, str(error))
    except OSError as error:
        return Skipped(photograph.name, error.strerror or str(error))
    return PhotoResult(photograph, prediction, *frame.shape[:2])
