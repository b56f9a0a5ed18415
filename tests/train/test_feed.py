from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras")

from edge.errors import RunError
from train.backend import Cluster
from train.config import TrainConfig
from train.data import Split, Splits
from train.feed import build_feed
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
