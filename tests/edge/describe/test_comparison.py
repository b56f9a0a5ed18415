"""Comparison of two models that answer as they are told, and the test patterns for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.artifact.file import Artifact
from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.classify.loaded_model import LoadedModel
from edge.describe.comparison import DRAWN_IMAGES, compare, draw_pattern
from edge.errors import ModelFileError, SourceError

Make = Callable[..., LoadedModel]
GREY = InputSpec(height=2, width=2, recipe=IMAGE_RECIPE)


@pytest.fixture
def model(fake_runtime: Callable[..., Any]) -> Make:
    """Make a model of three classes that gives every image these probabilities."""

    def make(scores: list[float], labels: str = "abc", size: InputSpec = GREY) -> LoadedModel:
        tensor = TensorSpec("x", "uint8", (1, size.height, size.width, 1), scale=1 / 255)
        spec = ModelSpec(labels=tuple(labels), input=size)
        return LoadedModel(Artifact(Path("m"), "tflite", "", 1, None), fake_runtime(scores, takes=tensor), spec)

    return make


def test_agreement_and_the_largest_difference_are_counted(model: Make) -> None:
    same = compare(model([0.5, 0.25, 0.25]), model([0.75, 0.125, 0.125]))
    assert (same.images, same.same, same.agreement, same.largest_difference) == (DRAWN_IMAGES, DRAWN_IMAGES, 1.0, 0.25)
    assert same.source == "drawn test patterns"
    other = compare(model([0.5, 0.25, 0.25]), model([0.25, 0.5, 0.25]))
    assert (other.same, other.agreement, other.largest_difference) == (0, 0.0, 0.25)


def test_images_may_lie_in_a_folder_for_each_class(model: Make, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "1.png"), draw_pattern(1))
    found = compare(model([1, 0, 0]), model([1, 0, 0]), tmp_path / "*" / "*")
    assert (found.images, found.source) == (2, f"images of {tmp_path}/*/*")
    with pytest.raises(SourceError, match=rf"'{tmp_path}/\*/\*'"):
        compare(model([1, 0, 0]), model([1, 0, 0]), tmp_path)


def test_other_labels_or_inputs_are_refused(model: Make) -> None:
    for other in (model([1, 0, 0], "abx"), model([1, 0, 0], size=InputSpec(height=3, width=2, recipe=IMAGE_RECIPE))):
        with pytest.raises(ModelFileError, match="labels or input"):
            compare(other, model([1, 0, 0]))


def test_patterns_are_large_coloured_all_different_and_the_same_every_time() -> None:
    patterns = [draw_pattern(number) for number in range(20)]
    assert {(pattern.shape, pattern.dtype.name) for pattern in patterns} == {((240, 320, 3), "uint8")}
    assert len({pattern.tobytes() for pattern in patterns}) == 20
    assert np.array_equal(draw_pattern(7), patterns[7])
    assert min(np.ptp(pattern.astype(int), axis=2).max() for pattern in patterns) > 50
