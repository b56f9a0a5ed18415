"""Shares, the confusion matrix, the ROC curve and rejection, against figures worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.analysis.row import known
from benchmarks.photos.measure import PhotoReport
from benchmarks.photos.tally import (
    Accuracies,
    Confusion,
    auroc,
    confusion,
    folder_rows,
    keeping_threshold,
    rejection,
    roc_curve,
    share_of,
    split,
    total_rows,
)


def test_a_share_has_wilsons_interval() -> None:
    # Wilson: centre (0.75 + z²/8) / (1 + z²/4) = 0.6275, half 0.3269, z = 1.96
    counted = share_of([True, True, True, False])
    assert counted is not None
    assert (counted.right, counted.count, counted.share) == (3, 4, 0.75)
    assert (counted.low, counted.high) == (pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))


def test_folders_with_a_label_come_first(measured: PhotoReport) -> None:
    rows = folder_rows(dataclasses.replace(measured, results=measured.results[::-1]))

    assert [(row.folder, row.labels, row.truth, row.count) for row in rows] == [
        ("bs", ("b",), "b", 1),
        ("as", ("a",), "a", 3),
        ("hats", (), "unknown", 3),
    ]


def test_top1_ignores_rejection_and_answered_counts_it(measured: PhotoReport) -> None:
    a, b, hats = folder_rows(measured)
    totals = total_rows(measured)

    assert [(known(row.top1).right, known(row.answered).right) for row in (a, b, totals.known)] == [
        (2, 1), (1, 1), (3, 2),
    ]  # fmt: skip
    assert [(row.top1, known(row.answered).right) for row in (hats, totals.unknown)] == [(None, 2), (None, 2)]
    assert totals.all.top1 is None
    assert (known(totals.all.answered).right, totals.all.count) == (4, 7)


def test_the_confusion_matrix_counts_answers_by_folder(measured: PhotoReport) -> None:
    assert confusion(measured) == Confusion(
        folders=["as", "bs", "hats"],
        answers=["a", "b", "unknown", "nothing"],
        counts=[[1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 1]],
    )


def test_of_very_many_labels_the_matrix_shows_those_that_occur(measured: PhotoReport) -> None:
    many = dataclasses.replace(measured, labels=("a", "b", *(f"other {number}" for number in range(60))))
    assert confusion(many).answers == ["a", "b", "unknown", "nothing"]


def test_rejection_by_score_and_by_answer(measured: PhotoReport) -> None:
    # known 0.9, 0.4, 0.6, 0.8 and unknown 0.7, 0.3, 0: 3 + 2 + 2 + 3 of 12 pairs are in order
    found = rejection(measured)

    assert found is not None
    assert (found.auroc, found.keep, found.threshold) == (pytest.approx(10 / 12), 0.95, 0.4)
    assert [(shares.known_kept.right, shares.unknown_rejected.right)
            for shares in (found.at_threshold, found.answered)] == [(4, 2), (3, 2)]  # fmt: skip


def test_one_kind_alone_can_not_be_told_apart(measured: PhotoReport) -> None:
    for group in split(measured.results):
        alone = dataclasses.replace(measured, results=tuple(group))
        assert rejection(alone) is None


def test_totals_without_unknown_photographs_hold_no_share(measured: PhotoReport) -> None:
    known, _ = split(measured.results)

    totals = total_rows(dataclasses.replace(measured, results=tuple(known)))

    assert totals.unknown == Accuracies(count=0, top1=None, answered=None)


@pytest.mark.parametrize(
    ("known", "unknown", "area"),
    [
        # 0.9 beats three, 0.4 one, 0.6 two, 0.8 three: 9 of 12 pairs
        ([0.9, 0.4, 0.6, 0.8], [0.7, 0.3, 0.5], 9 / 12),
        ([2.0, 3.0], [1.0], 1.0),
        ([1.0], [2.0, 3.0], 0.0),
        # one pair won, one tied
        ([0.5], [0.5, 0.4], 0.75),
        ([0.5, 0.5], [0.5], 0.5),
    ],
)
def test_auroc_counts_ordered_pairs_and_half_the_ties(known: list[float], unknown: list[float], area: float) -> None:
    assert auroc(known, unknown) == pytest.approx(area, abs=1e-12)


def test_area_is_the_area_under_the_curve() -> None:
    rng = np.random.default_rng(4)
    known, unknown = rng.normal(1, 1, 83).round(1), rng.normal(0, 1, 51).round(1)  # rounded: with ties

    across, up = roc_curve(known, unknown).T

    trapezoids = np.diff(across) * (up[1:] + up[:-1]) / 2
    assert auroc(known, unknown) == pytest.approx(float(trapezoids.sum()), abs=1e-12)


@pytest.mark.parametrize(
    ("known", "keep", "threshold"),
    [
        (list(range(1, 21)), 0.95, 2),  # 19 of 20 stay
        (list(range(1, 101)), 0.95, 6),  # 95 of 100 stay
        ([4, 1, 3, 2], 0.95, 1),  # 3 of 4 were too few
        ([1, 1, 2, 2], 0.5, 2),
        ([1, 1, 2, 2], 0.75, 1),
        ([7], 0.01, 7),
    ],
)
def test_the_highest_threshold_that_keeps_enough(known: list[float], keep: float, threshold: float) -> None:
    assert keeping_threshold(known, keep=keep) == threshold


@pytest.mark.parametrize("count", [20, 40, 60, 180, 290, 300, 340])
def test_no_rounding_error_costs_a_photograph(count: int) -> None:
    known = list(range(count))
    threshold = keeping_threshold(known)

    assert 100 * sum(score >= threshold for score in known) >= 95 * count
    assert 100 * sum(score > threshold for score in known) < 95 * count


def test_each_threshold_is_a_corner_of_the_curve() -> None:
    # thresholds 0.9, 0.7, 0.4, the last of which one known and one unknown share
    assert roc_curve([0.9, 0.4], [0.4, 0.7]).tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [1, 1]]
