"""Report on photographs as frozen dataclasses; report.json has the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.photos.measure import Skipped
from benchmarks.photos.tally import Confusion, FolderRow, Rejection, Totals


@dataclass(frozen=True, slots=True)
class Stage:
    """Time of one stage of the classifier."""

    samples: int
    median_ns: int
    p90_ns: int | None
    """None with too few samples."""


@dataclass(frozen=True, slots=True)
class FrameSize:
    """Count of the frames of one size, in pixels."""

    height: int
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of the photographs that are drawn."""

    mistakes: list[str]
    hits: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRow:
    """Prediction of one photograph."""

    path: str
    folder: str
    label: str
    right: bool
    top1: str
    top1_right: bool | None
    """None of an unknown photograph."""
    probability: float
    score: float
    probabilities: list[float]
    """Probability of each label of the model, 0-1."""
    height: int
    width: int
    latency_ns: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts and sentences of a run."""

    schema_version: int
    kind: str = "photos"
    statement: str
    environment: dict[str, Any]
    """Facts from `benchmarks.host.environment.describe_environment`."""
    settings: dict[str, Any]
    definitions: Mapping[str, str]
    model: dict[str, Any]
    """Identity of the model and settings of its decision."""
    folders: list[FolderRow]
    totals: Totals
    confusion: Confusion
    rejection: Rejection | None
    """None unless there are known and unknown photographs."""
    stages: dict[str, Stage]
    frames: list[FrameSize]
    skipped: list[Skipped]
    shown: Shown
    photos: list[PhotoRow]
    headline: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
