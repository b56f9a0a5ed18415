from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import demo
from edge.errors import DatasetError
from train.config import TrainConfig
from train.data.splits import load_splits, stratified_choice, to_network


def test_pixels_become_floats_from_0_to_1_with_a_channel() -> None:
    pixels = np.array([[[0, 51], [102, 255]]], np.uint8)

    inputs = to_network(pixels)

    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[0, :, :, 0], np.float32([[0.0, 0.2], [0.4, 1.0]]))


def test_stratified_choice_takes_the_same_share_of_every_class() -> None:
    labels = np.array([0] * 8 + [1] * 4 + [2] * 2, np.uint8)

    chosen = stratified_choice(labels, fraction=0.25, rng=np.random.default_rng(0))

    assert [int(chosen[labels == label].sum()) for label in range(3)] == [2, 1, 0]  # 0.5 rounds to even


def test_a_small_class_gives_one_image_as_long_as_one_is_left() -> None:
    labels = np.array([0] * 20 + [1] * 3 + [2], np.uint8)

    chosen = stratified_choice(labels, fraction=1 / 12, rng=np.random.default_rng(0), least=1)
    none = stratified_choice(labels, fraction=0.0, rng=np.random.default_rng(0), least=1)

    assert [int(chosen[labels == label].sum()) for label in range(3)] == [2, 1, 0]
    assert not none.any()


@pytest.mark.parametrize("counts", [(3, 3), (5, 5), (20, 4)])
def test_every_class_of_ones_own_is_in_every_part(tmp_path: Path, counts: tuple[int, int]) -> None:
    for label, count in enumerate(counts):
        (tmp_path / "abc"[label]).mkdir()
        for number in range(count):
            cv2.imwrite(str(tmp_path / "abc"[label] / f"{number}.png"), demo.draw_frame(10 * number + label).image)

    splits = load_splits(TrainConfig(data=str(tmp_path), preset="edge", recipe="garment"))

    for part in (splits.train, splits.validation, splits.test):
        assert set(part.labels.tolist()) == {0, 1}
    assert sum(len(part.labels) for part in (splits.train, splits.validation, splits.test)) == sum(counts)


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


def test_too_few_images_to_split_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"10 .*--max-images"):
        load_splits(TrainConfig(data="demo", max_images=10))


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
