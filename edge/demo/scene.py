"""Frames of the demo, and a data set of them: a drawn garment on a backdrop, a pure function of the frame number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.demo.fabric import grey_of, mix
from edge.demo.garments import CLASS_COUNT, draw_garment
from edge.demo.sheet import Colour
from edge.vision import frame_to_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME_HEIGHT, _FRAME_WIDTH = (240, 320)  # twice what the vision step looks at: finer detail would only cost time
_SEED_OFFSET = 1_000_000  # beyond the demo's own seeds, so that a network trained here meets new garments there
_FILL = 0.94  # garment square as a share of the frame's shorter edge
_DARK_BACKDROP_FROM = 128.0  # mean grey of a garment from which it is shown on a dark background
_SHADOW_LEVELS = 15.0  # grey levels: the vision step ignores up to 12, and the shadow's core lies under the garment
_SHADOW_BLUR = 0.025  # of the garment square
_SHADOW_OFFSET = 0.02  # of the garment square, to the right and down
_NOISE_SIGMA = 2.0  # grey levels, a small sensor in a lit room
_NOISE_MIDDLE = 16
_NOISE_MARGIN = 64  # pixels by which the noise plate exceeds the frame, so that it can be shifted
_SWAY_FRAMES = 48  # frames of one sway, about 1.6 s at 30 frames per second
_LIGHT: tuple[Colour, ...] = ((222, 230, 236), (214, 226, 240), (234, 230, 222), (226, 222, 234), (218, 232, 224))
_DARK: tuple[Colour, ...] = ((62, 52, 26), (40, 56, 34), (60, 36, 50), (64, 48, 40), (34, 44, 64))
_GRAIN_LEVELS = 7.0  # grey levels between the grain's darkest and brightest spot
_LAMP_LEVELS = 7.0  # grey levels between the brightest and the darkest corner of the light
_ORDER_STREAM, _GARMENT_STREAM, _MOTION_STREAM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class DemoFrame:
    """A drawn frame and its class."""

    image: NDArray[np.uint8]
    """Frame, uint8 BGR, shape (H, W, 3), 0-255."""
    label_index: int
    """Fashion-MNIST class of the garment, 0-9."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A garment and its backdrop, ready to be moved."""

    backdrop: NDArray[np.uint8]
    """Background, uint8 BGR, frame-sized."""
    layers: NDArray[np.uint8]
    """Cloth times cover in BGR, then the share of the backdrop that stays: uint8, shape (edge, edge, 4)."""
    shift: tuple[float, float]
    """Resting place of the garment's middle, pixels right of and below the frame's middle."""
    tilt: float
    """Resting rotation, degrees."""
    phase: float
    """Start of the sway, radians."""


def draw_frame(number: int, *, seed: int = 0, hold: int = 1, height: int = 480, width: int = 640) -> DemoFrame:
    """Draw frame `number` of an endless demo; the same arguments give the same bytes, in any order of calls.

    On another processor they may give another rounding: OpenCV's instructions there moved some pixels by a level on
    x86-64, and by up to four on Arm. A garment stays for `hold` frames; in every ten garments each class comes once.

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


def draw_dataset(count: int, *, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a data set: each image is a garment in a scene, seen through the vision step.

    The same seed gives the same images, but for what `draw_frame` says of rounding, and a larger count only adds some.

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


def draw_backdrop(rng: np.random.Generator, *, height: int, width: int, dark: bool) -> NDArray[np.uint8]:
    """Draw a wall, wood or linen at random: uint8 BGR, shape (height, width, 3), 0-255, mean grey near 45 or near 228.

    It stays within about ten grey levels of its own border, like a plain table under one lamp: the vision step takes
    the border for the background and what differs from it for the garment.
    """
    colours = _DARK if dark else _LIGHT
    base = colours[int(rng.integers(len(colours)))]
    rows, columns = (height // 2, width // 2)  # half size: a backdrop is out of focus anyway
    grain = (_wall, _wood, _linen)[int(rng.integers(3))](rng, rows, columns)
    level = _GRAIN_LEVELS * grain + _lamp(rng, rows, columns)
    picture = np.array(base, np.float32) + level[:, :, None]
    if rng.random() < 0.5:
        picture += _table_tint(rng, base, rows)[:, None, :]
    small = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _lamp(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Light that falls off from a point near the middle, float32 (rows, columns), grey levels around 0."""
    across = np.linspace(-1, 1, columns, dtype=np.float32) - np.float32(rng.uniform(-0.5, 0.5))
    down = np.linspace(-1, 1, rows, dtype=np.float32) - np.float32(rng.uniform(-0.6, 0.2))
    falloff = 0.5 * np.square(across)[None, :] + 0.5 * np.square(down)[:, None]
    return np.asarray(_LAMP_LEVELS * (0.4 - np.minimum(falloff, 1.0)), np.float32)


def _table_tint(rng: np.random.Generator, base: Colour, rows: int) -> NDArray[np.float32]:
    """Hue of the table below the wall, at the same grey: float32 (rows, 3)."""
    most = 1.0 if grey_of(base) > 128 else 0.45  # the eye sees hue in the dark less, and muddy brown at once
    warm = mix(base, (base[2], base[1], base[0]), float(rng.uniform(0.4, 1.0)) * most)
    tint = np.array(warm, np.float32) - np.array(base, np.float32)
    tint -= np.float32(grey_of(warm) - grey_of(base))
    edge = float(rng.uniform(0.6, 0.75)) * rows
    below = np.clip((np.arange(rows, dtype=np.float32) - edge) / 2, 0, 1)
    return np.asarray(below[:, None] * tint[None, :], np.float32)


def _wall(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Blotches of plaster, float32 (rows, columns), around 0."""
    spots = rng.random((12, 16), dtype=np.float32) - np.float32(0.5)
    return np.asarray(cv2.resize(spots, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _wood(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Planks with a lengthwise grain, float32 (rows, columns), around 0."""
    fibres = rng.random((110, 7), dtype=np.float32) - np.float32(0.5)
    grain = np.asarray(cv2.resize(fibres, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
    tones = np.repeat(rng.random(5, dtype=np.float32) - np.float32(0.5), rows // 5 + 1)[:rows]
    gaps = np.zeros(rows, np.float32)
    gaps[rows // 5 :: rows // 5 + 1] = -1.2
    return np.asarray(0.8 * grain + (0.5 * tones + gaps)[:, None], np.float32)


def _linen(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Crossing threads of uneven strength, float32 (rows, columns), around 0."""
    warp = rng.random(columns, dtype=np.float32) - np.float32(0.5)
    weft = rng.random(rows, dtype=np.float32) - np.float32(0.5)
    return np.asarray(warp[None, :] + weft[:, None], np.float32)
