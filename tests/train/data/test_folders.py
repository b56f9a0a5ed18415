import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DatasetError
from edge.vision import frame_to_pixels
from train.config import TrainConfig
from train.data.folders import balancing_weights, read_folder
from train.data.splits import load_splits


def test_every_usable_image_of_every_class_is_seen_as_the_runner_would_see_it(own_folder: Path) -> None:
    own = read_folder(own_folder, height=28, width=36)

    assert own.class_names == ("round", "tall", "wide")
    assert np.bincount(own.labels).tolist() == [24, 36, 24]
    assert own.pixels.shape == (84, 28, 36)
    picture = cv2.imread(str(own_folder / "tall" / "005.png"))
    assert picture is not None
    np.testing.assert_array_equal(own.pixels[24 + 5], frame_to_pixels(picture, height=28, width=36))


def test_what_is_of_no_use_is_skipped_and_listed(own_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="train"):
        own = read_folder(own_folder, height=28, width=28)

    reasons = [line.replace(f"{own_folder}/", "").partition(": ") for line in own.skipped]
    names = ["round/cut.png", "tall/empty.jpg", "wide/copy.png", "wide/tiny.png", "round/note.txt"]
    assert [path for path, _, _ in reasons] == names
    facts = ("PNG", "empty", "round/003.png", "40x15", "other file")
    assert [fact for fact, (_, _, reason) in zip(facts, reasons, strict=True) if fact in reason] == list(facts)
    left_out, *others = [record.getMessage() for record in caplog.records]
    assert "note.txt" in left_out
    assert others == [
        f"read 88 of 88 images in {own_folder}",
        *(f"skipped {line}" for line in own.skipped[:4]),
    ]


def test_images_of_sub_folders_belong_to_their_class_and_heic_is_counted(own_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(own_folder, tmp_path / "own")
    (tmp_path / "own" / "tall" / "more").mkdir()
    (tmp_path / "own" / "tall" / "005.png").rename(tmp_path / "own" / "tall" / "more" / "005.jfif")
    (tmp_path / "own" / "tall" / "a.jxl").write_bytes(b"\xff\x0a")

    own = read_folder(tmp_path / "own", height=28, width=28)

    assert np.bincount(own.labels).tolist() == [24, 36, 24]
    assert [line.rpartition("/")[2] for line in own.skipped[4:]] == ["note.txt: other file", "a.jxl: JPEG XL image"]


def test_a_data_set_that_comes_split_is_not_taken_for_classes(own_folder: Path, tmp_path: Path) -> None:
    for part in ("train", "test"):
        shutil.copytree(own_folder, tmp_path / part)
    with pytest.raises(DatasetError, match=f"--data {tmp_path / 'train'}"):
        read_folder(tmp_path, height=28, width=28)


def test_a_cut_out_is_trained_on_as_though_it_lay_on_a_ground_that_differs(own_folder: Path, tmp_path: Path) -> None:
    """Black on nothing, whose hidden colour is black: without a ground the vision step finds nothing in it."""
    shutil.copytree(own_folder, tmp_path / "own")
    shape = cv2.ellipse(np.zeros((96, 96), np.uint8), (48, 48), (14, 34), 0, 0, 360, 255, -1)
    cv2.imwrite(str(tmp_path / "own" / "tall" / "cut_out.png"), cv2.merge([0 * shape, 0 * shape, 0 * shape, shape]))

    own = read_folder(tmp_path / "own", height=28, width=28)

    assert np.bincount(own.labels).tolist() == [24, 37, 24]


def test_rarer_classes_weigh_more_so_that_all_weigh_the_same_together() -> None:
    weights = balancing_weights(np.array([0] * 6 + [1] * 2, np.uint8), 2)

    assert weights is not None
    assert weights.tolist() == pytest.approx([8 / (2 * 6), 8 / (2 * 2)])


def test_a_balance_of_a_half_weighs_by_the_root() -> None:
    weights = balancing_weights(np.array([0] * 16 + [1] * 4, np.uint8), 2, balance=0.5)

    assert weights is not None
    assert weights.tolist() == pytest.approx([20 / (16 + 4 * 2), 2 * 20 / (16 + 4 * 2)])
    assert balancing_weights(np.array([0] * 16 + [1] * 4, np.uint8), 2, balance=0) is None


def test_nearly_equal_classes_need_no_weights() -> None:
    assert balancing_weights(np.array([0] * 6 + [1] * 4, np.uint8), 2) is None


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        pytest.param({}, "0 folders: ", id="no class"),
        pytest.param({"hat": 3}, "holds 1 folder", id="one class"),
        pytest.param({"hat": 3, "shoe": 2}, r"shoe holds 2 .* 3 are needed", id="few"),
    ],
)
def test_a_folder_without_enough_is_refused(tmp_path: Path, classes: dict[str, int], message: str) -> None:
    for name, count in classes.items():  # two names of different lengths, so no two pictures are the same
        (tmp_path / name).mkdir()
        for number in range(count):
            cloth = np.random.default_rng([len(name), number]).integers(100, 256, (12, 12, 3), dtype=np.uint8)
            picture = np.pad(cloth, ((4, 4), (4, 4), (0, 0)))
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), picture)

    with pytest.raises(DatasetError, match=message):
        read_folder(tmp_path, height=28, width=28)


