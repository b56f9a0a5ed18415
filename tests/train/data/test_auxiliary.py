import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DatasetError
from edge.vision import PreparedInput
from train.data import auxiliary
from train.data.auxiliary import AuxiliaryImages, concatenate, share_targets

NAMES = ("coat", "bag", "boot", "sandal")
SOME = AuxiliaryImages(
    np.arange(2 * 6 * 5, dtype=np.uint8).reshape(2, 6, 5),
    np.array([[0, 1, 0, 0], [0.25, 0.25, 0.25, 0.25]], np.float32),
    np.float32([0.75, 0.5]),
    "two drawings",
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    auxiliary.write(tmp_path / "some.npz", SOME, NAMES)

    found = auxiliary.read(tmp_path / "some.npz", class_names=NAMES, height=6, width=5)

    assert np.array_equal(found.pixels, SOME.pixels)
    assert np.array_equal(found.targets, SOME.targets)
    assert found.presence.tolist() == [0.75, 0.5]
    assert found.origin == "two drawings"
    assert found.is_known.tolist() == [True, False]


@pytest.mark.parametrize(
    ("choices", "facts"),
    [
        ({"class_names": ("bag",)}, "classes ['coat', 'bag', 'boot', 'sandal'], this run ['bag']"),
        ({"height": 5, "width": 6}, "has images of (6, 5), this run (5, 6)"),
    ],
)
def test_other_classes_or_sizes_are_refused(tmp_path: Path, choices: dict, facts: str) -> None:
    auxiliary.write(tmp_path / "some.npz", SOME, NAMES)

    with pytest.raises(DatasetError) as refused:
        auxiliary.read(tmp_path / "some.npz", **{"class_names": NAMES, "height": 6, "width": 5} | choices)
    assert facts in str(refused.value)


def test_another_vision_step_is_refused(tmp_path: Path) -> None:
    manifest = json.dumps({"class_names": NAMES, "recipe": "garment-v0", "origin": ""})
    np.savez(tmp_path / "old.npz", pixels=SOME.pixels, targets=SOME.targets, presence=SOME.presence, manifest=manifest)

    with pytest.raises(DatasetError, match="vision step garment-v0"):
        auxiliary.read(tmp_path / "old.npz", class_names=NAMES, height=6, width=5)


@pytest.mark.parametrize("content", [None, b"", b"PK nothing"], ids=["absent", "empty", "damaged"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "some.npz").write_bytes(content)

    with pytest.raises(DatasetError, match=r"some\.npz .*train\.photographs`"):
        auxiliary.read(tmp_path / "some.npz", class_names=NAMES, height=6, width=5)


def test_several_files_are_one_after_another() -> None:
    other = AuxiliaryImages(SOME.pixels[:1] + 100, SOME.targets[:1], np.float32([0.25]), "a photo")

    both = concatenate([SOME, other])

    assert both is not None
    assert np.array_equal(both.pixels[2], other.pixels[0])
    assert both.targets.shape == (3, 4)
    assert both.presence.tolist() == [0.75, 0.5, 0.25]
    assert both.origin == f"{SOME.origin} and a photo"
    assert concatenate([]) is None


def test_classes_that_are_right_share_the_target_and_where_none_is_all_do() -> None:
    assert share_targets(["boot", "sandal"], NAMES).tolist() == [0, 0, 0.5, 0.5]
    assert share_targets([], NAMES).tolist() == [0.25] * 4


def test_inputs_keep_their_order_and_none_with_a_garment_is_an_error() -> None:
    corners = np.zeros((0, 2), np.int32)
    prepared_inputs = [
        PreparedInput(image, corners, presence) for image, presence in zip(SOME.pixels, (0.75, 0.05), strict=True)
    ]

    made = auxiliary.collect(iter(zip(prepared_inputs, SOME.targets, strict=True)), "two drawings")

    assert np.array_equal(made.pixels, SOME.pixels)
    assert np.array_equal(made.targets, SOME.targets)
    assert made.is_seen.tolist() == [True, False]
    with pytest.raises(DatasetError, match="3 photographs of empty walls"):
        auxiliary.collect([(prepared_inputs[1], SOME.targets[1])], "3 photographs of empty walls")
