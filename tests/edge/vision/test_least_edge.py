"""Pixels that a recipe needs of an image."""

from __future__ import annotations

import pytest

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.vision import least_edge
from edge.vision.region import Region

COLOUR = {"channels": 3, "recipe": IMAGE_RECIPE}


@pytest.mark.parametrize(
    ("spec", "region", "least"),
    [
        (InputSpec(), None, 480),
        (InputSpec(height=64, width=96), None, 480),
        (InputSpec(), "0.25,0,0.5,0.8", 960),
        (InputSpec(), "100,0,200,200", None),
        (InputSpec(height=224, width=192, **COLOUR), None, 448),
        (InputSpec(height=224, width=224, resize="crop", crop=0.875, **COLOUR), None, 512),
        (InputSpec(height=224, width=224, resize="letterbox", crop=0.875, **COLOUR), "0,0,0.5,0.5", 896),
        (InputSpec(height=224, width=224, interpolation="linear", **COLOUR), None, None),
        (InputSpec(height=224, width=224, interpolation="nearest", **COLOUR), None, None),
    ],
)
def test_twice_the_models_size_is_left_after_crop_and_region(
    spec: InputSpec, region: str | None, least: int | None
) -> None:
    assert least_edge(spec, Region.parse(region) if region else None) == least
