"""What is held against a model: each limit on both of its sides, with counts worked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.update.metrics import Count, Figures, Limits, complaints, summary

LABELS = ("Coat", "Bag")
FINE = Figures(Count(40, 38, 37, 36), None, 1.0, LABELS, LABELS)


def complaints_of(figures: Figures, **more: Any) -> list[str]:
    """With the limits as they are unless said otherwise."""
    return complaints(figures, Limits(), **{"allows_new_labels": False, **more})


def test_a_good_model() -> None:
    assert complaints_of(FINE) == []
    assert summary(FINE) == [
        "drawn garments  38 of 40 right, the current model 37, the same answer to 36",
        "time            1.00 times the current model's, from frame to answer",
    ]


@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "sentence"),
    [
        ({"drawn": Count(40, 30, 37, 36)}, {"drawn": Count(40, 29, 37, 36)},
         "it names 29 of 40 drawn garments rightly (least 75%)"),
        ({"drawn": Count(40, 38, 37, 30)}, {"drawn": Count(40, 38, 37, 29)},
         "it answers like the current model on 29 of 40 drawn garments (least 75%)"),
        ({"samples": Count(100, 68, 70, 50)}, {"samples": Count(100, 67, 70, 50)},
         "it names 67 of 100 samples rightly (the current model 70, and at most 2% may be lost)"),
        ({"samples": Count(100, 75, None, None)}, {"samples": Count(100, 74, None, None)},
         "it names 74 of 100 samples rightly (least 75%)"),
        ({"time_ratio": 3.0}, {"time_ratio": 3.04}, "it takes 3.0 times the current model's time, at most 3"),
        ({"time_ratio": 3.0}, {"time_ratio": 12.3}, "it takes 12.3 times the current model's time, at most 3"),
    ],
)  # fmt: skip
def test_each_limit(at_the_limit: dict[str, Any], beyond: dict[str, Any], sentence: str) -> None:
    assert complaints_of(replace(FINE, **at_the_limit)) == []
    assert complaints_of(replace(FINE, **beyond)) == [sentence]


def test_other_labels_must_be_meant() -> None:
    other = replace(FINE, labels=("Coat", "Hat"), drawn=Count(40, None, None, None))
    assert complaints_of(other, allows_new_labels=True) == []
    assert complaints_of(other) == [
        "its labels are others (Coat, Hat instead of Coat, Bag): --allow-new-labels if that is meant"
    ]
    assert summary(other)[0] == "drawn garments  40 answered"
    assert summary(other)[-1].startswith("note            nothing says whether its answers are right")
    with_samples = replace(other, samples=Count(8, 7, None, None))
    assert summary(with_samples)[1] == "samples         7 of 8 right"
    assert not summary(with_samples)[-1].startswith("note")


def test_all_that_is_wrong_is_said() -> None:
    assert len(complaints_of(replace(FINE, drawn=Count(40, 4, 37, 4), time_ratio=9.0))) == 3
