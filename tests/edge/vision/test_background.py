"""The border's surface against pictures whose background is known in numbers, and a static camera's empty scene."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision import EmptyScene, find_garment
from edge.vision.background import band, border_distance, in_spreads
from tests.edge.vision.scenes import Image, overlap, paint, planks, shirt_mask


def test_the_band_is_a_twelfth_of_the_shorter_edge() -> None:
    border = band(24, 36)
    assert border.sum() == 24 * 36 - 20 * 32  # two pixels on each side
    assert not border[2:-2, 2:-2].any()
    assert band(3, 3).sum() == 8


def test_distance_in_spreads_worked_by_hand() -> None:
    # One more than the spread in each channel: (3/3)² + (4/2)² + (2/1)² = 9.
    off = np.array([[[3, 4, 2], [300, 0, 0], [0, 0, 0]]], np.float32)
    assert in_spreads(off, np.array([2, 1, 0], np.float32)).tolist() == [[3, 7, 0]]


@pytest.mark.parametrize("curve", [0.0, 30.0], ids=["plane", "curved"])
def test_an_uneven_background_is_no_distance(curve: float) -> None:
    y, x = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 80), indexing="ij")
    light = 120 + 40 * x - 20 * y + curve * x * y
    lab = np.stack([light, 128 + 5 * x, 128 - 5 * y], axis=-1).astype(np.float32)
    assert border_distance(lab).max() < 1.0


def test_a_garment_is_far_even_if_it_covers_a_third_of_the_border() -> None:
    lab = np.full((60, 80, 3), (150, 128, 128), np.float32)
    lab[15:, 20:60] = (60, 150, 128)  # cut by the lower edge, half of which it covers
    distance = border_distance(lab)
    assert distance[20:, 25:55].min() > 6
    assert distance[:10].max() < 1.5


MASK = shirt_mask(240, 320, scale=0.7, dx=0.1)


def cluttered() -> np.ndarray:
    """A table with things on it that the border doesn't show."""
    table = planks(240, 320)
    table[60:120, 40:110] = (30, 200, 30)
    table[150:200, 200:290] = (220, 60, 60)
    return table


def empty_frame(seed: int = 0) -> Image:
    noisy = cluttered() + np.random.default_rng(seed).normal(0, 2, (240, 320, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def taught(frames: int = 5) -> EmptyScene:
    scene = EmptyScene(frames)
    for seed in range(frames):
        prepared = find_garment(empty_frame(seed), scene=scene)
        assert (prepared.presence_score, prepared.pixels.any()) == (0.0, False)
    return scene


def test_a_scene_is_ready_after_its_number_of_frames() -> None:
    scene = EmptyScene(3)
    ready = []
    for seed in range(4):
        ready.append(scene.is_ready)
        find_garment(empty_frame(seed), scene=scene)
    assert ready == [False, False, False, True]


def test_the_learned_scene_has_no_garment_until_one_is_put_into_it() -> None:
    scene = taught()
    assert not find_garment(empty_frame(9), scene=scene).pixels.any()
    found = find_garment(paint(MASK, garment=(40, 40, 150), background=cluttered()), scene=scene)
    assert found.presence_score > 0.8
    assert overlap(found.outline, MASK) > 0.85


@pytest.mark.parametrize(("gain", "offset"), [(1.15, 0), (0.8, 0), (1, 12), (0.9, -10)])
def test_light_that_drifts_is_no_garment(gain: float, offset: float) -> None:
    scene = taught()
    drifted = np.clip(empty_frame(9) * gain + offset, 0, 255).astype(np.uint8)
    assert find_garment(drifted, scene=scene).presence_score < 0.5
    dressed = paint(MASK, garment=(40, 40, 150), background=cluttered()) * gain + offset
    found = find_garment(np.clip(dressed, 0, 255).astype(np.uint8), scene=scene)
    assert overlap(found.outline, MASK) > 0.8


def test_another_size_is_learned_anew() -> None:
    scene = taught(2)
    assert scene.is_ready
    other = empty_frame(1)[:, :200]
    assert not find_garment(other, scene=scene).pixels.any()
    assert (scene.is_ready, scene.learned) == (False, 1)
    find_garment(other, scene=scene)
    assert scene.is_ready


def test_mean_and_spread_worked_by_hand() -> None:
    """Levels 100 and 104: mean 102, standard deviation 2, and 2 + 1 are added; 112 is 10 / 2 away of a channel."""
    scene = EmptyScene(2)
    for level in (100, 104):
        assert scene.distance(np.full((20, 20, 3), level, np.float32)) is None
    picture = np.full((20, 20, 3), 102, np.float32)
    picture[8:12, 8:12, 0] = 112
    distance = scene.distance(picture)
    assert distance is not None
    np.testing.assert_allclose(distance[9, 9], 10 / 4, atol=0.05)
    assert distance[0, 0] < 0.1


def test_learning_from_no_frames_is_refused() -> None:
    with pytest.raises(ValueError, match="1 frame or more, got 0"):
        EmptyScene(0)


def test_learning_logs_its_start_and_its_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="edge")

    scene = taught(frames=3)
    find_garment(empty_frame(9), scene=scene)

    begun, done = caplog.messages
    assert "3 frames" in begun
    assert "learned" in done
