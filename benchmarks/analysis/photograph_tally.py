"""Results of one row on photographs, as frozen dataclasses with the names of report.json."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proportion:
    """Share of right predictions, 0-1, with Wilson's 95 % interval."""

    right: int
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracies:
    """Accuracies of some photographs."""

    count: int
    top1: Proportion | None
    """Share whose likeliest label is right; None with unknown photographs, which have no right label."""
    answered: Proportion | None
    """Share whose answer is right; None without photographs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRow(Accuracies):
    """Accuracies of one folder."""

    folder: str
    labels: tuple[str, ...]
    truth: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Accuracies over all folders."""

    known: Accuracies
    unknown: Accuracies
    all: Accuracies


@dataclass(frozen=True, slots=True)
class AnswerMatrix:
    """Confusion matrix of folders and answers."""

    folders: list[str]
    answers: list[str]
    counts: list[list[int]]
    """Photographs by [folder][answer]."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Effect of one rule of rejection."""

    known_kept: Proportion
    unknown_rejected: Proportion


@dataclass(frozen=True, slots=True)
class Rejection:
    """Separation of known and unknown photographs."""

    auroc: float
    keep: float
    """Share of the known that `threshold` keeps, 0-1."""
    threshold: float
    at_threshold: Rates
    answered: Rates
    """Rates of the model's own answers."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Time of one stage of the classifier."""

    name: str
    """vision, invoke, decide, or total for all of them."""
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
class PhotographTally:
    """Results of one row on the photographs of a report."""

    folders: tuple[FolderRow, ...]
    totals: Totals
    answers: AnswerMatrix
    rejection: Rejection | None
    """None unless there are known and unknown photographs."""
    stages: tuple[Stage, ...]
    """Those of `Classifier.classify`, the last one their total."""
    frames: tuple[FrameSize, ...]
    """Sizes of the decoded frames, the most frequent first."""
