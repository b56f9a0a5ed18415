from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("keras")

from train.data.batches import Batches, one_hot
from train.fitting.throughput import without_augmentation
from train.presets import PRESETS

AUGMENTED = replace(PRESETS["edge"], batch_size=8, mixup=0.2, cutmix=1.0)


def _batches(preset=AUGMENTED, *, count: int = 20, **choices) -> Batches:
    pixels = np.random.default_rng(5).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return Batches(pixels, one_hot(np.arange(count) % 10, 10), preset, **({"seed": 1} | choices))


def _assert_same(one, other) -> None:
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def test_targets_are_one_at_the_class_less_what_all_classes_get() -> None:
    np.testing.assert_allclose(one_hot(np.array([1], np.uint8), 4, smoothing=0.2), [[0.05, 0.85, 0.05, 0.05]])


def test_every_round_is_every_image_once_in_another_order_and_every_batch_is_full() -> None:
    plain = _batches(without_augmentation(AUGMENTED))
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
    plain = without_augmentation(AUGMENTED)
    images, _, given = _batches(plain, weights=weights)[0]

    pixels = np.random.default_rng(5).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for image, weight in zip(images, given, strict=True):
        np.testing.assert_array_equal(image[..., 0], pixels[int(weight)].astype(np.float32) / np.float32(255))


def test_fewer_images_than_a_batch_holds_come_several_times() -> None:
    plain = _batches(without_augmentation(AUGMENTED), count=3)

    assert plain.steps_per_epoch == 1
    assert sorted(np.unique([image.tobytes() for image in plain[0][0]], return_counts=True)[1]) == [2, 3, 3]


def test_images_taken_in_turn_are_shared_out_over_the_rounds_until_all_have_been_seen() -> None:
    plain = replace(without_augmentation(AUGMENTED), batch_size=5)
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
