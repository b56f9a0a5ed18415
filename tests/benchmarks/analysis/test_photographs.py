"""Shares, the matrix of answers, rejection and times of a row, against figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.photograph_tally import Accuracies, AnswerMatrix, FrameSize, Stage
from benchmarks.analysis.photographs import (
    JudgedPhotograph,
    answer_matrix,
    choose_hits,
    choose_mistakes,
    folder_rows,
    judge_photographs,
    proportion,
    rejection,
    split,
    total_rows,
    with_tally,
)
from benchmarks.analysis.row import Row, known
from benchmarks.measure.inputs import EvaluationSet
from edge.datasets.folder_labels import LabelledFolder


@pytest.fixture
def judged(judged_row: Callable[..., Row], photographs: EvaluationSet) -> list[JudgedPhotograph]:
    return judge_photographs(judged_row("m.tflite"), photographs)


def test_a_share_has_wilsons_interval() -> None:
    # Wilson: centre (0.75 + z²/8) / (1 + z²/4) = 0.6275, half 0.3269, z = 1.96
    counted = proportion([True, True, True, False])
    assert (counted.right, counted.count, counted.share) == (3, 4, 0.75)
    assert (counted.low, counted.high) == (pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))


def test_top1_answer_and_rejection_are_judged_separately(judged: list[JudgedPhotograph]) -> None:
    assert [(each.is_top1_right, each.is_right, each.is_rejected, each.score) for each in judged] == [
        (True, True, False, 0.9),
        (True, False, True, 0.4),
        (False, False, False, 0.6),
        (True, True, False, 0.8),
        (False, False, False, 0.7),
        (False, True, True, 0.3),
        (False, True, True, 0.0),
    ]


def test_any_of_several_labels_is_right() -> None:
    kind = LabelledFolder("shoes", ("a", "b"))
    assert [JudgedPhotograph("", kind, name, name, 0.5).is_right for name in ("a", "b", "c")] == [True, True, False]


def test_folders_with_a_label_come_first(judged: list[JudgedPhotograph]) -> None:
    assert [(row.folder, row.labels, row.truth, row.count) for row in folder_rows(judged[::-1])] == [
        ("bs", ("b",), "b", 1),
        ("as", ("a",), "a", 3),
        ("hats", (), "unknown", 3),
    ]


def test_top1_ignores_rejection_and_answered_counts_it(judged: list[JudgedPhotograph]) -> None:
    a, b, hats = folder_rows(judged)
    totals = total_rows(judged)

    assert [(known(row.top1).right, known(row.answered).right) for row in (a, b, totals.known)] == [
        (2, 1), (1, 1), (3, 2),
    ]  # fmt: skip
    assert [(row.top1, known(row.answered).right) for row in (hats, totals.unknown)] == [(None, 2), (None, 2)]
    assert totals.all.top1 is None
    assert (known(totals.all.answered).right, totals.all.count) == (4, 7)


def test_the_matrix_counts_answers_by_folder(judged: list[JudgedPhotograph]) -> None:
    assert answer_matrix(judged, ("a", "b")) == AnswerMatrix(
        folders=["as", "bs", "hats"],
        answers=["a", "b", "unknown", "nothing"],
        counts=[[1, 1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 1]],
    )


def test_of_very_many_labels_the_matrix_shows_those_that_occur(judged: list[JudgedPhotograph]) -> None:
    many = ("a", "b", *(f"other {number}" for number in range(60)))
    assert answer_matrix(judged, many).answers == ["a", "b", "unknown", "nothing"]


def test_rejection_by_score_and_by_answer(judged: list[JudgedPhotograph]) -> None:
    # known 0.9, 0.4, 0.6, 0.8 and unknown 0.7, 0.3, 0: 3 + 2 + 2 + 3 of 12 pairs are in order
    found = rejection(judged)

    assert found is not None
    assert (found.auroc, found.keep, found.threshold) == (pytest.approx(10 / 12), 0.95, 0.4)
    assert [(rates.known_kept.right, rates.unknown_rejected.right)
            for rates in (found.at_threshold, found.answered)] == [(4, 2), (3, 2)]  # fmt: skip


def test_one_kind_alone_can_not_be_told_apart(judged: list[JudgedPhotograph]) -> None:
    assert [rejection(group) for group in split(judged)] == [None, None]
    assert total_rows(split(judged)[0]).unknown == Accuracies(count=0, top1=None, answered=None)


def test_the_tally_has_times_and_sizes(judged_row: Callable[..., Row], photographs: EvaluationSet) -> None:
    row = judged_row("m.tflite")
    raw = known(known(row.raw).photographs)
    taller = replace(row, raw=replace(known(row.raw), photographs=replace(raw, heights=[7, *raw.heights[1:]])))

    tally = known(with_tally(taller, photographs).photographs)

    assert tally.stages[0] == Stage("vision", samples=7, median_ns=900_000, p90_ns=None)
    assert tally.frames == (FrameSize(6, 8, 6), FrameSize(7, 8, 1))


def test_rows_without_answers_have_no_tally(row: Callable[..., Row], photographs: EvaluationSet) -> None:
    assert with_tally(row("a.tflite"), photographs).photographs is None
    assert with_tally(row("gone.tflite", reason="crashed"), photographs).photographs is None


def names(judged: list[JudgedPhotograph]) -> list[str]:
    return [photograph.name for photograph in judged]


def test_the_surest_mistakes_come_first(judged: list[JudgedPhotograph]) -> None:
    assert names(choose_mistakes(judged, most=9)) == ["hats/1.png", "as/3.png", "as/2.png"]
    assert names(choose_mistakes(judged, most=1)) == ["hats/1.png"]


def test_of_equal_mistakes_the_name_decides(judged: list[JudgedPhotograph]) -> None:
    mistake = judged[2]
    assert names(choose_mistakes([mistake, replace(mistake, name="as/0.png")], most=9)) == ["as/0.png", "as/3.png"]


def test_hits_are_the_first_of_each_folder_by_name(judged: list[JudgedPhotograph]) -> None:
    assert names(choose_hits(judged[::-1], each=1)) == ["bs/1.png", "as/1.png", "hats/2.png"]
    assert names(choose_hits(judged, each=0)) == []
