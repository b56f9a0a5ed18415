from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from edge.errors import RunError
from train.config import TrainConfig
from train.data.auxiliary import Extra
from train.data.splits import Split, Splits
from train.fitting import soft_labels
from train.fitting.batch_feed import build_feed
from train.network.backend import Cluster
from train.presets import PRESETS

PLAIN, EDGE = PRESETS["baseline"], replace(PRESETS["edge"], batch_size=4)


@pytest.fixture
def splits() -> Splits:
    pixels = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    labels = np.array([0, 1] * 5, np.uint8)
    train, validation = Split(pixels[:7], labels[:7]), Split(pixels[7:], labels[7:])
    return Splits(train, validation, validation, ("a", "b"), whole=pixels[:7], train_positions=np.arange(7))


def test_a_plain_preset_gets_the_arrays_and_keras_own_batches(splits: Splits) -> None:
    feed = build_feed(splits, replace(PLAIN, batch_size=2), TrainConfig())

    np.testing.assert_array_equal(feed.training["x"], splits.train.images)
    np.testing.assert_array_equal(feed.training["y"], splits.train.labels)
    assert feed.training["batch_size"] == 2
    assert (feed.loss, feed.steps_per_epoch) == ("sparse_categorical_crossentropy", 4)


def test_an_augmented_one_gets_batches_and_is_validated_on_hard_labels(splits: Splits) -> None:
    feed = build_feed(splits, EDGE, TrainConfig())

    _, targets = feed.training["x"][0]
    np.testing.assert_allclose(np.unique(targets), [0.025, 0.975])  # smoothed by 0.05 over two classes
    np.testing.assert_array_equal(feed.validation[1], [[0, 1], [1, 0], [0, 1]])
    assert (feed.loss, feed.steps_per_epoch) == ("categorical_crossentropy", 2)


@pytest.mark.parametrize("preset", [PLAIN, EDGE], ids=["plain", "augmented"])
def test_classes_weigh_as_the_splits_say(splits: Splits, preset) -> None:
    training = build_feed(replace(splits, class_weights=np.float32([1, 3])), preset, TrainConfig()).training

    if preset is PLAIN:
        assert training["class_weight"] == {0: 1.0, 1: 3.0}
    else:
        _, targets, weights = training["x"][0]
        np.testing.assert_array_equal(weights, np.where(targets[:, 1] > 0.5, 3, 1))


EXTRA = Extra(
    np.full((2, 4, 4), 99, np.uint8), np.float32([[1, 0], [0.5, 0.5]]), np.float32([1, 1]), "two of another kind"
)


WHOLE = replace(EDGE, erase=0.0, batch_size=9)  # a batch is a round of the seven images and the two extra ones


def targets_by_grey(batches) -> dict[int, list[np.ndarray]]:
    """Targets in the first batch, by the grey level that tells the images of these tests apart."""
    images, targets = batches[0][:2]
    found: dict[int, list[np.ndarray]] = {}
    for image, target in zip(images, targets, strict=True):
        found.setdefault(round(float(image.max()) * 255), []).append(target)
    return found


def test_extra_images_are_among_the_others_and_unsure_where_no_class_is_right(splits: Splits) -> None:
    feed = build_feed(replace(splits, extra=EXTRA), WHOLE, TrainConfig())

    found = targets_by_grey(feed.training["x"])
    assert set(found) == {0, 1, 2, 3, 4, 5, 6, 99}
    np.testing.assert_allclose(np.sort(found[99], axis=0), [[0.5, 0.025], [0.975, 0.5]])
    assert feed.steps_per_epoch == 1


def test_what_the_vision_step_did_not_see_is_not_learnt(splits: Splits) -> None:
    unseen = replace(EXTRA, presence=np.float32([0.0, 0.9]))
    feed = build_feed(replace(splits, extra=unseen), replace(WHOLE, batch_size=8), TrainConfig())

    np.testing.assert_allclose(targets_by_grey(feed.training["x"])[99], [[0.5, 0.5]])


def test_a_plain_preset_gets_batches_once_there_are_extra_images(splits: Splits) -> None:
    feed = build_feed(replace(splits, extra=EXTRA), replace(PLAIN, batch_size=9), TrainConfig())

    np.testing.assert_allclose(np.sort(targets_by_grey(feed.training["x"])[99], axis=0), [[0.5, 0], [1, 0.5]])
    assert feed.loss == "categorical_crossentropy"


def test_of_extra_images_the_teacher_says_what_is_right(splits: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    said = np.tile(np.float32([0.75, 0.25]), (7, 1))
    monkeypatch.setattr(soft_labels, "read", lambda path, **asked: said)
    config = TrainConfig(teacher=Path("some.npz"), distillation_temperature=2.0)

    found = targets_by_grey(build_feed(replace(splits, extra=EXTRA), WHOLE, config).training["x"])

    np.testing.assert_allclose(found[2][0], [[0.975, 0.025], [0.75, 0.25]])
    # Square roots of 0.975 and 0.025, divided by their sum.
    roots = np.sqrt([0.975, 0.025])
    known, unknown = sorted(found[99], key=lambda pair: -pair[0, 0])
    np.testing.assert_allclose(known, [[0.975, 0.025], roots / roots.sum()], rtol=1e-5)
    np.testing.assert_allclose(unknown, [[0.5, 0.5], [0.5, 0.5]])


def test_processes_share_batches_and_validation_images_evenly(splits: Splits) -> None:
    feeds = [
        build_feed(splits, EDGE, TrainConfig(), cluster=Cluster(process, processes=2, devices=2)) for process in (0, 1)
    ]

    whole = build_feed(splits, EDGE, TrainConfig()).training["x"][3][0]
    np.testing.assert_array_equal(np.concatenate([feed.training["x"][3][0] for feed in feeds]), whole)
    seen = [feed.validation[0][:, 0, 0, 0] * 255 for feed in feeds]
    np.testing.assert_allclose(seen, [[7], [8]])  # of three, one each


def test_a_batch_that_can_not_be_shared_evenly_is_refused(splits: Splits) -> None:
    with pytest.raises(RunError, match="4 images can't be shared evenly by 3 devices: choose another --batch-size"):
        build_feed(splits, EDGE, TrainConfig(), cluster=Cluster(devices=3))


def test_a_share_of_extra_images_is_of_the_whole_epoch(splits: Splits) -> None:
    # One in eight: seven images of the data set and one of the two extra ones, the other one an epoch later.
    config = TrainConfig(extra_data_share=1 / 8)
    extra = replace(EXTRA, pixels=np.stack([EXTRA.pixels[0], EXTRA.pixels[1] + 100]))
    batches = build_feed(replace(splits, extra=extra), replace(WHOLE, batch_size=8), config).training["x"]

    levels = [np.rint(batches[number][0].max(axis=(1, 2, 3)) * 255).astype(int) for number in range(2)]

    assert [sorted(level)[:7] for level in levels] == [list(range(7))] * 2
    assert {max(level) for level in levels} == {99, 199}
