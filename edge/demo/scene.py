"""The demo's camera picture: a drawn garment on a backdrop, moving a little; a pure function of the frame number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.demo.backdrop import draw_backdrop
from edge.demo.garments import CLASS_COUNT, draw_garment

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILL = 0.94  # garment square as a share of the frame's shorter edge
_DARK_BACKDROP_FROM = 128.0  # mean grey of a garment from which it is shown on a dark background
_SHADOW_LEVELS = 15.0  # grey levels: the vision step ignores up to 12, and the shadow's core lies under the garment
_SHADOW_BLUR = 0.025  # of the garment square
_SHADOW_OFFSET = 0.02  # of the garment square, to the right and down
_NOISE_SIGMA = 2.0  # grey levels, a small sensor in a lit room
_NOISE_MIDDLE = 16
_NOISE_MARGIN = 64  # pixels by which the noise plate exceeds the frame, so that it can be shifted
_SWAY_FRAMES = 48  # frames of one sway, about 1.6 s at 30 frames per second
_ORDER_STREAM, _GARMENT_STREAM, _MOTION_STREAM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class DemoFrame:
    """A drawn frame and the truth about it.

    Attributes:
        image: uint8 BGR frame, shape (H, W, 3), 0-255.
        label_index: Fashion-MNIST class of the garment, 0-9.
    """

    image: NDArray[np.uint8]
    label_index: int


@dataclass(frozen=True, slots=True)
class _Subject:
    """A garment and its backdrop, ready to be moved.

    Attributes:
        backdrop: uint8 BGR, frame-sized.
        layers: uint8 (edge, edge, 4): cloth times cover in BGR, then the share of the backdrop that stays.
        shift: resting place of the garment's middle, pixels right of and below the frame's middle.
        tilt: resting rotation in degrees.
        phase: where in its sway the garment starts, radians.
    """

    backdrop: NDArray[np.uint8]
    layers: NDArray[np.uint8]
    shift: tuple[float, float]
    tilt: float
    phase: float


def draw_frame(number: int, *, seed: int = 0, hold: int = 1, height: int = 480, width: int = 640) -> DemoFrame:
    """Draw frame `number` of an endless demo; the same arguments give the same bytes, in any order of calls.

    Args:
        number: frame number, from 0.
        seed: which demo, from 0.
        hold: frames a garment stays; in every ten garments each class comes once, in an order of its own.
        height: rows of the frame, in pixels.
        width: columns of the frame, in pixels.

    Raises:
        ValueError: a negative number or seed, a hold below 1, or a frame smaller than 32 pixels.
    """
    if number < 0 or seed < 0 or hold < 1 or min(height, width) < 32:
        raise ValueError(
            f"a demo frame needs number >= 0, seed >= 0, hold >= 1 and at least 32x32 pixels, got number {number}, "
            f"seed {seed}, hold {hold}, {width}x{height}"
        )
    garment_number = number // hold
    label_index = _class_order(seed, garment_number // CLASS_COUNT)[garment_number % CLASS_COUNT]
    subject = _subject(seed, garment_number, label_index, height, width)
    rng = np.random.default_rng([seed, number, _MOTION_STREAM])
    return DemoFrame(image=_expose(subject, number, rng), label_index=label_index)


@lru_cache(maxsize=16)
def _class_order(seed: int, round_number: int) -> tuple[int, ...]:
    """The ten classes in the order of this round."""
    order = np.random.default_rng([seed, round_number, _ORDER_STREAM]).permutation(CLASS_COUNT)
    return tuple(int(label_index) for label_index in order)


@lru_cache(maxsize=4)  # about 1.7 MB each at 640x480; only the current one and its neighbours are ever wanted again
def _subject(seed: int, garment_number: int, label_index: int, height: int, width: int) -> _Subject:
    """Draw a garment, choose a backdrop it stands out from, and cast its shadow."""
    rng = np.random.default_rng([seed, garment_number, _GARMENT_STREAM])
    edge = round(_FILL * min(height, width))
    cloth, cover = draw_garment(label_index, rng, height=edge, width=edge)
    dark = cv2.mean(cv2.cvtColor(cloth, cv2.COLOR_BGR2GRAY), mask=cover)[0] >= _DARK_BACKDROP_FROM
    backdrop = draw_backdrop(rng, height=height, width=width, dark=dark)
    premultiplied = cv2.multiply(cloth, cv2.merge([cover, cover, cover]), scale=1 / 255)
    shadow = _shadow(cover, strength=_SHADOW_LEVELS / float(np.mean(backdrop[::8, ::8])))
    stays = cv2.multiply(255 - cover, 255 - shadow, scale=1 / 255)
    layers = np.asarray(cv2.merge([*cv2.split(premultiplied), stays]), np.uint8)
    layers.flags.writeable = backdrop.flags.writeable = False
    room = 0.6 * (width - edge) / 2
    return _Subject(
        backdrop=backdrop,
        layers=layers,
        shift=(float(rng.uniform(-room, room)), float(rng.uniform(-0.005, 0.005)) * height),
        tilt=float(rng.uniform(-2.0, 2.0)),
        phase=float(rng.uniform(0, 2 * np.pi)),
    )


def _shadow(cover: NDArray[np.uint8], *, strength: float) -> NDArray[np.uint8]:
    """Soft shadow of a cover, uint8 of its shape, 0 to 255 * `strength`."""
    edge = cover.shape[0]
    small = cv2.resize(cover, (64, 64), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), _SHADOW_BLUR * 64) * strength
    offset = _SHADOW_OFFSET * edge
    place = np.array([[edge / 64, 0, offset], [0, edge / 64, offset]])
    soft = cv2.warpAffine(np.rint(blurred).astype(np.uint8), place, (edge, edge), flags=cv2.INTER_LINEAR)
    return np.asarray(soft, np.uint8)


def _expose(subject: _Subject, number: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Place the garment where its sway has taken it and add sensor noise."""
    height, width = subject.backdrop.shape[:2]
    edge = subject.layers.shape[0]
    angle = 2 * np.pi * number / _SWAY_FRAMES + subject.phase
    scale = 1 + 0.012 * float(np.sin(0.7 * angle))
    tilt = subject.tilt + 1.2 * float(np.sin(angle))
    place = cv2.getRotationMatrix2D((edge / 2, edge / 2), tilt, scale)
    place[0, 2] += (width - edge) / 2 + subject.shift[0] + 0.008 * width * float(np.sin(angle))
    place[1, 2] += (height - edge) / 2 + subject.shift[1] + 0.005 * height * float(np.cos(1.3 * angle))
    moved = cv2.warpAffine(subject.layers, place, (width, height), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 255))
    stays = cv2.cvtColor(cv2.extractChannel(moved, 3), cv2.COLOR_GRAY2BGR)
    picture = cv2.add(cv2.multiply(subject.backdrop, stays, scale=1 / 255), cv2.cvtColor(moved, cv2.COLOR_BGRA2BGR))
    plate = _noise_plate(height, width)
    down, across = (int(offset) for offset in rng.integers(_NOISE_MARGIN, size=2))
    noise = plate[down : down + height, across : across + width]
    return np.asarray(cv2.addWeighted(picture, 1.0, noise, 1.0, -_NOISE_MIDDLE), np.uint8)


@lru_cache(maxsize=2)
def _noise_plate(height: int, width: int) -> NDArray[np.uint8]:
    """Sensor noise around `_NOISE_MIDDLE`, uint8 (height + margin, width + margin, 3), cut anew for every frame."""
    rng = np.random.default_rng([height, width])
    shape = (height + _NOISE_MARGIN, width + _NOISE_MARGIN, 3)
    noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(_NOISE_SIGMA) + np.float32(_NOISE_MIDDLE)
    return np.asarray(np.clip(np.rint(noise), 0, 255), np.uint8)
