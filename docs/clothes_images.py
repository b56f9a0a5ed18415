"""The images that the model of clothes learns from: photographs, and counter-examples made from them or drawn.

`python docs/clothes_images.py --photographs DIR --out DIR` writes folders of links called like the model's labels, and
a folder `unknown` with corners of the photographs, which show floors, walls and beds, and with drawn scenes without a
garment.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from edge.datasets.folder_labels import CLOTHES_FOLDERS
from edge.images.decode import read_image
from train.scenes import no_garment_scene

_COUNTS = {"train": 250, "validation": 30}  # corners, and as many scenes
_SEEDS = {"train": 5, "validation": 6}
_CORNER = 0.2  # edge of a corner, in units of the photograph's shorter one


def write_images(photographs: Path, out: Path, *, with_unknown: bool = True) -> None:
    """Write both parts, with or without counter-examples; what is there already stays."""
    for part, count in _COUNTS.items():
        (out / part).mkdir(parents=True, exist_ok=True)
        for name, label in CLOTHES_FOLDERS.items():
            link = out / part / label
            if not link.is_symlink():
                link.symlink_to((photographs / part / name).resolve(), target_is_directory=True)
        unknown = out / part / "unknown"
        if with_unknown and not unknown.exists():
            unknown.mkdir()
            _write_counter_examples(sorted((photographs / part).glob("*/*")), unknown, count, seed=_SEEDS[part])


def _write_counter_examples(photographs: list[Path], folder: Path, count: int, *, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for number in range(count):
        cv2.imwrite(str(folder / f"scene{number:03}.png"), no_garment_scene(rng, empty_share=0.5))
    for number, chosen in enumerate(rng.permutation(len(photographs))[:count]):
        image = read_image(photographs[chosen])
        rows, columns = image.shape[:2]
        edge = int(_CORNER * min(rows, columns))
        top = 0 if rng.random() < 0.5 else rows - edge
        left = 0 if rng.random() < 0.5 else columns - edge
        cv2.imwrite(str(folder / f"corner{number:03}.png"), image[top : top + edge, left : left + edge])


def main() -> None:
    """Write the images."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--photographs", type=Path, required=True, help="folder with train and validation")
    flags.add_argument("--out", type=Path, required=True, help="folder to write")
    flags.add_argument("--unknown", action=argparse.BooleanOptionalAction, default=True, help="write counter-examples")
    options = flags.parse_args()
    write_images(options.photographs, options.out, with_unknown=options.unknown)


if __name__ == "__main__":
    main()
