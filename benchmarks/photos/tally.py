"""Results -> shares with their intervals, the confusion matrix and the figures of rejection, as JSON objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.columns import Row
from benchmarks.photos.measure import PhotoReport, PhotoResult
from benchmarks.photos.roc import KEEP_KNOWN, auroc, keeping_threshold
from benchmarks.stats.proportions import wilson_interval
from edge.datasets.folder_labels import REJECTIONS, LabelledFolder


def share(hits: Iterable[bool]) -> Row | None:
    """Count: right, count, share, 0-1, and its 95 % interval from low to high; None where there is nothing to count."""
    counted = list(hits)
    if not counted:
        return None
    right, count = sum(counted), len(counted)
    low, high = wilson_interval(right, count)
    return {
        "right": right,
        "count": count,
        "share": right / count,
        "low": low,
        "high": high,
    }


def kinds_of(report: PhotoReport) -> list[LabelledFolder]:
    """The kinds that occur, in the order of the results."""
    return list(dict.fromkeys(result.photograph.kind for result in report.results))


def folder_rows(report: PhotoReport) -> list[Row]:
    """One row a folder: its name, what is right, and the two accuracies; those with a label first."""
    kinds = sorted(kinds_of(report), key=lambda kind: not kind.is_known)
    return [
        {"folder": kind.folder, "labels": list(kind.labels), "truth": kind.truth}
        | _accuracies([result for result in report.results if result.photograph.kind == kind])
        for kind in kinds
    ]


def total_rows(report: PhotoReport) -> Row:
    """The same two accuracies over the known photographs, the unknown ones and all."""
    known, unknown = split(report.results)
    return {"known": _accuracies(known), "unknown": _accuracies(unknown), "all": _accuracies(report.results)}


def split(results: Iterable[PhotoResult]) -> tuple[list[PhotoResult], list[PhotoResult]]:
    """Divide into known and unknown: those that the model has a label for and those that it has none for."""
    groups: dict[bool, list[PhotoResult]] = {True: [], False: []}
    for result in results:
        groups[result.photograph.kind.is_known].append(result)
    return groups[True], groups[False]


def confusion(report: PhotoReport) -> Row:
    """Folders by answers: names of the rows, names of the columns, and counts, a list for each row."""
    folders = [row["folder"] for row in folder_rows(report)]
    answers = list(dict.fromkeys((*report.labels, *REJECTIONS)))
    counts = np.zeros((len(folders), len(answers)), int)
    for result in report.results:
        counts[folders.index(result.photograph.kind.folder), answers.index(result.prediction.label)] += 1
    return {"folders": folders, "answers": answers, "counts": counts.tolist()}


def rejection(report: PhotoReport) -> Row | None:
    """How well known and unknown are told apart: by the score alone, and by the model's answers.

    Returns:
        None unless there are photographs of both.
    """
    known, unknown = split(report.results)
    if not known or not unknown:
        return None
    known_scores, unknown_scores = ([result.score for result in group] for group in (known, unknown))
    threshold = keeping_threshold(known_scores)

    def shares(is_rejected: Callable[[PhotoResult], bool]) -> Row:
        return {
            "known_kept": share(not is_rejected(result) for result in known),
            "unknown_rejected": share(is_rejected(result) for result in unknown),
        }

    return {
        "auroc": auroc(known_scores, unknown_scores),
        "keep": KEEP_KNOWN,
        "threshold": threshold,
        "at_threshold": shares(lambda result: result.score < threshold),
        "answered": shares(lambda result: result.is_rejected),
    }


def _accuracies(results: Sequence[PhotoResult]) -> Row:
    return {
        "count": len(results),
        # Of unknown photographs no label is right, so that a share over both kinds would say nothing.
        "top1": share(result.is_top1_right for result in results) if _all_known(results) else None,
        "answered": share(result.is_right for result in results),
    }


def _all_known(results: Sequence[PhotoResult]) -> bool:
    return all(result.photograph.kind.is_known for result in results)
