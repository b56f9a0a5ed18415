import numpy as np
import pytest

from train.data.variation import vary

OFF = {"random_crop": 0.0, "rotate": 0.0, "light": 0.0, "colour": 0.0}


def varied(pixels: np.ndarray, *, height: int = 8, width: int = 8, seed: int = 0, **choices: float) -> np.ndarray:
    return vary(pixels, height=height, width=width, rng=np.random.default_rng(seed), **(OFF | choices))


def pictures(count: int = 3, edge: int = 8) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, edge, edge, 3), dtype=np.uint8)


def test_without_any_variation_every_pixel_stays() -> None:
    np.testing.assert_array_equal(varied(pictures()), pictures())
    np.testing.assert_array_equal(varied(pictures()[..., 0]), pictures()[..., 0])


def test_a_larger_image_is_shrunk_to_the_size_of_the_input() -> None:
    """Every pixel of the half lies between four equal ones."""
    doubled = pictures().repeat(2, axis=1).repeat(2, axis=2)

    np.testing.assert_array_equal(varied(doubled), pictures())


def test_variations_depend_on_the_generator_alone() -> None:
    choices = {"random_crop": 0.5, "rotate": 10.0, "light": 0.25, "colour": 0.05}

    np.testing.assert_array_equal(varied(pictures(), **choices), varied(pictures(), **choices))
    assert (varied(pictures(), **choices) != varied(pictures(), seed=1, **choices)).any()


def test_a_crop_keeps_at_least_its_share_of_the_area_and_stays_inside() -> None:
    """A ramp from 0 to 200 is 100 pixels wide: its range in the result is the width that was kept."""
    ramp = np.tile(np.linspace(0, 200, 100, dtype=np.float64), (100, 1))
    images = np.stack([np.rint(axis).astype(np.uint8) for axis in (ramp, ramp.T)] * 200)
    result = varied(images, height=50, width=50, random_crop=0.5).astype(float)
    across = np.ptp(result[0::2], axis=2).mean(axis=1) / 200
    down = np.ptp(result[1::2], axis=1).mean(axis=1) / 200

    # 0.5 at 4:3 is sqrt(0.5 * 3/4) = 0.61 of the shorter side; 0.02 are lost between the outermost centres.
    assert 0.57 < across.min() < 0.66
    assert across.max() > 0.95
    assert 0.57 < down.min() < 0.66


def test_a_rotation_by_a_right_angle_at_most_moves_a_corner_and_not_the_middle() -> None:
    image = np.zeros((1, 9, 9), np.uint8)
    image[0, 4, 4], image[0, 4, 8] = 255, 200
    results = np.concatenate([varied(image, height=9, width=9, seed=seed, rotate=10.0) for seed in range(30)])

    assert (results[:, 4, 4] == 255).all()
    assert len(np.unique(results[:, 4, 8])) > 10


def test_light_is_a_factor_and_a_gamma_within_the_range() -> None:
    """Value 128 becomes 82, 255 e^-0.25 (128/255)^(e^0.25), to 191, 255 e^0.25 (128/255)^(e^-0.25)."""
    grey = np.full((400, 2, 2, 3), 128, np.uint8)
    result = varied(grey, height=2, width=2, light=0.25)

    assert 82 <= result.min() < 88
    assert 185 < result.max() <= 191
    assert (result == result[..., :1]).all()  # all channels alike


def test_colour_changes_each_channel_by_a_factor_of_its_own() -> None:
    grey = np.full((400, 2, 2, 3), 100, np.uint8)
    result = varied(grey, height=2, width=2, colour=0.05)

    assert (result.min(), result.max()) == (95, 105)  # 100 e^-0.05 and 100 e^0.05
    assert (result[..., 0] != result[..., 1]).mean() == pytest.approx(0.9, abs=0.08)
