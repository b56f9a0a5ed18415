import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import demo
from edge.errors import DatasetError
from edge.vision import frame_to_pixels
from train.config import TrainConfig
from train.data import auxiliary
from train.data.auxiliary import AuxiliaryImages
from train.data.splits import Split, Splits, balancing_weights, load_splits, stratified_choice, to_network


def test_pixels_become_floats_from_0_to_1_with_a_channel() -> None:
    pixels = np.array([[[0, 51], [102, 255]]], np.uint8)

    inputs = to_network(pixels)

    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[0, :, :, 0], np.float32([[0.0, 0.2], [0.4, 1.0]]))


def test_stratified_choice_takes_the_same_share_of_every_class() -> None:
    labels = np.array([0] * 8 + [1] * 4 + [2] * 2, np.uint8)

    chosen = stratified_choice(labels, fraction=0.25, rng=np.random.default_rng(0))

    assert [int(chosen[labels == label].sum()) for label in range(3)] == [2, 1, 0]  # 0.5 rounds to even


def test_another_seed_chooses_others() -> None:
    labels = np.zeros(100, np.uint8)
    first, again, other = (
        stratified_choice(labels, fraction=0.5, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )

    assert (first == again).all()
    assert (first != other).any()


def test_the_split_may_have_a_seed_of_its_own() -> None:
    of_seed, of_split_seed, of_both = (
        load_splits(TrainConfig(data="demo", max_images=60, validation_fraction=0.25, seed=3, split_seed=split_seed))
        for split_seed in (None, 5, 3)
    )

    np.testing.assert_array_equal(of_seed.train_positions, of_both.train_positions)
    assert of_seed.train_positions.tolist() != of_split_seed.train_positions.tolist()
    np.testing.assert_array_equal(of_seed.whole, of_split_seed.whole)  # drawn with `seed`


def test_validation_comes_out_of_the_training_images_and_the_test_images_are_others() -> None:
    splits = load_splits(TrainConfig(data="demo", max_images=60, validation_fraction=0.5, seed=4))

    drawn, _ = demo.draw_dataset(60, seed=4)
    assert len(splits.train.labels) == len(splits.validation.labels) == 30
    both = np.concatenate([splits.train.images, splits.validation.images])
    assert {image.tobytes() for image in both} == {image.tobytes() for image in to_network(drawn)}
    assert not {image.tobytes() for image in splits.test.images} & {image.tobytes() for image in both}
    np.testing.assert_array_equal(splits.whole, drawn)
    np.testing.assert_array_equal(splits.whole[splits.train_positions], splits.train.pixels)


def test_another_input_size_is_for_images_of_your_own() -> None:
    with pytest.raises(DatasetError, match="demo .*28x28: --input-size"):
        load_splits(TrainConfig(data="demo", input_size=32))


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


def test_too_few_images_to_split_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"10 .*--max-images"):
        load_splits(TrainConfig(data="demo", max_images=10))
    with pytest.raises(DatasetError, match="^1 training image can"):
        load_splits(TrainConfig(data="demo", max_images=1))


def test_no_data_and_no_network_names_the_two_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    keras = pytest.importorskip("keras")

    def fail() -> None:
        raise Exception("URL fetch failure: name resolution")  # as Keras raises it

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", fail)
    with pytest.raises(DatasetError, match=r"connect .* copy .*--data demo"):
        load_splits(TrainConfig())


@pytest.mark.real_data
@pytest.mark.usefixtures("fashion_mnist_present")
def test_the_real_data_splits_into_55000_5000_and_10000() -> None:
    pytest.importorskip("keras")
    splits = load_splits(TrainConfig())

    assert [len(split.labels) for split in (splits.train, splits.validation, splits.test)] == [55_000, 5_000, 10_000]
    assert (np.bincount(splits.validation.labels) == 500).all()
    assert splits.test.images.shape == (10_000, 28, 28, 1)
    assert (splits.test.images.min(), splits.test.images.max()) == (0.0, 1.0)


# ---- your own images, as the small grey network sees them


def splits_of(folder: Path, **choices) -> Splits:
    settings = {"test_fraction": 0.25, "validation_fraction": 1 / 3}
    return load_splits(TrainConfig("edge", str(folder), **(settings | choices)))


def parts(splits: Splits) -> tuple[Split, Split, Split]:
    return splits.train, splits.validation, splits.test


