"""The seven results of conftest.py, counted by hand."""

import dataclasses

import pytest

from benchmarks.photos.measure import PhotoReport
from benchmarks.photos.tally import confusion, folder_rows, rejection, share, split, total_rows


def test_a_share_and_its_interval() -> None:
    # Wilson: centre (0.75 + z²/8) / (1 + z²/4) = 0.6275, half 0.3269, z = 1.96
    assert share([True, True, True, False]) == {
        "right": 3,
        "count": 4,
        "share": 0.75,
        "low": pytest.approx(0.3006, abs=1e-4),
        "high": pytest.approx(0.9544, abs=1e-4),
    }
    assert share([]) is None


def test_folders_with_a_label_come_first(measured: PhotoReport) -> None:
    rows = folder_rows(dataclasses.replace(measured, results=measured.results[::-1]))

    assert [(row["folder"], row["labels"], row["truth"], row["count"]) for row in rows] == [
        ("bs", ["b"], "b", 1),
        ("as", ["a"], "a", 3),
        ("hats", [], "unknown", 3),
    ]


def test_the_two_accuracies(measured: PhotoReport) -> None:
    a, b, hats = folder_rows(measured)
    totals = total_rows(measured)

    assert [(row["top1"]["right"], row["answered"]["right"]) for row in (a, b, totals["known"])] == [
        (2, 1), (1, 1), (3, 2),
    ]  # fmt: skip
    assert [(row["top1"], row["answered"]["right"]) for row in (hats, totals["unknown"])] == [(None, 2), (None, 2)]
    assert totals["all"]["top1"] is None
    assert (totals["all"]["answered"]["right"], totals["all"]["count"]) == (4, 7)


def test_confusion(measured: PhotoReport) -> None:
    assert confusion(measured) == {
        "folders": ["as", "bs", "hats"],
        "answers": ["a", "b", "unknown", "nothing"],
        "counts": [[1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 1]],
    }


def test_rejection_by_score_and_by_answer(measured: PhotoReport) -> None:
    # known 0.9, 0.4, 0.6, 0.8 and unknown 0.7, 0.3, 0: 3 + 2 + 2 + 3 of 12 pairs are in order
    found = rejection(measured)

    assert found is not None
    assert (found["auroc"], found["keep"], found["threshold"]) == (pytest.approx(10 / 12), 0.95, 0.4)
    assert [(shares["known_kept"]["right"], shares["unknown_rejected"]["right"])
            for shares in (found["at_threshold"], found["answered"])] == [(4, 2), (3, 2)]  # fmt: skip


def test_one_kind_alone_can_not_be_told_apart(measured: PhotoReport) -> None:
    for group in split(measured.results):
        alone = dataclasses.replace(measured, results=tuple(group))
        assert rejection(alone) is None


def test_totals_of_nothing(measured: PhotoReport) -> None:
    known, _ = split(measured.results)

    totals = total_rows(dataclasses.replace(measured, results=tuple(known)))

    assert totals["unknown"] == {"count": 0, "top1": None, "answered": None}
