"""Examples in a file, choices of them, and sets that are joined."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from edge.artifact.embed import embed_in_tflite
from edge.artifact.file import read_artifact
from edge.artifact.spec import ModelSpec
from edge.errors import ModelFileError
from edge.images.near_copies import Look, look_of
from edge.teach.examples import MEMBER, Examples, joined, limited, read_examples
from tests.edge.teach.conftest import fruit


def made(labels: list[int], *, first: int = 0, looks: list[Look] | None = None) -> Examples:
    """Examples whose features all hold the number of their image."""
    numbers = np.arange(first, first + len(labels))
    features = np.repeat(numbers[:, np.newaxis], 1280, axis=1).astype(np.float16)
    return Examples.of(features, np.array(labels, np.int32), numbers.astype(np.int32), looks)


def with_member(fixtures: Path, folder: Path, content: bytes) -> Path:
    network = read_artifact(fixtures / "tiny_none.tflite").network
    (folder / "taught.tflite").write_bytes(embed_in_tflite(network, ModelSpec(), {MEMBER: content}))
    return folder / "taught.tflite"


def test_a_file_gives_back_what_was_put_into_it(fixtures: Path, tmp_path: Path) -> None:
    examples = made([0, 2, -1])
    read = read_examples(with_member(fixtures, tmp_path, examples.to_bytes()), 3)
    assert read is not None
    assert [np.array_equal(*pair) for pair in zip(read.columns, examples.columns, strict=True)] == [True] * 5


def test_a_file_without_examples_has_none(fixtures: Path) -> None:
    assert read_examples(fixtures / "tiny_none.tflite", 10) is None


@pytest.mark.parametrize(
    ("content", "classes"),
    [
        pytest.param(b"no numpy file", 3, id="other bytes"),
        pytest.param(made([0, 1]).to_bytes()[:-100], 3, id="cut short"),
        pytest.param(made([0, 3]).to_bytes(), 3, id="a class too many"),
        pytest.param(made([0, -2]).to_bytes(), 3, id="a class below all"),
        pytest.param(made([0])._replace(features=np.full((1, 1280), np.nan, np.float16)).to_bytes(), 3, id="NaN"),
    ],
)
def test_damaged_examples_are_refused(content: bytes, classes: int, fixtures: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError):
        read_examples(with_member(fixtures, tmp_path, content), classes)


def test_a_limit_takes_evenly_from_all_classes() -> None:
    labels = np.array([0] * 50 + [1] * 4 + [-1] * 10, np.int32)
    chosen = limited(labels, 14)
    assert np.array_equal(chosen, np.sort(chosen))
    assert [int((labels[chosen] == label).sum()) for label in (0, 1, -1)] == [5, 4, 5]
    assert np.array_equal(limited(labels, 64), np.arange(64))


def test_joining_leaves_out_what_is_known_and_keeps_groups_apart() -> None:
    old, new = made([0, 1]), made([1, 1, 0], first=1)  # the first of the new is the second of the old
    both, added, moved, near = joined(old, new)
    assert (added, moved, near) == (2, 0, 0)
    assert both.labels.tolist() == [0, 1, 1, 0]
    assert both.features[:, 0].tolist() == [0, 1, 2, 3]
    assert len(set(both.groups.tolist())) == 4


def test_what_is_added_joins_the_group_of_its_near_copies() -> None:
    pictures = [fruit(kind, seed) for kind, seed in (("ripe", 1), ("unripe", 2), ("blue", 3), ("ripe", 4))]
    brighter = [np.clip(picture * 1.05, 0, 255).astype(np.uint8) for picture in pictures]
    old = made([0, 1, 0], looks=[look_of(picture) for picture in pictures[:3]])
    new = made([0, 1, 0], first=3, looks=[look_of(picture) for picture in (brighter[2], pictures[3], brighter[0])])
    both, added, _, near = joined(old, new)
    assert (added, near) == (3, 2)
    blue, other, ripe = both.groups[3:]
    assert both.groups.tolist()[:3] == [ripe, 1, blue]
    assert len({blue, other, ripe, 1}) == 4


def test_a_file_from_before_looks_were_kept_is_read_and_has_no_near_copies(fixtures: Path, tmp_path: Path) -> None:
    record = np.dtype([("label", "<i4"), ("group", "<i4"), ("features", "<f2", (1280,))])
    content = io.BytesIO()
    np.lib.format.write_array(content, np.zeros(2, record), allow_pickle=False)
    old = read_examples(with_member(fixtures, tmp_path, content.getvalue()), 1)
    assert old is not None
    look = look_of(np.zeros((20, 20, 3), np.uint8))  # black, as an unknown look is stored
    assert joined(old, made([0], first=1, looks=[look])).near == 0


def test_the_class_that_a_known_image_is_given_anew_counts() -> None:
    old, new = made([0, 1, -1]), made([0, 0, 0], first=1)  # two are known, with other classes
    both, added, moved, near = joined(old, new)
    assert (added, moved, near) == (1, 2, 0)
    assert both.labels.tolist() == [0, 0, 0, 0]
    assert old.labels.tolist() == [0, 1, -1]
