"""Outputs that are scores of classes, and those that aren't."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.artifact.spec import TensorSpec
from edge.classify.class_count import class_count
from edge.errors import ModelFileError

PATH = Path("m.tflite")


@pytest.mark.parametrize(
    ("dtype", "shape", "words"),
    [
        ("float32", (1, 10, 4), "detector"),
        ("float32", (1, 84, 8400), "detector"),
        ("float32", (1, 1), "two classes"),
        ("float32", (), "two classes"),
        ("int64", (1, 10), "int64"),
        ("uint8", (1, 10), "uint8"),  # without a scale
    ],
)
def test_what_scores_no_classes_is_refused(dtype: str, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        class_count(PATH, TensorSpec("y", dtype, shape))


@pytest.mark.parametrize("shape", [(1, 10), (1, 1, 1, 10), (1, 10, 1, 1), (10,)])
def test_scores_of_classes_may_have_axes_of_one(shape: tuple[int, ...]) -> None:
    assert class_count(PATH, TensorSpec("y", "float32", shape)) == 10
