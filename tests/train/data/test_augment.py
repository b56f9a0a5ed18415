import numpy as np
import pytest

from train.data import augment


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _images(count: int, height: int = 6, width: int = 4) -> np.ndarray:
    """Every pixel of every image another value from 1, so that a picture tells where it comes from."""
    return (1 + np.arange(height * width, dtype=np.uint8).reshape(1, height, width)).repeat(count, axis=0)


def test_a_shift_moves_the_whole_image_and_black_moves_in() -> None:
    images = _images(500)
    moved = augment.shift(images, 1, _rng(), padding="constant")

    found = set()
    for image in moved:
        # The pixel that stood at (2, 2) is never moved out, so it says how far the image went.
        row, column = np.argwhere(image == images[0, 2, 2])[0]
        expected = np.zeros((8, 6), np.uint8)
        expected[1 + row - 2 : 7 + row - 2, 1 + column - 2 : 5 + column - 2] = images[0]
        np.testing.assert_array_equal(image, expected[1:7, 1:5])
        found.add((int(row) - 2, int(column) - 2))
    assert found == {(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)}


def test_a_reflecting_shift_mirrors_at_the_edge() -> None:
    images = np.array([[[1, 2, 3]]], np.uint8).repeat(3, axis=1).repeat(200, axis=0)

    rows = {tuple(image[0]) for image in augment.shift(images, 1, _rng(), padding="reflect")}

    assert rows == {(1, 2, 3), (2, 1, 2), (2, 3, 2)}


def test_about_half_of_the_images_are_mirrored_left_to_right() -> None:
    images = _images(1000)
    mirrored = (augment.flip(images, _rng()) == images[:, :, ::-1]).all(axis=(1, 2))

    kept = (augment.flip(images, _rng()) == images).all(axis=(1, 2))
    assert (mirrored ^ kept).all()
    assert 450 < mirrored.sum() < 550  # 500 +- 3 standard deviations of 16


def test_erasing_fills_one_rectangle_of_some_images_with_noise() -> None:
    images = np.zeros((2000, 20, 20), np.uint8)
    erased = augment.erase(images, 0.25, _rng())

    changed = erased.any(axis=(1, 2))
    assert 440 < changed.sum() < 560  # 500 +- 3 standard deviations of 19
    for image in erased[changed][:50]:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert (box > 0).mean() > 0.8 or box.size < 20  # noise is 0 once in 256
        assert 1 <= box.size <= 0.40 * 400  # 0.33 and rounding
    assert not images.any(), "the given images were changed"


def test_a_box_has_the_size_asked_for_and_lies_anywhere_inside() -> None:
    count = 300
    inside = augment.boxes(np.full(count, 2.4), np.full(count, 9.0), height=4, width=5, rng=_rng())

    assert (inside.sum(axis=(1, 2)) == 10).all()  # two rows, and five columns of nine
    assert {int(np.flatnonzero(box.any(axis=1))[0]) for box in inside} == {0, 1, 2}


@pytest.mark.parametrize("mix", [augment.mixup, augment.cutmix])
def test_a_mixture_and_its_target_have_the_same_shares(mix) -> None:
    # Image k is all k and its target one-hot, so that both say how much of each partner is inside.
    images = np.arange(8, dtype=np.float32)[:, None, None, None] * np.ones((1, 6, 6, 1), np.float32)
    mixed, targets = mix(images, np.eye(8, dtype=np.float32), 1.0, _rng(3))

    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed.mean(axis=(1, 2, 3)), targets @ np.arange(8), rtol=1e-5, atol=1e-5)
    assert ((targets > 0.01) & (targets < 0.99)).any(axis=1).sum() >= 4
    assert (mixed.dtype, targets.dtype) == (np.float32, np.float32)


def test_cutmix_pastes_and_never_blends() -> None:
    images = np.arange(8, dtype=np.float32)[:, None, None, None] * np.ones((1, 6, 6, 1), np.float32)
    mixed, _ = augment.cutmix(images, np.eye(8, dtype=np.float32), 1.0, _rng(1))

    assert set(np.unique(mixed)) <= set(range(8))


FRAME = np.zeros((60, 40, 3), np.uint8)
FRAME[20:40, 10:30] = (30, 120, 210)


def test_a_variation_depends_on_the_generator_alone_and_leaves_the_frame() -> None:
    before = FRAME.copy()

    first, again, other = (augment.vary_frame(FRAME, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(FRAME, before)
    assert first.shape == FRAME.shape
    assert first.dtype == np.uint8


def test_the_subject_stays_in_the_middle_and_keeps_about_its_size() -> None:
    rng = np.random.default_rng(0)

    for _ in range(50):
        is_subject = augment.vary_frame(FRAME, rng)[..., 2] > 100
        rows, columns = np.nonzero(is_subject)
        assert 20 * 20 * 0.5 < is_subject.sum() < 20 * 20 * 2.5
        assert abs(rows.mean() - 30) < 8
        assert abs(columns.mean() - 20) < 8


def test_light_and_colour_vary_without_bias() -> None:
    rng = np.random.default_rng(0)
    grey = np.full((32, 32, 3), 100, np.uint8)

    means = np.array([augment.vary_frame(grey, rng).mean(axis=(0, 1)) for _ in range(200)])

    assert 90 < means.mean() < 112
    assert means.std() > 10
