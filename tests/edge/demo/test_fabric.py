"""The palette's arithmetic and the woven patterns."""

from __future__ import annotations

import numpy as np
import pytest

from edge.demo.fabric import Fabric, grey_of, mix, pick_fabric, weave


def test_grey_of_weighs_blue_green_and_red_as_luma_does() -> None:
    assert grey_of((100, 200, 50)) == pytest.approx(11.4 + 117.4 + 14.95)


def test_mix_blends_by_share() -> None:
    assert mix((0, 100, 200), (100, 0, 200), 0.25) == (25, 75, 200)


def test_plain_cloth_is_its_ground_colour_everywhere() -> None:
    cloth = weave(Fabric((10, 20, 30), (200, 210, 220), "plain"), np.random.default_rng(0), height=6, width=4)
    assert cloth.dtype == np.uint8
    assert cloth.shape == (6, 4, 3)
    assert (cloth == (10, 20, 30)).all()


@pytest.mark.parametrize("pattern", ["heather", "stripes", "pinstripes", "checks", "knit", "twill", "dots", "floral"])
def test_patterned_cloth_mixes_ground_and_accent_only(pattern: str) -> None:
    cloth = weave(Fabric((40, 40, 40), (200, 200, 200), pattern), np.random.default_rng(1), height=120, width=90)
    assert cloth.shape == (120, 90, 3)
    assert 40 <= cloth.min() < cloth.max() <= 200


def test_unknown_pattern_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'tartan', .* checks, dots"):
        weave(Fabric((0, 0, 0), (9, 9, 9), "tartan"), np.random.default_rng(0), height=8, width=8)


def test_picked_fabric_has_one_of_the_patterns_asked_for() -> None:
    rng = np.random.default_rng(3)
    assert {pick_fabric(rng, ["knit", "dots"]).pattern for _ in range(20)} == {"knit", "dots"}
