"""A drawn stand-in for Fashion-MNIST, in its shapes and types, for work where the real one can't be downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.demo.scene import draw_frame
from edge.vision import frame_to_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_HEIGHT, _FRAME_WIDTH = (240, 320)  # twice what the vision step looks at: finer detail would only cost time
_SEED_OFFSET = 1_000_000  # no garment of the demo's own seeds, so a network taught here meets new ones there


def draw_dataset(count: int, *, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a data set: each image is a garment in a scene, seen through the vision step.

    Args:
        count: number of images, 0 or more.
        seed: which data set, from 0; the same seed gives the same images, and a larger count only adds some.

    Returns:
        uint8 grey images, shape (count, 28, 28), 0-255, bright on black, and uint8 labels, shape (count,), 0-9;
        every ten images hold each class once.

    Raises:
        ValueError: a negative count or seed.
    """
    if count < 0 or seed < 0:
        raise ValueError(f"a drawn data set needs count >= 0 and seed >= 0, got count {count}, seed {seed}")
    images = np.zeros((count, 28, 28), np.uint8)
    labels = np.zeros(count, np.uint8)
    for number in range(count):
        frame = draw_frame(number, seed=_SEED_OFFSET + seed, height=_FRAME_HEIGHT, width=_FRAME_WIDTH)
        images[number] = frame_to_pixels(frame.image)
        labels[number] = frame.label_index
    return images, labels
