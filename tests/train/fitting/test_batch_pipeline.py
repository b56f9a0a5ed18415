from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

from edge.errors import RunError
from train.config import PRESETS, TrainConfig
from train.data.auxiliary import AuxiliaryImages
from train.data.splits import Split, Splits
from train.fitting import batch_pipeline
from train.fitting.batch_pipeline import Batches, TrainingImages, build_pipeline, one_hot
from train.network.backend import Cluster

PLAIN, EDGE = PRESETS["baseline"], replace(PRESETS["edge"], batch_size=4)


@pytest.fixture
def splits() -> Splits:
    pixels = np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    labels = np.array([0, 1] * 5, np.uint8)
    train, validation = Split(pixels[:7], labels[:7]), Split(pixels[7:], labels[7:])
    return Splits(train, validation, validation, ("a", "b"), whole=pixels[:7], train_positions=np.arange(7))


def test_a_plain_preset_gets_the_arrays_and_keras_own_batches(splits: Splits) -> None:
    pipeline = build_pipeline(splits, replace(PLAIN, batch_size=2), TrainConfig())

    np.testing.assert_array_equal(pipeline.training["x"], splits.train.images)
    np.testing.assert_array_equal(pipeline.training["y"], splits.train.labels)
    assert pipeline.training["batch_size"] == 2
    assert (pipeline.loss, pipeline.steps_per_epoch) == ("sparse_categorical_crossentropy", 4)


def test_an_augmented_one_gets_batches_and_is_validated_on_hard_labels(splits: Splits) -> None:
    pipeline = build_pipeline(splits, EDGE, TrainConfig())

    _, targets = pipeline.training["x"][0]
    np.testing.assert_allclose(np.unique(targets), [0.025, 0.975])  # smoothed by 0.05 over two classes
    np.testing.assert_array_equal(pipeline.validation[1], [[0, 1], [1, 0], [0, 1]])
    assert (pipeline.loss, pipeline.steps_per_epoch) == ("categorical_crossentropy", 2)


@pytest.mark.parametrize("preset", [PLAIN, EDGE], ids=["plain", "augmented"])
def test_classes_weigh_as_the_splits_say(splits: Splits, preset) -> None:
    training = build_pipeline(replace(splits, class_weights=np.float32([1, 3])), preset, TrainConfig()).training

    if preset is PLAIN:
        assert training["class_weight"] == {0: 1.0, 1: 3.0}
    else:
        _, targets, weights = training["x"][0]
        np.testing.assert_array_equal(weights, np.where(targets[:, 1] > 0.5, 3, 1))


AUXILIARY = AuxiliaryImages(
    np.full((2, 4, 4), 99, np.uint8), np.float32([[1, 0], [0.5, 0.5]]), np.float32([1, 1]), "two of another kind"
)


WHOLE = replace(EDGE, erase=0.0, batch_size=9)  # a batch is a round of the seven images and the two auxiliary ones


def targets_by_grey(batches) -> dict[int, list[np.ndarray]]:
    """Targets in the first batch, by the grey level of the image."""
    images, targets = batches[0][:2]
    targets_of: dict[int, list[np.ndarray]] = {}
    for image, target in zip(images, targets, strict=True):
        targets_of.setdefault(round(float(image.max()) * 255), []).append(target)
    return targets_of


def test_auxiliary_images_are_among_the_others_and_unsure_where_no_class_is_right(splits: Splits) -> None:
    pipeline = build_pipeline(replace(splits, auxiliary=AUXILIARY), WHOLE, TrainConfig())

    found = targets_by_grey(pipeline.training["x"])
    assert set(found) == {0, 1, 2, 3, 4, 5, 6, 99}
    np.testing.assert_allclose(np.sort(found[99], axis=0), [[0.5, 0.025], [0.975, 0.5]])
    assert pipeline.steps_per_epoch == 1


