"""Results -> shares with their intervals, the confusion matrix and the figures of rejection."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu

from benchmarks.analysis.quantization_loss import MOST_CONFUSED
from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.stats.proportions import wilson_interval
from edge.datasets.folder_labels import REJECTIONS, LabelledFolder

KEEP_KNOWN = 0.95
"""Share of the known photographs that the threshold of a report keeps."""


def auroc(known: ArrayLike, unknown: ArrayLike) -> float:
    """Return the area under the ROC curve of scores, shapes (N,) and (M,): the share of pairs in order, 0-1."""
    # Mann and Whitney's U counts those pairs (Hanley and McNeil, 1982, doi:10.1148/radiology.143.1.7063747).
    u = mannwhitneyu(known, unknown, method="asymptotic").statistic
    return float(u) / (np.size(known) * np.size(unknown))


def keeping_threshold(known: Sequence[float], *, keep: float = KEEP_KNOWN) -> float:
    """Return the highest threshold that at least a share `keep`, above 0 and at most 1, of the known scores reach."""
    # 0.95 * 20 may come out a hair above 19 in binary, which must not make it 20.
    needed = max(1, math.ceil(round(keep * len(known), 9)))
    return sorted(known, reverse=True)[needed - 1]


def roc_curve(known: ArrayLike, unknown: ArrayLike) -> NDArray[np.float64]:
    """Return the curve's corners, float64, shape (K, 2), 0-1: shares of the unknown and of the known that pass.

    Starts at (0, 0), where nothing passes, and ends at (1, 1); one corner for each threshold that occurs, falling.
    """
    known, unknown = np.sort(known), np.sort(unknown)
    thresholds = np.unique(np.concatenate([known, unknown]))[::-1]
    passing = [1 - np.searchsorted(scores, thresholds, side="left") / scores.size for scores in (unknown, known)]
    return np.vstack([np.zeros((1, 2)), np.column_stack(passing)])


@dataclass(frozen=True, slots=True)
class Share:
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
    top1: Share | None
    """Share whose likeliest label is right; None with unknown photographs, which have no right label."""
    answered: Share | None
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
class Confusion:
    """Confusion matrix of folders and answers."""

    folders: list[str]
    answers: list[str]
    counts: list[list[int]]
    """Photographs by [folder][answer]."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Effect of one rule of rejection."""

    known_kept: Share
    unknown_rejected: Share


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


def share_of(hits: Sequence[bool]) -> Share:
    """Return the share of right answers among at least one."""
    right, count = sum(hits), len(hits)
    low, high = wilson_interval(right, count)
    return Share(right, count, right / count, low, high)


def kinds_of(report: PhotoReport) -> list[LabelledFolder]:
    """The kinds that occur, in the order of the results."""
    return list(dict.fromkeys(result.photograph.kind for result in report.results))


def folder_rows(report: PhotoReport) -> list[FolderRow]:
    """Return one row a folder; those with a label first."""
    kinds = sorted(kinds_of(report), key=lambda kind: not kind.is_known)
    return [
        FolderRow(folder=kind.folder, labels=kind.labels, truth=kind.truth, **_fields(results))
        for kind in kinds
        for results in [[result for result in report.results if result.photograph.kind == kind]]
    ]


def total_rows(report: PhotoReport) -> Totals:
    """Return the accuracies over the known photographs, the unknown ones and all."""
    known, unknown = split(report.results)
    return Totals(*(Accuracies(**_fields(results)) for results in (known, unknown, report.results)))


def split(results: Iterable[PhotoResult]) -> tuple[list[PhotoResult], list[PhotoResult]]:
    """Divide into known and unknown: those that the model has a label for and those that it has none for."""
    groups: dict[bool, list[PhotoResult]] = {True: [], False: []}
    for result in results:
        groups[result.photograph.kind.is_known].append(result)
    return groups[True], groups[False]


def confusion(report: PhotoReport) -> Confusion:
    """Count the answers by folder."""
    folders = [row.folder for row in folder_rows(report)]
    answers = list(dict.fromkeys((*_shown_labels(report), *REJECTIONS)))
    counts = np.zeros((len(folders), len(answers)), int)
    for result in report.results:
        counts[folders.index(result.photograph.kind.folder), answers.index(result.prediction.label)] += 1
    return Confusion(folders, answers, counts.tolist())


def _shown_labels(report: PhotoReport) -> list[str]:
    """Return the labels of the matrix: all, or of very many those that were given or are right for a folder."""
    if len(report.labels) <= MOST_CONFUSED:
        return list(report.labels)
    right = {label for kind in kinds_of(report) for label in kind.labels}
    given = {result.prediction.label for result in report.results}
    return [label for label in report.labels if label in right | given]


def rejection(report: PhotoReport) -> Rejection | None:
    """Measure the separation of known and unknown, by score and by answers; None without photographs of both."""
    known, unknown = split(report.results)
    if not known or not unknown:
        return None
    known_scores, unknown_scores = ([result.score for result in group] for group in (known, unknown))
    threshold = keeping_threshold(known_scores)

    def shares(is_rejected: Callable[[PhotoResult], bool]) -> Rates:
        return Rates(
            share_of([not is_rejected(result) for result in known]),
            share_of([is_rejected(result) for result in unknown]),
        )

    return Rejection(
        auroc=auroc(known_scores, unknown_scores),
        keep=KEEP_KNOWN,
        threshold=threshold,
        at_threshold=shares(lambda result: result.score < threshold),
        answered=shares(lambda result: result.is_rejected),
    )


def _fields(results: Sequence[PhotoResult]) -> dict[str, Any]:
    """Return the fields of `Accuracies`."""
    # Of unknown photographs no label is right, so that a share over both kinds would say nothing.
    all_known = bool(results) and all(result.photograph.kind.is_known for result in results)
    return {
        "count": len(results),
        "top1": share_of([result.is_top1_right for result in results]) if all_known else None,
        "answered": share_of([result.is_right for result in results]) if results else None,
    }
