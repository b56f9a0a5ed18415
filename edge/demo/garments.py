"""One drawing per Fashion-MNIST class; each garment's shape lives in the file named after its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.demo.bags import draw_bag
from edge.demo.long_cuts import draw_coat, draw_dress, draw_trouser
from edge.demo.sheet import Sheet
from edge.demo.shoes import draw_boot, draw_sandal, draw_sneaker
from edge.demo.tops import draw_pullover, draw_shirt, draw_tshirt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# In the order of the data set's label indices.
_CLASSES: tuple[Callable[[np.random.Generator, int, int], Sheet], ...] = (
    *(draw_tshirt, draw_trouser, draw_pullover, draw_dress, draw_coat),
    *(draw_sandal, draw_shirt, draw_sneaker, draw_bag, draw_boot),
)
CLASS_COUNT = len(_CLASSES)


def draw_garment(
    label_index: int, rng: np.random.Generator, *, height: int = 320, width: int = 320
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw one garment of a Fashion-MNIST class, 0 (T-shirt/top) to 9 (Ankle boot).

    Proportions, colours and pattern come from the generator; the same state gives the same drawing, whatever the size.

    Returns:
        uint8 BGR cloth, shape (height, width, 3), 0-255, and uint8 cover, shape (height, width), from 0
        (background) to 255 (garment). Only where the cover is above 0 does the cloth mean anything.

    Raises:
        ValueError: the class doesn't exist.
    """
    if not 0 <= label_index < CLASS_COUNT:
        raise ValueError(f"unknown garment class: got label index {label_index}, expected 0 to {CLASS_COUNT - 1}")
    return _CLASSES[label_index](rng, height, width).finish()