def test_images_that_do_not_reach_the_network_are_not_trained_on(splits: Splits) -> None:
    unseen = replace(AUXILIARY, presence=np.float32([0.0, 0.9]))
    pipeline = build_pipeline(replace(splits, auxiliary=unseen), replace(WHOLE, batch_size=8), TrainConfig())

    np.testing.assert_allclose(targets_by_grey(pipeline.training["x"])[99], [[0.5, 0.5]])


def test_a_plain_preset_gets_batches_once_there_are_auxiliary_images(splits: Splits) -> None:
    pipeline = build_pipeline(replace(splits, auxiliary=AUXILIARY), replace(PLAIN, batch_size=9), TrainConfig())

    np.testing.assert_allclose(np.sort(targets_by_grey(pipeline.training["x"])[99], axis=0), [[0.5, 0], [1, 0.5]])
    assert pipeline.loss == "categorical_crossentropy"


def test_auxiliary_images_keep_their_targets_under_a_teacher(splits: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    soft = np.tile(np.float32([0.75, 0.25]), (7, 1))
    monkeypatch.setattr(batch_pipeline, "read_soft_labels", lambda path, **choices: soft)
    config = TrainConfig(teacher=Path("some.npz"), distillation_temperature=2.0)

    found = targets_by_grey(build_pipeline(replace(splits, auxiliary=AUXILIARY), WHOLE, config).training["x"])

    np.testing.assert_allclose(found[2][0], [[0.975, 0.025], [0.75, 0.25]])
    # Square roots of 0.975 and 0.025, divided by their sum.
    roots = np.sqrt([0.975, 0.025])
    known, unknown = sorted(found[99], key=lambda pair: -pair[0, 0])
    np.testing.assert_allclose(known, [[0.975, 0.025], roots / roots.sum()], rtol=1e-5)
    np.testing.assert_allclose(unknown, [[0.5, 0.5], [0.5, 0.5]])


def test_processes_share_batches_and_validation_images_evenly(splits: Splits) -> None:
    pipelines = [
        build_pipeline(splits, EDGE, TrainConfig(), cluster=Cluster(process, processes=2, devices=2))
        for process in (0, 1)
    ]

    whole = build_pipeline(splits, EDGE, TrainConfig()).training["x"][3][0]
    np.testing.assert_array_equal(np.concatenate([pipeline.training["x"][3][0] for pipeline in pipelines]), whole)
    seen = [pipeline.validation[0][:, 0, 0, 0] * 255 for pipeline in pipelines]
    np.testing.assert_allclose(seen, [[7], [8]])  # of three, one each


def test_a_batch_that_can_not_be_shared_evenly_is_refused(splits: Splits) -> None:
    with pytest.raises(RunError, match="4 images .* 3 devices.*--batch-size"):
        build_pipeline(splits, EDGE, TrainConfig(), cluster=Cluster(devices=3))


def test_a_share_of_auxiliary_images_is_of_the_whole_epoch(splits: Splits) -> None:
    # One in eight: seven images of the data set and one of the two auxiliary ones, the other one an epoch later.
    config = TrainConfig(extra_data_share=1 / 8)
    auxiliary = replace(AUXILIARY, pixels=np.stack([AUXILIARY.pixels[0], AUXILIARY.pixels[1] + 100]))
    batches = build_pipeline(replace(splits, auxiliary=auxiliary), replace(WHOLE, batch_size=8), config).training["x"]

    levels = [np.rint(batches[number][0].max(axis=(1, 2, 3)) * 255).astype(int) for number in range(2)]

    assert [sorted(level)[:7] for level in levels] == [list(range(7))] * 2
    assert {max(level) for level in levels} == {99, 199}


AUGMENTED = replace(PRESETS["edge"], batch_size=8, mixup=0.2, cutmix=1.0)


def _batches(preset=AUGMENTED, *, count: int = 20, **choices) -> Batches:
    pixels = np.random.default_rng(5).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    facts = {name: choices.pop(name) for name in ("weights", "always", "in_turn") if name in choices}
    images = TrainingImages(pixels, one_hot(np.arange(count) % 10, 10), **facts)
    return Batches(images, preset, **({"seed": 1} | choices))


def _assert_same(batch, other) -> None:
    for array, expected in zip(batch, other, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_targets_are_one_at_the_class_less_what_all_classes_get() -> None:
    np.testing.assert_allclose(one_hot(np.array([1], np.uint8), 4, smoothing=0.2), [[0.05, 0.85, 0.05, 0.05]])


def test_every_round_is_every_image_once_in_another_order_and_every_batch_is_full() -> None:
    plain = _batches(AUGMENTED.without_augmentation())
    pixels = np.random.default_rng(5).integers(0, 256, (20, 28, 28), dtype=np.uint8)

    row = [image.tobytes() for number in range(5) for image in plain[number][0]]  # 40 images: two rounds of 20

    assert plain.steps_per_epoch == 2  # 2.5, rounded to even
    assert {len(plain[number][0]) for number in range(5)} == {8}
    known = sorted((image.astype(np.float32) / np.float32(255)).tobytes() for image in pixels)
    assert sorted(row[:20]) == sorted(row[20:]) == known
    assert row[:20] != row[20:]


def test_a_batch_is_the_same_whenever_it_is_asked_for_and_another_for_another_seed() -> None:
    batches, again = _batches(), _batches()
    later = again[5]

    _assert_same([batches[number] for number in range(6)][5], later)
    assert (_batches(seed=2)[5][0] != later[0]).any()


def test_a_resumed_training_goes_on_with_the_batches_it_would_have_seen() -> None:
    _assert_same(_batches(first_epoch=3)[1], _batches()[3 * 2 + 1])


def test_the_parts_of_all_processes_together_are_the_batch_of_one() -> None:
    parts = [_batches(part=(index, 2))[1] for index in range(2)]

    joined = [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
    assert len(parts[0][0]) == 4
    _assert_same(joined, _batches()[1])


def test_weights_go_with_their_images() -> None:
    weights = np.arange(20, dtype=np.float32)
    plain = AUGMENTED.without_augmentation()
    images, _, batch_weights = _batches(plain, weights=weights)[0]

    pixels = np.random.default_rng(5).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for image, weight in zip(images, batch_weights, strict=True):
        np.testing.assert_array_equal(image[..., 0], pixels[int(weight)].astype(np.float32) / np.float32(255))


def test_fewer_images_than_a_batch_holds_come_several_times() -> None:
    plain = _batches(AUGMENTED.without_augmentation(), count=3)

    assert plain.steps_per_epoch == 1
    assert sorted(np.unique([image.tobytes() for image in plain[0][0]], return_counts=True)[1]) == [2, 3, 3]


def test_a_small_network_s_epoch_of_few_images_is_as_many_steps_as_the_pretrained_one_s() -> None:
    """A folder of 96 images was 30 steps in all, and a network for a microcontroller learned nothing from them."""
    assert _batches(PRESETS["micro"], count=3).steps_per_epoch == PRESETS["transfer"].least_steps == 40


def test_images_taken_in_turn_are_shared_out_over_the_rounds_until_all_have_been_seen() -> None:
    plain = replace(AUGMENTED.without_augmentation(), batch_size=5)
    three = _batches(plain, always=17, in_turn=3, count=23)  # 3 of the other 6, in rounds of 20
    pixels = np.random.default_rng(5).integers(0, 256, (23, 28, 28), dtype=np.uint8)
    numbers = {(image.astype(np.float32) / np.float32(255)).tobytes(): n for n, image in enumerate(pixels)}

    rounds = [
        sorted(numbers[image.tobytes()] for step in range(4) for image in three[4 * number + step][0])
        for number in range(4)
    ]

    assert three.steps_per_epoch == 4
    assert all(seen[:17] == list(range(17)) for seen in rounds)
    for first in (0, 2):
        assert sorted(rounds[first][17:] + rounds[first + 1][17:]) == list(range(17, 23))
