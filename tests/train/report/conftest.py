"""Splits of a few plain images, whose files have names of other people's making."""

from pathlib import Path

import numpy as np
import pytest

from edge.artifact.input_spec import InputSpec
from train.data.parts import ImageFiles
from train.data.splits import Split, Splits

SPEC = InputSpec(24, 24, channels=3, recipe="image-v1", resize="letterbox", mean=(127.0,), std=(128.0,))


def split_of(part: str, labels: list[int], groups: list[int], *, comes_split: bool = False, size: int = 24) -> Split:
    rng = np.random.default_rng(len(part))
    pixels = rng.integers(0, 256, (len(labels), size, size, 3), dtype=np.uint8)
    paths = tuple(Path("data", "ab"[label], f"{part}{number}.png") for number, label in enumerate(labels))
    return Split(pixels, np.array(labels, np.int32), SPEC, ImageFiles(paths, np.array(groups), comes_split))


@pytest.fixture
def splits() -> Splits:
    """Five training, two validation and three test images; groups 3 and 7 have near copies.

    Group 3: two training images of a, and one test image of a. Group 7: a training image of b and a test image of a.
    """
    train = split_of("train", [0, 0, 0, 1, 1], [1, 3, 3, 7, 8], size=30)
    validation = split_of("validation", [0, 1], [4, 5])
    test = split_of("test", [0, 0, 1], [3, 7, 6])
    return Splits(train, validation, test, ("a", "b"), whole=train.pixels, train_positions=np.arange(5))
