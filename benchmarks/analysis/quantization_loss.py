"""Accuracy of each row, and its loss against another row on the same images: counts, intervals, tests, verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.analysis.row import Accuracy, Calibration, ClassLoss, ClassShare, Comparison, Drift, Loss, Row, Share
from benchmarks.measure.job import BASIS_POINTS
from benchmarks.stats import proportions
from benchmarks.stats.accuracy import BINS, confusion_matrix, mean_drift, paired, reliability
from edge.classify.interval import wilson_interval

MOST_CONFUSED = 50
"""Classes that a confusion matrix is kept of, and that tables and charts by class show."""

# Verdicts on a loss, best first.
GAIN, NO_LOSS, SMALL_LOSS, UNDECIDED, LOSS = "real gain", "no loss shown", "small loss", "undecided", "real loss"


def describe_accuracy(row: Row, labels: Sequence[int], class_names: Sequence[str]) -> Accuracy | None:
    """Describe the accuracy of a row overall and per class, and its calibration; None without known predictions."""
    if not row.predictions:
        return None
    is_right, classes = paired(row.predictions, labels), len(class_names)
    right = np.bincount(np.asarray(labels)[is_right], minlength=classes).tolist()
    images = np.bincount(labels, minlength=classes).tolist()
    return Accuracy(
        **asdict(_share(int(is_right.sum()), len(labels))),
        classes=tuple(
            ClassShare(label=name, **asdict(_share(right[index], images[index])))
            for index, name in enumerate(class_names)
        ),
        confusion=_confusion(row, labels, classes).tolist(),
        calibration=_calibration(row, labels),
    )


def _confusion(row: Row, labels: Sequence[int], classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix, empty for more than MOST_CONFUSED classes: a thousand would be a million cells."""
    if classes > MOST_CONFUSED:
        return np.zeros((0, 0), np.int64)
    return confusion_matrix(row.predictions, labels, classes=classes)


def _share(right: int, images: int) -> Share:
    if not images:
        return Share(images, right, None, None)
    return Share(images, right, right / images, wilson_interval(right, images))


def _calibration(row: Row, labels: Sequence[int]) -> Calibration | None:
    """Describe the gap between confidence and accuracy, over 15 bins of equal width."""
    confidence_bp = row.raw and row.raw.confidence_bp
    untempered_bp = row.raw and row.raw.untempered_confidence_bp
    if not confidence_bp:
        return None
    is_right = paired(row.predictions, labels)
    bins = reliability(np.asarray(confidence_bp) / BASIS_POINTS, is_right)
    before = reliability(np.asarray(untempered_bp) / BASIS_POINTS, is_right) if untempered_bp else None
    return Calibration(
        bins=BINS,
        expected_calibration_error=bins.expected_calibration_error,
        expected_calibration_error_without_temperature=before.expected_calibration_error if before else None,
        mean_confidence=float(np.mean(confidence_bp)) / BASIS_POINTS,
        reliability=bins,
    )


def compare_predictions(
    pairs: Sequence[tuple[Row, Row]], labels: Sequence[int], class_names: Sequence[str], *, margin_pp: float
) -> list[Comparison]:
    """Compare the predictions of each pair of row and reference, as one family of tests.

    One file with the same predictions on two runtimes counts once in Holm's family.
    """
    counts = [count_pairs(row.predictions, reference.predictions, labels) for row, reference in pairs]
    kinds = [
        (row.sha256, reference.sha256, count.lost, count.gained, _same(row, reference))
        for (row, reference), count in zip(pairs, counts, strict=True)
    ]
    p_values = dict(zip(kinds, map(proportions.mcnemar_p, counts), strict=True))
    corrected = dict(zip(p_values, proportions.holm(list(p_values.values())), strict=True))
    comparisons = []
    for (row, reference), count, kind in zip(pairs, counts, kinds, strict=True):
        loss, same = _loss(count), _same(row, reference)
        is_excluded = proportions.is_non_inferior((loss.interval_pp[0], loss.interval_pp[1]), margin=margin_pp)
        here, before = (_confusion(each, labels, len(class_names)) for each in (row, reference))
        comparisons.append(
            Comparison(
                **asdict(loss),
                reference=reference.id,
                mcnemar_p=p_values[kind],
                holm_p=corrected[kind],
                family=len(p_values),
                agreement=same / len(labels),
                agreement_interval=wilson_interval(same, len(labels)),
                confidence_drift=_drift(row, reference),
                classes=tuple(_class_losses(row, reference, labels, class_names)),
                confusion_change=(here - before).tolist(),
                margin_pp=margin_pp,
                is_non_inferior=is_excluded,
                verdict=_verdict(corrected[kind], loss.loss_pp, is_excluded=is_excluded),
            )
        )
    return comparisons


def count_pairs(predictions: ArrayLike, reference: ArrayLike, labels: ArrayLike) -> proportions.Pairs:
    """Count how two variants did on the same images; all are class indices, shape (N,)."""
    ours, theirs = paired(predictions, labels), paired(reference, labels)
    return proportions.Pairs(
        both_right=int(np.count_nonzero(ours & theirs)),
        lost=int(np.count_nonzero(theirs & ~ours)),
        gained=int(np.count_nonzero(ours & ~theirs)),
        both_wrong=int(np.count_nonzero(~ours & ~theirs)),
    )


def _same(row: Row, reference: Row) -> int:
    return int(paired(row.predictions, reference.predictions).sum())


def _loss(pairs: proportions.Pairs) -> Loss:
    low, high = proportions.paired_loss_interval(pairs)
    # From counts, so that half a point isn't 0.5000000000000004.
    loss_pp = 100 * (pairs.lost - pairs.gained) / pairs.images
    return Loss(images=pairs.images, lost=pairs.lost, gained=pairs.gained, loss_pp=loss_pp,
                interval_pp=(100 * low, 100 * high))  # fmt: skip


def _class_losses(row: Row, reference: Row, labels: Sequence[int], class_names: Sequence[str]) -> list[ClassLoss]:
    """Return the loss among the images of each class that occurs."""
    ours, theirs, truth = (np.asarray(values) for values in (row.predictions, reference.predictions, labels))
    losses = []
    for index, name in enumerate(class_names):
        of_class = truth == index
        if of_class.any():
            loss = _loss(count_pairs(ours[of_class], theirs[of_class], truth[of_class]))
            losses.append(ClassLoss(label=name, **asdict(loss)))
    return losses


def _drift(row: Row, reference: Row) -> Drift | None:
    ours, theirs = row.raw and row.raw.confidence_bp, reference.raw and reference.raw.confidence_bp
    if ours is None or theirs is None:
        return None
    points = BASIS_POINTS / 100
    return Drift(*mean_drift(np.asarray(ours) / points, np.asarray(theirs) / points))


def _verdict(holm_p: float, loss_pp: float, *, is_excluded: bool) -> str:
    """Judge by the corrected p-value and by whether a loss above the margin is excluded."""
    if holm_p < proportions.SIGNIFICANT:
        if loss_pp < 0:
            return GAIN
        return SMALL_LOSS if is_excluded else LOSS
    return NO_LOSS if is_excluded else UNDECIDED
