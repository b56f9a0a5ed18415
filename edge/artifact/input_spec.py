"""Input of a network: its size, colours and number range, and the recipe that makes it from a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.errors import SpecError

GARMENT_RECIPE = "garment-v2"
"""Finds the garment and draws it as Fashion-MNIST does."""
IMAGE_RECIPE = "image-v1"
"""Takes the whole frame, or its middle, in colour or grey."""
RECIPES = (GARMENT_RECIPE, IMAGE_RECIPE)
COLOUR_ORDERS = ("RGB", "BGR")
LAYOUTS = ("NHWC", "NCHW")
RESIZE_MODES = ("crop", "letterbox", "stretch")
INTERPOLATIONS = ("area", "linear", "nearest")

PIXEL_RANGES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "0-1": ((0.0,), (255.0,)),
    "0-255": ((0.0,), (1.0,)),
    "signed": ((127.5,), (127.5,)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
"""Mean and standard deviation behind the names of `--pixels`; ImageNet's are in the order R, G, B (`in_order`)."""

LARGEST_EDGE = 4096
"""Most pixels along an edge of an input."""
_MAX_SHOWN = 200  # characters of a forged spec
_CLOSE = 1e-4  # of 255 levels


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Input of the network; a number that it takes is (pixel - mean) / std, with pixels of 0-255."""

    height: int = 28
    """Rows in pixels."""
    width: int = 28
    """Columns in pixels."""
    channels: int = 1
    """Colour channels: 1 (grey) or 3."""
    colour_order: str = "RGB"
    """Order of three channels: RGB or BGR."""
    layout: str = "NHWC"
    """Order of the axes of the input tensor: NHWC or NCHW."""
    recipe: str = GARMENT_RECIPE
    """Name of the recipe in `edge.vision`."""
    resize: str = "stretch"
    """Fit of a frame of another shape (image-v1): crop, letterbox (black bars) or stretch."""
    crop: float = 1.0
    """Share of the largest crop that is used, 0-1 (resize mode crop)."""
    interpolation: str = "area"
    """Interpolation (image-v1): area (mean of the pixels that each stands for), linear or nearest."""
    mean: tuple[float, ...] = (0.0,)
    """Mean of each channel in the network's order, in pixel values of 0-255."""
    std: tuple[float, ...] = (255.0,)
    """Standard deviation of each channel in the network's order, in pixel values of 0-255."""

    def __post_init__(self) -> None:
        """Repeat one mean for all channels, and refuse an input that this version doesn't support.

        Raises:
            SpecError: a value that isn't one of those named above, or a mean of the wrong length.
        """
        _require(_is_edge(self.height) and _is_edge(self.width), "size", f"{self.height}x{self.width}", "1x1 or more")
        _require(self.channels in (1, 3), "channels", self.channels, "1 or 3")
        for name, value, choices in (
            ("colour_order", self.colour_order, COLOUR_ORDERS),
            ("layout", self.layout, LAYOUTS),
            ("resize", self.resize, RESIZE_MODES),
            ("interpolation", self.interpolation, INTERPOLATIONS),
        ):
            _require(value in choices, name, value, " or ".join(choices))
        _require(_is_number(self.crop) and 0 < self.crop <= 1, "crop", self.crop, "a share above 0, at most 1")
        for name in ("mean", "std"):
            object.__setattr__(self, name, _for_channels(name, getattr(self, name), self.channels))
        _require(all(value > 0 for value in self.std), "std", self.std, "positive numbers")
        if self.recipe == GARMENT_RECIPE:
            _require(self.channels == 1, "channels", self.channels, f"1, grey, for the recipe {GARMENT_RECIPE}")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Facts about a model file that carries no specification; None: from its metadata or tensors, else a default."""

    recipe: str | None = None
    """One of `RECIPES`; None: garment-v2 for grey images and Fashion-MNIST's labels, else image-v1."""
    labels: tuple[str, ...] | None = None
    """Class names, in the order of the outputs."""
    pixels: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Mean and standard deviation of each channel, in pixel values of 0-255."""
    resize: tuple[str, float] | None = None
    """Resize mode and share of the crop, 0-1."""
    interpolation: str | None = None
    """One of `INTERPOLATIONS`."""
    colour_order: str | None = None
    """RGB or BGR."""
    input_size: tuple[int, int] | None = None
    """Height and width in pixels, for a model that takes any."""


def parse_pixels(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read mean and standard deviation from `--pixels`.

    Args:
        text: a name in `PIXEL_RANGES`, or all means and then all standard deviations in units of 0-255, separated by
            commas: six numbers for colour, two for grey.

    Raises:
        ValueError: neither.
    """
    if text in PIXEL_RANGES:
        return PIXEL_RANGES[text]
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    half = len(numbers) // 2
    if len(numbers) not in (2, 6) or not all(map(math.isfinite, numbers)) or min(numbers[half:]) <= 0:
        raise ValueError(
            f"pixels are {', '.join(PIXEL_RANGES)}, or six numbers (three means, three standard deviations above 0, "
            f"0-255) for colour and two for grey, got {text!r}"
        )
    return tuple(numbers[:half]), tuple(numbers[half:])


def in_order(
    pixels: tuple[tuple[float, ...], tuple[float, ...]], colour_order: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation in the network's order of colours: those behind a name are of R, G, B."""
    mean, std = pixels
    return (mean[::-1], std[::-1]) if colour_order == "BGR" and pixels in PIXEL_RANGES.values() else pixels


def parse_resize(text: str) -> tuple[str, float]:
    """Read resize mode and share of the crop from `--resize`: `crop`, `crop:0.875`, `letterbox` or `stretch`.

    Raises:
        ValueError: none of these.
    """
    mode, _, share = text.partition(":")
    try:
        crop = float(share or 1)
    except ValueError:
        crop = 0.0
    if mode not in RESIZE_MODES or (share and mode != "crop") or not 0 < crop <= 1:
        raise ValueError(f"resize is crop, crop:SHARE (as in crop:0.875), letterbox or stretch, got {text!r}")
    return mode, crop


def describe_pixels(spec: InputSpec) -> str:
    """Return the number range in a few characters: a name of `PIXEL_RANGES`, or means and standard deviations."""
    numbers = (*spec.mean, *spec.std)
    for name, (mean, std) in PIXEL_RANGES.items():
        parts = in_order((mean, std), spec.colour_order)
        named = tuple(value for part in parts for value in part * (spec.channels // len(part)))
        # A tensor's scale, a float32, gives 254.99998 where 255 is meant.
        if len(named) == len(numbers) and all(map(_is_close, numbers, named)):
            return name
    return ",".join(f"{value:g}" for value in numbers)


def describe_resize(spec: InputSpec) -> str:
    """Return the resize mode as `--resize` takes it."""
    return f"crop:{spec.crop:g}" if spec.resize == "crop" and spec.crop < 1 else spec.resize


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _is_edge(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= LARGEST_EDGE


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _for_channels(name: str, values: object, channels: int) -> tuple[float, ...]:
    """Return one finite number for each channel; one alone counts for all."""
    numbers = tuple(values) if isinstance(values, list | tuple) else ()
    _require(all(map(_is_number, numbers)), name, values, "finite numbers")
    _require(len(numbers) in (1, channels), name, values, "one number" if channels == 1 else "one number, or three")
    return tuple(float(value) for value in numbers) * (channels if len(numbers) == 1 else 1)


def _require(holds: bool, name: str, got: object, expected: str) -> None:
    if not holds:
        raise SpecError(f"input {name} {str(got)[:_MAX_SHOWN]} isn't supported: expected {expected}")
