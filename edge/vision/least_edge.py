"""Pixels that a recipe needs of an image: larger JPEGs are decoded at a half, a quarter or an eighth of their size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from edge.artifact.input_spec import IMAGE_RECIPE

if TYPE_CHECKING:
    from edge.artifact.input_spec import InputSpec
    from edge.vision.region import Region

_GARMENT = 480  # three times what the recipe shrinks to: 119 of 120 photographs got the same answer as whole ones
_FACTOR = 2  # a mean of at least so many pixels along each axis remains to the recipe for whole images


def least_edge(spec: InputSpec, region: Region | None = None) -> int | None:
    """Return the pixels along the shorter edge of an image that a recipe needs, for `edge.images.decode.decode_image`.

    Args:
        spec: input of the model.
        region: part of the image that is looked at; None: all of it.

    Returns:
        None: every pixel, because the region is in pixels, or because the recipe takes single pixels and no means.
    """
    needed = float(_GARMENT)
    if spec.recipe == IMAGE_RECIPE:
        if spec.interpolation != "area":
            return None
        needed = _FACTOR * max(spec.height, spec.width) / (spec.crop if spec.resize == "crop" else 1)
    if region is None:
        return math.ceil(needed)
    if max(region.x, region.y, region.width, region.height) > 1:
        return None
    return math.ceil(needed / min(region.width, region.height))