def counts(splits: Splits) -> list[list[int]]:
    return [np.bincount(part.labels, minlength=len(splits.class_names)).tolist() for part in parts(splits)]


@pytest.fixture
def copied(own_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(own_folder, tmp_path / "own")  # other tests count what is in theirs


def test_every_usable_image_is_seen_as_the_runner_would_see_it(own_folder: Path) -> None:
    splits = splits_of(own_folder, input_size=32)

    assert splits.class_names == ("round", "tall", "wide")
    assert np.sum(counts(splits), axis=0).tolist() == [24, 36, 25]  # wide/copy.png is also round/003.png
    assert (splits.input.height, splits.input.channels, splits.input.recipe) == (32, 1, "garment-v2")
    for part in parts(splits):
        for path, pixels in zip(part.files.paths, part.pixels, strict=True):
            np.testing.assert_array_equal(pixels, frame_to_pixels(cv2.imread(str(path)), height=32, width=32))


def test_what_is_of_no_use_is_skipped_and_listed(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    cv2.imwrite(str(copied / "round" / "wall.png"), np.full((64, 64, 3), 150, np.uint8))
    shutil.copy(copied / "tall" / "005.png", copied / "tall" / "again.png")
    with caplog.at_level(logging.WARNING, logger="train"):
        splits = splits_of(copied)

    reasons = [line.replace(f"{copied}/", "").partition(": ")[::2] for line in splits.skipped]
    assert [path for path, _ in reasons] == [
        *("round/cut.png", "round/wall.png", "tall/empty.jpg", "wide/tiny.png", "tall/again.png", "round/note.txt")
    ]
    facts = ("PNG", "garment", "empty", "40x15", "tall/005.png", "other file")
    assert [fact for fact, (_, reason) in zip(facts, reasons, strict=True) if fact in reason] == list(facts)
    said = [record.getMessage() for record in caplog.records]
    assert "note.txt" in said[0]
    assert [line for line in said if line.startswith("skipped ")] == [f"skipped {line}" for line in splits.skipped[:5]]


def test_images_of_sub_folders_belong_to_their_class_and_heic_is_counted(copied: Path) -> None:
    (copied / "tall" / "more").mkdir()
    (copied / "tall" / "005.png").rename(copied / "tall" / "more" / "005.jfif")
    (copied / "tall" / "a.jxl").write_bytes(b"\xff\x0a")

    splits = splits_of(copied)

    assert np.sum(counts(splits), axis=0).tolist() == [24, 36, 25]
    assert [line.rpartition("/")[2] for line in splits.skipped[3:]] == ["note.txt: other file", "a.jxl: JPEG XL image"]


def test_a_cut_out_is_trained_on_as_though_it_lay_on_a_ground_that_differs(copied: Path) -> None:
    """Black on nothing, whose hidden colour is black: without a ground the vision step finds nothing in it."""
    shape = cv2.ellipse(np.zeros((96, 96), np.uint8), (48, 48), (14, 34), 0, 0, 360, 255, -1)
    cv2.imwrite(str(copied / "tall" / "cut_out.png"), cv2.merge([0 * shape, 0 * shape, 0 * shape, shape]))

    assert np.sum(counts(splits_of(copied)), axis=0).tolist() == [24, 37, 25]


def test_a_picture_in_two_classes_is_trained_on_and_never_a_test(own_folder: Path) -> None:
    for seed in range(3):
        splits = splits_of(own_folder, test_fraction=0.5, seed=seed)
        paths = [path.relative_to(own_folder).as_posix() for path in splits.train.files.paths]
        assert {"round/003.png", "wide/copy.png"} < set(paths)


@pytest.mark.parametrize("own_counts", [(5, 5), (20, 6)])
def test_every_class_is_in_every_part(tmp_path: Path, own_counts: tuple[int, int]) -> None:
    for label, count in enumerate(own_counts):
        (tmp_path / "abc"[label]).mkdir()
        for number in range(count):
            cv2.imwrite(str(tmp_path / "abc"[label] / f"{number}.png"), demo.draw_frame(10 * number + label).image)

    splits = splits_of(tmp_path, test_fraction=0.15, validation_fraction=1 / 12)

    assert np.min(counts(splits)) >= 1
    assert np.sum(counts(splits), axis=0).tolist() == list(own_counts)


def test_near_copies_lie_on_one_side_and_the_test_images_are_the_same_for_every_seed(own_folder: Path) -> None:
    first, second = (splits_of(own_folder, seed=seed) for seed in (1, 2))

    assert counts(first)[2] == [6, 9, 6]
    np.testing.assert_array_equal(first.test.pixels, second.test.pixels)
    assert first.validation.files.paths != second.validation.files.paths
    learned = {*first.train.files.groups, *first.validation.files.groups}
    assert len(learned) >= 20
    assert not learned & set(first.test.files.groups)


def test_the_split_of_images_of_your_own_may_have_a_seed_of_its_own(own_folder: Path) -> None:
    of_seed, of_split_seed = splits_of(own_folder, seed=2), splits_of(own_folder, seed=1, split_seed=2)

    assert of_seed.validation.files.paths == of_split_seed.validation.files.paths


def test_soft_labels_are_of_the_same_images_in_the_same_order_for_every_seed_and_limit(own_folder: Path) -> None:
    every = [splits_of(own_folder), splits_of(own_folder, seed=7), splits_of(own_folder, seed=3, max_images=30)]

    for splits in every:
        np.testing.assert_array_equal(splits.whole, every[0].whole)
        np.testing.assert_array_equal(splits.whole[splits.train_positions], splits.train.pixels)
    assert len(every[0].whole) == 85 - 21
    assert [len(splits.train.labels) for splits in every] == [len(splits.train_positions) for splits in every]
    assert len(every[2].train.labels) == 30
    learned = np.concatenate([every[0].train.pixels, every[0].validation.pixels])
    assert sorted(map(bytes, learned)) == sorted(map(bytes, every[0].whole))


def test_without_a_test_part_all_is_learned_and_the_validation_images_stand_in(own_folder: Path) -> None:
    splits = splits_of(own_folder, test_fraction=0.0)

    assert splits.test.files.paths == splits.validation.files.paths
    assert len(splits.whole) == 85


def test_a_limit_that_leaves_a_class_without_images_is_refused(own_folder: Path) -> None:
    with pytest.raises(DatasetError, match="--max-images"):
        splits_of(own_folder, max_images=2)


def test_classes_weigh_alike_unless_the_balance_says_otherwise(own_folder: Path, tmp_path: Path) -> None:
    for name, most in {"tall": 36, "wide": 12}.items():
        (tmp_path / name).mkdir()
        for path in sorted((own_folder / name).glob("0*.png"))[:most]:
            shutil.copy(path, tmp_path / name)

    splits = splits_of(tmp_path)
    frequencies = np.bincount(splits.train.labels)
    np.testing.assert_allclose(splits.class_weights * frequencies, [len(splits.train.labels) / 2] * 2, rtol=1e-6)
    assert splits_of(tmp_path, balance=0.0).class_weights is None


def test_counter_examples_are_set_apart(copied: Path) -> None:
    (copied / "tall").rename(copied / "Other")

    splits = splits_of(copied, max_images=40)

    assert splits.class_names == ("round", "wide")
    assert splits.outputs == 3
    assert [int(part.labels.max()) for part in parts(splits)] == [1, 1, 1]
    assert min(map(len, (splits.counter_examples.train, splits.counter_examples.test))) >= 1
    np.testing.assert_array_equal(splits.whole[splits.train_positions], splits.train.pixels)


def test_a_teacher_and_counter_examples_exclude_each_other(copied: Path, tmp_path: Path) -> None:
    (copied / "tall").rename(copied / "none")

    with pytest.raises(DatasetError, match="--teacher"):
        splits_of(copied, teacher=tmp_path / "soft.npz")


def test_extra_and_threshold_images_are_read_in_the_size_of_the_run(own_folder: Path, tmp_path: Path) -> None:
    images = AuxiliaryImages(np.zeros((4, 32, 32), np.uint8), np.eye(4, 3, dtype=np.float32), np.ones(4), "drawings")
    auxiliary.write(tmp_path / "some.npz", images, ("round", "tall", "wide"))
    files = {"extra_data": (tmp_path / "some.npz",) * 2, "threshold_data": tmp_path / "some.npz"}

    splits = splits_of(own_folder, input_size=32, **files)

    assert (len(splits.auxiliary.pixels), len(splits.threshold_images.pixels)) == (8, 4)
    with pytest.raises(DatasetError, match=r"\(28, 28\)"):
        splits_of(own_folder, **files)
