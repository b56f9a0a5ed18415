"""Claims of several places are put together, and each remembers its own."""

from __future__ import annotations

import pytest

from edge.artifact.formats import MalformedModelError
from edge.artifact.metadata import Metadata, normalization

FIRST = Metadata.found("file", {"labels": ("a", "b"), "mean": (0.0,), "std": (255.0,), "height": None, "name": ""})
SECOND = Metadata.found("beside", {"labels": ("x",), "height": 32, "colour_order": "RGB"}, notes=["a note"])


def test_empty_claims_are_none() -> None:
    assert FIRST.found_in == (("labels", "file"), ("mean", "file"), ("std", "file"))
    assert not Metadata().says_anything
    assert FIRST.says_anything


def test_the_first_place_that_says_something_is_taken() -> None:
    both = FIRST.or_else(SECOND)
    assert (both.labels, both.height, both.colour_order, both.mean) == (("a", "b"), 32, "RGB", (0.0,))
    assert (both.source_of("labels"), both.source_of("height"), both.source_of("task")) == ("file", "beside", None)
    assert both.notes == ("a note",)
    assert both.or_else(SECOND) == both
    assert Metadata().or_else(FIRST) == FIRST


def test_mean_and_deviation_are_never_of_two_places() -> None:
    half = Metadata.found("file", {"std": (1.0,)})
    assert half.or_else(FIRST).mean is None


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        ([1], [2], {"mean": (1.0,), "std": (2.0,)}),
        ([1, 2, 3], [4], {"mean": (1.0, 2.0, 3.0), "std": (4.0, 4.0, 4.0)}),
        ([1], [4, 5, 6], {"mean": (1.0, 1.0, 1.0), "std": (4.0, 5.0, 6.0)}),
    ],
)
def test_one_number_stands_for_all_channels(mean: list[int], std: list[int], expected: dict[str, object]) -> None:
    assert normalization(mean, std) == expected


@pytest.mark.parametrize(
    "numbers", [([], [1]), ([1, 2], [1, 2]), ([1], [-1]), ([None], [1]), ([10**400], [1]), (["x"], [1])]
)
def test_what_is_no_normalization_is_refused(numbers: tuple[list[object], list[object]]) -> None:
    with pytest.raises(MalformedModelError):
        normalization(*numbers)
