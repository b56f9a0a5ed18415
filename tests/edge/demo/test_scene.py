"""Frames are a pure function of their arguments; a data set of them has Fashion-MNIST's shapes and types."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edge.demo import DemoFrame, draw_dataset, draw_frame
from edge.demo.scene import draw_backdrop
from edge.vision import frame_to_pixels

SMALL = {"height": 96, "width": 128}


def test_frame_is_a_640x480_bgr_picture() -> None:
    frame = draw_frame(0)
    assert frame.image.shape == (480, 640, 3)
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.label_index = 3  # type: ignore[misc]


def test_same_arguments_give_the_same_bytes_in_any_order() -> None:
    forward = [draw_frame(n, seed=5, hold=2, **SMALL) for n in range(24)]
    backward = [draw_frame(n, seed=5, hold=2, **SMALL) for n in reversed(range(24))][::-1]
    for first, second in zip(forward, backward, strict=True):
        assert first.label_index == second.label_index
        assert np.array_equal(first.image, second.image)


def test_a_caller_may_write_into_a_frame_without_touching_the_next() -> None:
    untouched = draw_frame(3, hold=10, **SMALL).image.copy()
    draw_frame(3, hold=10, **SMALL).image[:] = 0
    assert np.array_equal(draw_frame(3, hold=10, **SMALL).image, untouched)


def test_every_round_shows_each_class_once_in_an_order_of_its_own() -> None:
    rounds = [tuple(draw_frame(n, **SMALL).label_index for n in range(start, start + 10)) for start in (0, 10, 20)]
    assert all(sorted(order) == list(range(10)) for order in rounds)
    assert len(set(rounds)) == 3


def test_another_seed_is_another_demo() -> None:
    first, second = (draw_frame(0, seed=seed, **SMALL).image for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_hold_keeps_the_garment_and_moves_it() -> None:
    frames = [draw_frame(n, hold=4, **SMALL) for n in range(8)]
    labels = [frame.label_index for frame in frames]
    assert len(set(labels[:4])) == len(set(labels[4:])) == 1
    assert labels[0] != labels[4]
    first, second, next_garment = (frames[n].image.astype(int) for n in (0, 1, 4))
    assert 0 < np.abs(first - second).mean() < 0.5 * np.abs(first - next_garment).mean()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_backdrop_alone_shows_no_garment(dark: bool) -> None:
    for seed in range(12):
        backdrop = draw_backdrop(np.random.default_rng(seed), height=240, width=320, dark=dark)
        assert (backdrop.mean() < 128) == dark
        assert not frame_to_pixels(backdrop).any()


def test_vision_finds_a_bright_garment_on_black_in_every_frame() -> None:
    for number in range(20):
        pixels = frame_to_pixels(draw_frame(number, seed=2, height=240, width=320).image)
        assert 0.08 < (pixels > 60).mean() < 0.9
        assert (pixels < 10).mean() > 0.1


@pytest.mark.parametrize(
    "wrong", [{"number": -1}, {"seed": -1}, {"hold": 0}, {"height": 16}], ids=["number", "seed", "hold", "height"]
)
def test_impossible_arguments_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 32x32"):
        draw_frame(wrong.pop("number", 0), **wrong)


def test_demo_frame_holds_what_it_is_given() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    assert DemoFrame(image=image, label_index=4).image is image


def test_a_data_set_has_the_shapes_and_types_of_fashion_mnist_and_every_class_equally_often() -> None:
    images, labels = draw_dataset(30)
    assert images.shape == (30, 28, 28)
    assert labels.shape == (30,)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).tolist() == [3] * 10
    assert (images.reshape(30, -1).max(axis=1) > 150).all()


def test_a_larger_data_set_of_a_seed_begins_with_the_smaller_one() -> None:
    few, many, other = draw_dataset(5), draw_dataset(12), draw_dataset(5, seed=1)
    assert np.array_equal(few[0], many[0][:5])
    assert np.array_equal(few[1], many[1][:5])
    assert not np.array_equal(few[0], other[0])


def test_no_images_is_an_empty_data_set() -> None:
    images, labels = draw_dataset(0)
    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


@pytest.mark.parametrize(("count", "seed"), [(-1, 0), (1, -1)])
def test_a_data_set_of_a_negative_count_or_seed_is_refused(count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=rf"got count {count}, seed {seed}"):
        draw_dataset(count, seed=seed)
