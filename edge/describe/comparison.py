"""Comparison of a rewritten file with its original: the same images through both, top-1 agreement and probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge import vision
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame
from edge.errors import ModelFileError, SourceError
from edge.health import Health

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.classify.loaded_model import LoadedModel

LEAST_AGREEMENT = 0.98
"""Share of images with the same likeliest class below which a file isn't taken for the same classifier."""
DRAWN_IMAGES = 200
MOST_IMAGES = 5000
"""Largest number of images that are read, because a video may go on for hours."""

_HEIGHT, _WIDTH = 240, 320
_SEED = 3_000_000  # beyond the seeds of the demo, of training and of updates
_SHAPES, _MOST_WAVES = 6, 9.0  # of a pattern; waves across its width


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences between two files on the same images."""

    images: int
    source: str
    """Origin of the images in a few words."""
    same: int
    """Images whose likeliest class is the same."""
    largest_difference: float
    """Largest difference between two probabilities of one class, 0-1."""

    @property
    def agreement(self) -> float:
        """Share of images whose likeliest class is the same, 0-1."""
        return self.same / self.images


def compare(rewritten: LoadedModel, original: LoadedModel, images: Path | None = None) -> Comparison:
    """Run both files on the same images.

    Args:
        rewritten: with the spec that it is to have.
        original: with its own spec; its recipe makes the input of both.
        images: a folder, file or video; None: drawn garments for Fashion-MNIST's labels, else drawn test patterns.

    Raises:
        ModelFileError: their labels or inputs differ.
        SourceError: there is no image.
    """
    if (rewritten.spec.labels, rewritten.spec.input) != (original.spec.labels, original.spec.input):
        raise ModelFileError(
            f"{rewritten.artifact.path} and {original.artifact.path} differ in labels or input: they can't be compared"
        )
    source, frames = _frames(original, images)
    count = same = 0
    largest = 0.0
    for frame in frames:
        pixels = vision.prepare(frame, original.spec.input).pixels
        new, old = rewritten.probabilities(pixels), original.probabilities(pixels)
        count += 1
        same += int(new.argmax() == old.argmax())
        largest = max(largest, float(np.abs(new - old).max()))
    if not count:
        raise SourceError(f"no image in {images} can be read: give another folder with --images")
    return Comparison(count, source, same, largest)


def _frames(model: LoadedModel, images: Path | None) -> tuple[str, Iterator[NDArray[np.uint8]]]:
    if images is not None:
        return f"images of {images.resolve().name if images.exists() else images}", _frames_of(images)
    if model.spec.labels == FASHION_MNIST_LABELS:
        drawn = (draw_frame(number, seed=_SEED, height=_HEIGHT, width=_WIDTH) for number in range(DRAWN_IMAGES))
        return "drawn garments", (frame.image for frame in drawn)
    return "drawn test patterns", map(draw_pattern, range(DRAWN_IMAGES))


def _frames_of(images: Path) -> Iterator[NDArray[np.uint8]]:
    from edge.sources import CameraSettings, LiveTimeouts, open_source

    timeouts, settings = LiveTimeouts(stall_s=5, freeze_s=0, give_up_s=5), CameraSettings(_HEIGHT, _WIDTH)
    source = open_source(str(images), health=Health(), timeouts=timeouts, settings=settings)
    if source.is_live:
        raise SourceError(f"{images} is a live source: give a folder of images with --images")
    try:
        yield from (vision.to_bgr(frame.image) for frame in islice(source.frames(), MOST_IMAGES) if frame)
    finally:
        source.close()


def draw_pattern(number: int) -> NDArray[np.uint8]:
    """Draw a test pattern without noise: waves of two colours below discs and rectangles.

    Returns:
        uint8 BGR, shape (240, 320, 3), 0-255; the same for the same number.
    """
    random = np.random.default_rng([_SEED, number])
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH] / _WIDTH
    across, down, phase = (random.uniform(-1, 1, 3) * (_MOST_WAVES, _MOST_WAVES, np.pi)).tolist()
    share = (np.sin(2 * np.pi * (across * x + down * y) + phase) + 1)[..., np.newaxis] / 2
    first, second = random.uniform(0, 255, (2, 3))
    image = np.ascontiguousarray(np.rint(share * first + (1 - share) * second).astype(np.uint8))
    for shape in range(_SHAPES):
        colour = tuple(random.integers(0, 256, 3).tolist())
        left, top = random.integers(0, _WIDTH, 1).item(), random.integers(0, _HEIGHT, 1).item()
        size = random.integers(10, _HEIGHT // 2, 1).item()
        if shape % 2:
            cv2.circle(image, (left, top), size // 2, colour, thickness=-1)
        else:
            cv2.rectangle(image, (left, top), (left + size, top + size // 2), colour, thickness=-1)
    return image
