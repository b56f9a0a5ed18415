import logging
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.artifact.input_spec import InputSpec
from edge.errors import DatasetError
from edge.vision import prepare
from train.config import TrainConfig
from train.data import own_images
from train.data.own_images import OwnParts, read_parts
from train.data.splits import load_splits

SPEC = InputSpec(24, 24, channels=3, recipe="image-v1", resize="letterbox", mean=(127.0,), std=(128.0,))


def scene(*seed: int) -> np.ndarray:
    cells = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.kron(cells, np.ones((4, 4, 1), np.uint8))


GARMENT = InputSpec(28, 36)


def draw(folder: Path, counts: dict[str, int], *, first: int = 0) -> Path:
    for label, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(first, first + count):
            cv2.imwrite(str(folder / name / f"{number:03}.png"), scene(label, number))
    return folder


def parts_of(folder: Path, spec: InputSpec = SPEC, **choices) -> OwnParts:
    settings = {"margin": 1.0, "test_fraction": 0.15, "validation_fraction": 1 / 12, "seed": 0}
    return read_parts(folder, spec, **(settings | choices))


def sizes(own: OwnParts) -> list[list[int]]:
    classes = len(own.class_names)
    return [np.bincount(part.labels, minlength=classes).tolist() for part in (own.train, own.validation, own.test)]


def test_the_parts_hold_what_the_runner_would_see_and_training_images_a_margin(tmp_path: Path) -> None:
    own = parts_of(draw(tmp_path, {"nut": 10, "bolt": 20}), margin=1.25)

    assert own.class_names == ("bolt", "nut")
    assert sizes(own) == [[16, 7], [1, 1], [3, 2]]
    assert own.train.pixels.shape == (23, 30, 30, 3)
    assert own.test.pixels.shape == (5, 24, 24, 3)
    known = {prepare(scene(1, number), SPEC).pixels.tobytes() for number in range(20)}
    assert {image.tobytes() for image in own.test.pixels[own.test.labels == 0]} <= known


def test_without_a_test_part_the_validation_images_stand_in_for_it(tmp_path: Path, caplog) -> None:
    for number, (part, count) in enumerate({"train": 8, "valid": 3}.items()):
        draw(tmp_path / part, {"nut": count, "bolt": count}, first=100 * number)

    with caplog.at_level(logging.WARNING):
        own = parts_of(tmp_path, test_fraction=0.0)

    assert sizes(own) == [[8, 8], [3, 3], [3, 3]]
    assert np.array_equal(own.test.pixels, own.validation.pixels)
    assert "no test part" in caplog.text


@pytest.mark.parametrize("spec", [SPEC, GARMENT], ids=["image", "garment"])
def test_a_data_set_that_comes_split_keeps_its_parts(tmp_path: Path, spec: InputSpec) -> None:
    for number, (part, count) in enumerate({"train": 8, "valid": 3, "test": 4}.items()):
        draw(tmp_path / part, {"nut": count, "bolt": count}, first=100 * number)

    assert sizes(parts_of(tmp_path, spec)) == [[8, 8], [3, 3], [4, 4]]