def test_many_classes_have_labels_beyond_a_byte(tmp_path: Path) -> None:
    for label in range(300):
        (tmp_path / f"cloth{label:03}").mkdir()
        for number in range(3):
            cloth = np.random.default_rng([label, number]).integers(100, 256, (12, 12, 3), dtype=np.uint8)
            cv2.imwrite(str(tmp_path / f"cloth{label:03}" / f"{number}.png"), np.pad(cloth, ((4, 4), (4, 4), (0, 0))))

    own = read_folder(tmp_path, height=28, width=28)
    assert own.labels.tolist() == [label for label in range(300) for _ in range(3)]


@pytest.mark.parametrize("name", ["Nothing", "stale"])
def test_a_class_can_not_be_called_like_an_answer_of_the_runner(tmp_path: Path, name: str) -> None:
    for folder in ("hat", "sock", name):
        (tmp_path / folder).mkdir()

    with pytest.raises(DatasetError, match=rf"/{name}: '{name}' .*rename"):
        read_folder(tmp_path, height=28, width=28)


def test_the_splits_are_stratified_and_the_test_images_the_same_for_every_seed(own_folder: Path) -> None:
    first, second = (
        load_splits(TrainConfig("edge", str(own_folder), seed=seed, test_fraction=0.25, validation_fraction=1 / 3))
        for seed in (1, 2)
    )

    assert [np.bincount(split.labels).tolist() for split in (first.test, first.validation, first.train)] == [
        [6, 9, 6],
        [6, 9, 6],
        [12, 18, 12],
    ]
    np.testing.assert_array_equal(first.test.pixels, second.test.pixels)
    assert (first.validation.pixels != second.validation.pixels).any()
    seen = {image.tobytes() for split in (first.train, first.validation) for image in split.pixels}
    assert not seen & {image.tobytes() for image in first.test.pixels}
    assert first.class_names == ("round", "tall", "wide")
    assert len(first.skipped) == 5


def test_another_input_size_is_for_images_of_your_own() -> None:
    with pytest.raises(DatasetError, match="demo .*28x28: --input-size"):
        load_splits(TrainConfig(data="demo", input_size=32))


def test_a_picture_without_a_garment_is_skipped(own_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(own_folder, tmp_path / "own")  # other tests count what is in theirs
    cv2.imwrite(str(tmp_path / "own" / "round" / "wall.png"), np.full((64, 64, 3), 150, np.uint8))

    own = read_folder(tmp_path / "own", height=28, width=28)

    assert [line for line in own.skipped if "wall.png" in line and "no garment" in line]


def test_counter_examples_are_set_apart_for_the_small_network_too(own_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(own_folder, tmp_path / "own")
    (folder / "tall").rename(folder / "Other")

    splits = load_splits(TrainConfig("edge", str(folder), test_fraction=0.25, validation_fraction=1 / 3, max_images=40))

    assert splits.class_names == ("round", "wide")
    assert splits.outputs == 3
    parts = (splits.train, splits.validation, splits.test)
    assert [int(part.labels.max()) for part in parts] == [1, 1, 1]
    assert min(map(len, (splits.counter_examples.train, splits.counter_examples.test))) >= 1
    np.testing.assert_array_equal(splits.whole[splits.train_positions], splits.train.pixels)


def test_a_teacher_and_counter_examples_exclude_each_other(own_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(own_folder, tmp_path / "own")
    (folder / "tall").rename(folder / "none")

    with pytest.raises(DatasetError, match="--teacher"):
        load_splits(TrainConfig("edge", str(folder), teacher=tmp_path / "soft.npz"))
