import numpy as np

from train.data.variation import varied

FRAME = np.zeros((60, 40, 3), np.uint8)
FRAME[20:40, 10:30] = (30, 120, 210)


def test_a_variation_depends_on_the_generator_alone_and_leaves_the_frame() -> None:
    before = FRAME.copy()

    first, again, other = (varied(FRAME, np.random.default_rng(seed)) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(FRAME, before)
    assert first.shape == FRAME.shape
    assert first.dtype == np.uint8


def test_the_subject_stays_in_the_middle_and_keeps_about_its_size() -> None:
    rng = np.random.default_rng(0)

    for _ in range(50):
        inside = varied(FRAME, rng)[..., 2] > 100
        rows, columns = np.nonzero(inside)
        assert 20 * 20 * 0.5 < inside.sum() < 20 * 20 * 2.5
        assert abs(rows.mean() - 30) < 8
        assert abs(columns.mean() - 20) < 8


def test_light_and_colour_vary_without_bias() -> None:
    rng = np.random.default_rng(0)
    grey = np.full((32, 32, 3), 100, np.uint8)

    means = np.array([varied(grey, rng).mean(axis=(0, 1)) for _ in range(200)])

    assert 90 < means.mean() < 112
    assert means.std() > 10
