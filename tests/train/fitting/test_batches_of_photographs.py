"""Batches of photographs: their size, numbers and order, and those of counter-examples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras")

from edge.artifact.input_spec import InputSpec
from train.config import PRESETS, TrainConfig
from train.data.splits import CounterExamples, Split, Splits
from train.fitting import batch_pipeline
from train.fitting.batch_pipeline import build_pipeline

PHOTO = InputSpec(8, 8, channels=3, recipe="image-v1", mean=(127.0,), std=(128.0,))
TRANSFER = replace(PRESETS["transfer"], batch_size=4, least_steps=3, train_scale=1.0, mixup=0.0, cutmix=0.0)


@pytest.fixture
def photo_splits() -> Splits:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 10, 10, 3), dtype=np.uint8)
    labels = np.array([0, 1, 299] * 3, np.int32)
    train, validation = Split(pixels, labels, PHOTO), Split(pixels[:3, :8, :8], labels[:3], PHOTO)
    names = tuple(map(str, range(300)))
    return Splits(train, validation, validation, names, whole=pixels, train_positions=np.arange(9))


def test_photographs_come_in_the_size_of_the_input_normalized_and_with_targets_of_all_classes(
    photo_splits: Splits,
) -> None:
    pipeline = build_pipeline(photo_splits, TRANSFER, TrainConfig())

    images, targets = pipeline.training["x"][0]
    assert (images.shape, images.dtype, targets.shape) == ((4, 8, 8, 3), np.float32, (4, 300))
    assert -0.9921875 <= images.min() < 0 < images.max() <= 1.0
    # Smoothing by 0.1 over 300 classes.
    np.testing.assert_allclose(np.unique(targets), [0.1 / 300, 0.9 + 0.1 / 300], rtol=1e-5)
    assert pipeline.steps_per_epoch == 3  # two batches hold the nine images, but an epoch has three at least


def test_training_photographs_are_smaller_by_the_scale_and_those_of_validation_are_not(photo_splits: Splits) -> None:
    preset = replace(TRANSFER, input_size=32, train_scale=0.5)
    pipeline = build_pipeline(photo_splits, preset, TrainConfig(data="own"))

    assert pipeline.training["x"][0][0].shape == (4, 16, 16, 3)
    assert pipeline.validation[0][0].shape[1:] == (8, 8, 3)


def test_validation_photographs_are_batches_the_last_of_which_is_smaller(photo_splits: Splits) -> None:
    validation = build_pipeline(photo_splits, replace(TRANSFER, batch_size=2), TrainConfig()).validation

    assert [len(validation[number][0]) for number in range(validation.num_batches)] == [2, 1]
    images, targets = validation[1]
    # In the network's order: red first.
    np.testing.assert_array_equal(
        images[0], (photo_splits.validation.pixels[2][..., ::-1].astype(np.float32) - 127) / 128
    )
    assert np.flatnonzero(targets[0]).tolist() == [299]


def test_threads_make_the_batches_that_one_after_another_would(photo_splits: Splits) -> None:
    batches = build_pipeline(photo_splits, TRANSFER, TrainConfig()).training["x"]
    serial = [batches[number] for number in range(24)]
    fresh = build_pipeline(photo_splits, TRANSFER, TrainConfig()).training["x"]

    with ThreadPoolExecutor(4) as pool:
        for batch, expected in zip(pool.map(fresh.__getitem__, range(24)), serial, strict=True):
            for array, other in zip(batch, expected, strict=True):
                np.testing.assert_array_equal(array, other)


def test_counter_examples_are_a_class_of_their_own_in_training_and_weigh_as_one(photo_splits: Splits) -> None:
    count, known = len(photo_splits.train.labels), len(photo_splits.class_names)
    others = np.full((5, *photo_splits.train.pixels.shape[1:]), 7, np.uint8)
    splits = replace(
        photo_splits, whole=np.concatenate([photo_splits.train.pixels, others]),
        counter_examples=CounterExamples(others, others, others),
        class_weights=np.arange(known + 1, dtype=np.float32),
    )  # fmt: skip

    images = batch_pipeline.training_images(splits, PRESETS["transfer"], TrainConfig(data="own"))

    assert images.classes == known + 1
    assert images.targets[:count].tolist() == photo_splits.train.labels.tolist()
    assert (images.pixels[count:] == 7).all()
    assert images.targets[count:].tolist() == images.weights[count:].tolist() == [known] * 5
