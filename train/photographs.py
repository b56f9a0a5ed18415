"""`python -m train.photographs DIR`: photographs as training images, through the runner's own vision step."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import vision
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.cli import console
from edge.cli.outputs import output_file
from edge.datasets.folder_labels import folder_truth, map_folders
from edge.errors import DatasetError, FrameError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders
from train.data import auxiliary
from train.data.augment import vary_frame

_LOGGER = logging.getLogger("train.photographs")  # run as a command, the module is called __main__
_WORKING_EDGE = 480  # longest edge in pixels of a varied photograph; the vision step uses fewer

_EXAMPLES = """examples:
  python -m train.photographs photos/train --variants 16 --out photographs.npz
  python -m train.photographs photos/validation --variants 0 --out threshold.npz      unchanged
  python -m train --extra-data photographs.npz --threshold-data threshold.npz
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.photographs",
        description="Make training images from photographs: one folder for each class, or for no class.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("folder", type=Path, metavar="DIR", help="folder that holds the folders of photographs")
    flags.add_argument("--map", type=folder_truth, action="append", default=[], metavar="FOLDER=LABEL[,LABEL...]",
                       help="labels of a folder, or `unknown` (default: the folder's name)")  # fmt: skip
    flags.add_argument("--variants", type=console.natural, default=16, metavar="N",
                       help="number of random variations of each photograph, beside the photograph itself")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=0, help="random seed of the variations")
    flags.add_argument("--out", type=output_file, default="photographs.npz", metavar="FILE", help="file to write")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Read, vary and store the photographs."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    photographs = _list(options.folder, dict(options.map))
    inputs = _inputs(photographs, options.variants, seed=options.seed)
    count = len(photographs)
    made = auxiliary.collect(inputs, f"{count} photograph{'s' * (count != 1)} of {options.folder.name}")
    auxiliary.write(options.out, made, FASHION_MNIST_LABELS)
    images, of_no_class = len(made.pixels), int((~made.is_known).sum())
    print(f"{options.out}: {images:,} image{'s' * (images != 1)} of {made.origin}, {of_no_class:,} of them of no class")
    return 0


def _list(folder: Path, truths: dict[str, tuple[str, ...]]) -> list[tuple[Path, NDArray[np.float32]]]:
    """Return the path and the targets, float32 (classes,), of each photograph."""
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder: expected one that holds a folder of photographs for each class")
    found = list_class_folders(folder)
    found.log_left_out(folder)
    files = found.images
    photographs = [
        (path, auxiliary.share_targets(kind.labels, FASHION_MNIST_LABELS))
        for kind in map_folders(list(files), FASHION_MNIST_LABELS, truths)
        for path in files[kind.folder]
    ]
    if not photographs:
        raise DatasetError(f"{folder} holds no photographs: expected a folder of them for each class")
    return photographs


def _inputs(
    photographs: Sequence[tuple[Path, NDArray[np.float32]]], variants: int, *, seed: int
) -> Iterator[tuple[vision.PreparedInput, NDArray[np.float32]]]:
    for number, (path, targets) in enumerate(photographs):
        for prepared in _views(path, variants, np.random.default_rng([seed, number])):
            yield prepared, targets
        if (number + 1) % 200 == 0 or number + 1 == len(photographs):
            _LOGGER.info("read %d of %d photographs", number + 1, len(photographs))


def _views(path: Path, variants: int, rng: np.random.Generator) -> Iterator[vision.PreparedInput]:
    """Yield the network's inputs of a photograph and of its variations."""
    try:
        frame = read_image(path, least=vision.least_edge(InputSpec()), keeps_alpha=True)
    except (OSError, FrameError) as error:
        _LOGGER.warning("skipped %s: %s", path, getattr(error, "strerror", None) or error)
        return
    yield vision.find_garment(frame)
    frame = np.ascontiguousarray(frame[..., :3])  # colours lie on a ground already
    shrink = _WORKING_EDGE / max(frame.shape[:2])
    if shrink < 1:
        frame = np.asarray(cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    for _ in range(variants):
        yield vision.find_garment(vary_frame(frame, rng))


if __name__ == "__main__":
    console.run(main)
