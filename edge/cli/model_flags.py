"""Flags that describe a model file without a specification, the same on every command that reads one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.input_spec import (
    COLOUR_ORDERS,
    GARMENT_RECIPE,
    IMAGE_RECIPE,
    INTERPOLATIONS,
    LARGEST_EDGE,
    PIXEL_RANGES,
    RECIPES,
    ModelOptions,
    parse_pixels,
    parse_resize,
)
from edge.cli.console import parsed_by
from edge.errors import ConfigError, ModelFileError

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_model_flags(flags: argparse.ArgumentParser) -> None:
    """Add --labels, --pixels, --resize, --interpolation, --colour and --input-size in a group of their own."""
    group = flags.add_argument_group("a model file that carries no specification")
    group.add_argument("--labels", type=Path, metavar="FILE", help="class names, one a line, in index order")
    group.add_argument("--pixels", type=parsed_by(parse_pixels), metavar="RANGE",
                       help=f"numbers that pixels of 0-255 become: {', '.join(PIXEL_RANGES)}, or six numbers, three "
                       "means and three standard deviations in 0-255 (default: the input's quantization)")  # fmt: skip
    group.add_argument("--resize", type=parsed_by(parse_resize), metavar="MODE",
                       help="fit of a frame of another shape: crop:SHARE of the largest middle, letterbox or stretch "
                       "(default: crop:0.875 for colour, stretch for grey)")  # fmt: skip
    group.add_argument("--interpolation", choices=INTERPOLATIONS, help="interpolation of the resize (default: area)")
    group.add_argument("--recipe", choices=RECIPES,
                       help=f"way from frame to input: {GARMENT_RECIPE} finds and cuts out the garment, {IMAGE_RECIPE} "
                       "takes the whole frame (default: by labels and colours)")  # fmt: skip
    group.add_argument(
        "--colour", choices=tuple(map(str.lower, COLOUR_ORDERS)), help="order of the colours (default: rgb)"
    )
    group.add_argument("--input-size", type=parsed_by(_size), metavar="WxH",
                       help="size of the input in pixels, for a file that takes any")  # fmt: skip


def model_options_from(options: argparse.Namespace) -> ModelOptions:
    """Return the facts that the flags give.

    Raises:
        ConfigError: the label file can't be read.
    """
    return ModelOptions(
        recipe=options.recipe,
        labels=_read_labels(options.labels) if options.labels else None,
        pixels=options.pixels,
        resize=options.resize,
        interpolation=options.interpolation,
        colour_order=options.colour.upper() if options.colour else None,
        input_size=options.input_size,
    )


def _size(text: str) -> tuple[int, int]:
    """Read `WxH` or one number for both; return height and width."""
    parts: Sequence[str] = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdecimal() and 1 <= int(part) <= LARGEST_EDGE for part in parts):
        raise ValueError(f"a size is WIDTHxHEIGHT in pixels, up to {LARGEST_EDGE:,}, as in 224x224, got {text!r}")
    return int(parts[-1]), int(parts[0])


def _read_labels(path: Path) -> tuple[str, ...]:
    from edge.artifact.labels import read_labels  # most starts have no such file

    try:
        return read_labels(path)
    except ModelFileError as error:
        raise ConfigError(str(error)) from error