def test_few_images_are_warned_of_without_counting_those_of_a_given_test(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number, (part, nuts) in enumerate({"train": 6, "test": 30}.items()):
        draw(tmp_path / part, {"nut": nuts, "bolt": 30}, first=100 * number)

    with caplog.at_level(logging.WARNING, logger="train"):
        parts_of(tmp_path)

    (warned,) = (record.getMessage() for record in caplog.records if "20 images" in record.getMessage())
    assert warned.endswith("nut 6")


def test_a_missing_validation_part_comes_from_the_training_images(tmp_path: Path) -> None:
    draw(tmp_path / "Training", {"nut": 12, "bolt": 12})
    draw(tmp_path / "testing", {"nut": 4, "bolt": 4}, first=100)

    assert sizes(parts_of(tmp_path)) == [[11, 11], [1, 1], [4, 4]]


def test_a_test_image_that_is_also_a_training_image_is_no_training_image(tmp_path: Path) -> None:
    draw(tmp_path / "train", {"nut": 12, "bolt": 12})
    draw(tmp_path / "test", {"nut": 4, "bolt": 4})  # the first four again

    own = parts_of(tmp_path)
    assert sizes(own)[2] == [4, 4]
    assert sum(sizes(own)[0] + sizes(own)[1]) == 16
    assert len(own.skipped) == 8


def test_the_same_picture_in_two_classes_is_said_and_never_a_test(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(tmp_path, {"nut": 10, "bolt": 10})
    shutil.copy(tmp_path / "nut" / "003.png", tmp_path / "bolt" / "copy.png")

    with caplog.at_level(logging.WARNING, logger="train"):
        own = parts_of(tmp_path, test_fraction=0.4)

    same = prepare(scene(0, 3), SPEC).pixels
    assert not (own.test.pixels == same).all(axis=(1, 2, 3)).any()
    assert sorted(own.train.labels[(own.train.pixels == same).all(axis=(1, 2, 3))]) == [0, 1]
    assert any("nut/003.png" in record.getMessage() for record in caplog.records)


def test_a_burst_is_on_one_side_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    draw(tmp_path, {"nut": 12, "bolt": 12})
    for number in range(6):
        frame = np.clip(scene(0, 0).astype(np.int16) + number + 1, 0, 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "nut" / f"burst{number}.png"), frame)

    with caplog.at_level(logging.INFO, logger="train"):
        own = parts_of(tmp_path)

    first = prepare(scene(0, 0), SPEC).pixels.astype(int)
    near = [
        int((np.abs(part.pixels - first).mean(axis=(1, 2, 3)) < 8).sum())
        for part in (own.train, own.validation, own.test)
    ]
    assert sorted(near) == [0, 0, 7]
    assert any("6 of 30" in record.getMessage() for record in caplog.records)


def test_an_image_that_can_not_be_used_is_listed_with_its_reason(tmp_path: Path) -> None:
    draw(tmp_path, {"nut": 6, "bolt": 6})
    (tmp_path / "nut" / "cut.png").write_bytes((tmp_path / "nut" / "000.png").read_bytes()[:60])
    (tmp_path / "nut" / "note.txt").write_text("no image")
    cv2.imwrite(str(tmp_path / "bolt" / "tiny.png"), np.zeros((15, 40, 3), np.uint8))
    shutil.copy(tmp_path / "nut" / "000.png", tmp_path / "nut" / "again.png")

    names = [Path(line.partition(": ")[0]).name for line in parts_of(tmp_path).skipped]
    assert sorted(names) == ["again.png", "cut.png", "note.txt", "tiny.png"]


@pytest.mark.parametrize(
    ("classes", "fact"),
    [
        pytest.param({}, "0 folders", id="none"),
        pytest.param({"nut": 6}, "1 folder", id="one class"),
        pytest.param({"own/nut": 6, "own/bolt": 6}, "--data .*/own$", id="classes that lie deeper"),
        pytest.param({"test/nut": 6, "valid/nut": 6}, "valid, test", id="no training part"),
        pytest.param(
            {"train/nut": 6, "train/bolt": 6, "test": 6}, "--data .*/train$", id="a test part without classes"
        ),
        pytest.param({"train/nut": 6, "test/nut": 6, "notes": 1}, "--data .*/train$", id="parts beside another folder"),
        pytest.param(
            {"train/nut": 6, "test/nut": 6, "test/bolt": 6}, "images of bolt: ", id="a class in the test alone"
        ),
        pytest.param({"nut": 6, "bolt": 4}, "4 images of bolt", id="four images"),
        pytest.param({"nut": 6, "bolt": 1}, "1 image of bolt", id="one image"),
        pytest.param({"nut": 6, "bolt": 0}, "0 images of bolt", id="an empty class"),
        pytest.param({"nut": 6, "bolt": 6, "Nothing": 6}, "/Nothing", id="an answer of the runner"),
        pytest.param({"nut": 6, "bolt": 6, "stale": 6}, "/stale", id="another of its answers"),
        pytest.param({"nut": 6, "Background": 6}, "Background", id="one class and counter-examples"),
        pytest.param({"nut": 6, "bolt": 6, "other": 2}, "2 images of unknown", id="two counter-examples"),
    ],
)
def test_a_folder_without_enough_is_refused(tmp_path: Path, classes: dict[str, int], fact: str) -> None:
    with pytest.raises(DatasetError, match=fact):
        parts_of(draw(tmp_path, classes))


def test_a_class_of_corrupt_files_is_refused(tmp_path: Path) -> None:
    draw(tmp_path, {"nut": 6, "bolt": 6})
    for path in (tmp_path / "bolt").iterdir():
        path.write_bytes(path.read_bytes()[:50])

    with pytest.raises(DatasetError, match="0 images of bolt"):
        parts_of(tmp_path)


def test_a_cut_out_lies_on_a_ground_that_differs_in_every_part(tmp_path: Path) -> None:
    """Black on nothing, whose hidden colour is black: without a ground nothing is seen of it."""
    draw(tmp_path, {"nut": 6, "bolt": 6})
    for number in range(6):
        shape = np.zeros((32, 32), np.uint8)
        shape[4 + 3 * number :, 8:24] = 255
        cv2.imwrite(str(tmp_path / "nut" / f"{number:03}.png"), cv2.merge([0 * shape, 0 * shape, 0 * shape, shape]))

    own = parts_of(tmp_path)

    nuts = [part.pixels[part.labels == 1] for part in (own.train, own.validation, own.test)]
    assert sum(map(len, nuts)) == 6
    assert all(np.ptp(pixels) > 100 for part in nuts for pixels in part)


def test_many_classes_have_labels_beyond_a_byte(tmp_path: Path) -> None:
    draw(tmp_path, {f"part{number:03}": 5 for number in range(300)})

    own = parts_of(tmp_path)
    assert own.test.labels.tolist() == list(range(300))


def test_images_beyond_the_memory_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = draw(tmp_path / "own", {"nut": 6, "bolt": 6})
    in_memory = parts_of(folder)
    monkeypatch.setattr(own_images, "_MOST_MEMORY", 1)

    in_file = parts_of(folder, scratch=tmp_path)
    assert isinstance(in_file.train.pixels, np.memmap)
    assert not isinstance(in_file.test.pixels, np.memmap)
    np.testing.assert_array_equal(in_file.train.pixels, in_memory.train.pixels)


def test_splits_carry_the_input_of_the_network_and_its_size_without_the_margin(tmp_path: Path) -> None:
    splits = load_splits(TrainConfig(data=str(draw(tmp_path, {"nut": 20, "bolt": 40})), input_size=96, max_images=12))

    spec = splits.input
    assert (spec.height, spec.width, spec.channels, spec.recipe) == (96, 96, 3, "image-v1")
    assert splits.train.pixels.shape == (12, 110, 110, 3)  # 96 * 1.15
    assert splits.validation.images.dtype == np.float32
    # White is (255 - 127) / 128 = 1, black -127/128.
    assert (splits.test.images.max(), splits.test.images.min()) == (1.0, -0.9921875)
    assert splits.class_weights is not None or np.ptp(np.bincount(splits.train.labels)) <= 2


def test_each_image_knows_its_file_and_near_copies_share_a_group(tmp_path: Path) -> None:
    draw(tmp_path, {"nut": 8, "bolt": 8})
    again = np.clip(scene(0, 0).astype(np.int16) + 2, 0, 255).astype(np.uint8)  # of nut/000.png
    cv2.imwrite(str(tmp_path / "nut" / "again.png"), again)

    own = parts_of(tmp_path)

    assert not own.test.files.comes_split
    parts = (own.train, own.validation, own.test)
    for part in parts:
        for path, pixels in zip(part.files.paths, part.pixels, strict=True):
            assert (prepare(cv2.imread(str(path)), SPEC).pixels == pixels).all()
    group_of = {
        path.name: group for part in parts for path, group in zip(part.files.paths, part.files.groups, strict=True)
        if path.parent.name == "nut"
    }  # fmt: skip
    assert group_of["again.png"] == group_of["000.png"]
    assert len(set(group_of.values())) == 8


def test_splits_say_that_a_data_set_came_split(tmp_path: Path) -> None:
    for number, part in enumerate(("train", "test")):
        draw(tmp_path / part, {"nut": 8, "bolt": 8}, first=100 * number)

    splits = load_splits(TrainConfig(data=str(tmp_path)))

    assert splits.test.files is not None
    assert splits.test.files.comes_split
    assert {path.parent.parent.name for path in splits.test.files.paths} == {"test"}


def test_counter_examples_are_no_class_and_lie_behind_the_others_in_every_part(tmp_path: Path) -> None:
    folder = draw(tmp_path, {"nut": 20, "Background": 10, "bolt": 20, "none": 10})

    own, splits = parts_of(folder), load_splits(TrainConfig(data=str(folder), input_size=96))

    assert own.class_names == splits.class_names == ("bolt", "nut")
    assert sizes(own) == [[16, 16, 16], [1, 1, 1], [3, 3, 3]]
    assert all((np.diff(part.labels) >= 0).all() for part in (own.train, own.validation, own.test))
    assert splits.outputs == 3
    for part, pixels in ((splits.train, splits.counter_examples.train), (splits.test, splits.counter_examples.test)):
        assert len(part.labels) == len(part.pixels) == len(part.files.paths) == 2 * len(pixels)
        assert not {path.parent.name for path in part.files.paths} & {"Background", "none"}
    np.testing.assert_array_equal(splits.whole, np.concatenate([splits.train.pixels, splits.counter_examples.train]))


@pytest.mark.parametrize(("resize", "is_warned"), [("letterbox", True), ("crop", False)])
def test_bars_that_give_a_class_away_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, resize: str, is_warned: bool
) -> None:
    draw(tmp_path, {"nut": 5, "bolt": 5})
    for path in (tmp_path / "bolt").iterdir():
        cv2.imwrite(str(path), np.ascontiguousarray(cv2.imread(str(path)).transpose(1, 0, 2)))

    with caplog.at_level(logging.WARNING, logger="train"):
        read_parts(
            tmp_path, replace(SPEC, resize=resize), margin=1.0, test_fraction=0.2, validation_fraction=0.2, seed=0
        )

    assert any("--resize crop" in record.getMessage() for record in caplog.records) == is_warned
