"""Choice of the recipe that a model's spec names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.artifact.input_spec import GARMENT_RECIPE, IMAGE_RECIPE, RECIPES
from edge.errors import SpecError
from edge.vision.garment import find_garment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.input_spec import InputSpec
    from edge.vision.background import EmptyScene
    from edge.vision.frames import YuvPicture
    from edge.vision.prepared_input import PreparedInput
    from edge.vision.region import Region

_MAX_SHOWN = 200  # characters of a forged spec


def prepare(
    frame: NDArray[Any] | YuvPicture,
    spec: InputSpec,
    *,
    region: Region | None = None,
    scene: EmptyScene | None = None,
) -> PreparedInput:
    """Turn a frame into the model's input, as its spec says.

    Args:
        frame: BGR frame, shape (H, W, 3), or grey or BGRA; uint8, uint16 or float; or a video's planes (see `to_bgr`).
        spec: input of the model.
        region: part of the frame to look at; None: all of it.
        scene: empty scene of a static camera, for the garment recipe alone.

    Raises:
        FrameError: the array isn't an image (see `to_bgr`).
        SpecError: see `require_recipe`.
    """
    if spec.recipe == IMAGE_RECIPE:
        from edge.vision.image import prepare_image  # not at a start with a garment model

        return prepare_image(frame, spec, region=region)
    require_recipe(spec)
    return find_garment(frame, height=spec.height, width=spec.width, region=region, scene=scene)


def require_recipe(spec: InputSpec) -> None:
    """Refuse a recipe that this version doesn't have.

    Raises:
        SpecError: its name is unknown.
    """
    if spec.recipe not in RECIPES:
        raise SpecError(
            f"the model wants the vision recipe {spec.recipe[:_MAX_SHOWN]!r}, this edge-classify has "
            f"{GARMENT_RECIPE} and {IMAGE_RECIPE}: update edge-classify, or export the model again"
        )
