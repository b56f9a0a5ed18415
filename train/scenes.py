"""`python -m train.scenes`: garments of Fashion-MNIST and drawn ones in synthetic scenes, after the vision step.

The scenes show every class as the vision step renders it, also those without photographs. Empty scenes and shapes
that are no garment are of no class.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import demo, vision
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.cli import console
from edge.cli.outputs import output_file
from edge.datasets import fashion_mnist
from train.data import auxiliary
from train.data.augment import vary_frame

_LOGGER = logging.getLogger("train.scenes")  # run as a command, the module is called __main__
_HEIGHT, _WIDTH = 240, 320  # of a frame; the vision step uses fewer pixels
_NO_GARMENT_SHARE = 0.2  # of the scenes: half of them empty, half with a shape
_DRAWN_SHARE = 0.2  # of the others
_DRAWN_SEED = 2_000_000  # far from the seeds of the demo and of `--data demo`
_LEAST_CONTRAST = 40.0  # grey levels between garment and background

_EXAMPLES = """examples:
  python -m train.scenes --count 20000 --out scenes.npz
  python -m train --extra-data scenes.npz
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.scenes",
        description="Paste garments into synthetic scenes and store them as the vision step renders them.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--count", type=console.positive_int, default=20_000, metavar="N", help="number of scenes")
    flags.add_argument("--seed", type=console.natural, default=0, help="random seed of the scenes")
    flags.add_argument("--out", type=output_file, default="scenes.npz", metavar="FILE", help="file to write")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Make and store the scenes."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    origin = f"{options.count} synthetic scene{'s' * (options.count != 1)}"
    made = auxiliary.collect(_inputs(options.count, seed=options.seed), origin)
    auxiliary.write(options.out, made, FASHION_MNIST_LABELS)
    print(f"{options.out}: {len(made.pixels):,} image{'s' * (len(made.pixels) != 1)} of {made.origin}")
    return 0


def _inputs(count: int, *, seed: int) -> Iterator[tuple[vision.PreparedInput, NDArray[np.float32]]]:
    images, labels = fashion_mnist.load("train")
    for number in range(count):
        frame, right = _scene(number, seed, images, labels)
        yield vision.find_garment(frame), auxiliary.share_targets(right, FASHION_MNIST_LABELS)
        if (number + 1) % 2000 == 0 or number + 1 == count:
            _LOGGER.info("made %d of %d scenes", number + 1, count)


def _scene(
    number: int, seed: int, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], list[str]]:
    """Return a frame and its labels, none or one, which depend on number and seed alone."""
    rng = np.random.default_rng([seed, number])
    if rng.random() < _NO_GARMENT_SHARE:
        return no_garment_scene(rng, empty_share=0.5), []
    if rng.random() < _DRAWN_SHARE:
        drawn = demo.draw_frame(number, seed=_DRAWN_SEED + seed, height=_HEIGHT, width=_WIDTH)
        return vary_frame(drawn.image, rng), [FASHION_MNIST_LABELS[drawn.label_index]]
    chosen = int(rng.integers(len(images)))
    return vary_frame(paste(images[chosen], rng), rng), [FASHION_MNIST_LABELS[labels[chosen]]]


def paste(garment: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Paste a garment, uint8 grey (28, 28), bright on black, on a background: uint8 BGR, shape (240, 320, 3)."""
    background = _background(rng)
    edge = int(_HEIGHT * rng.uniform(0.5, 0.95))
    large = cv2.resize(garment, (edge, edge), interpolation=cv2.INTER_CUBIC)
    cover = cv2.GaussianBlur((large > 20).astype(np.float32), (0, 0), edge / 56)[..., np.newaxis]
    cloth = _cloth(large.astype(np.float32) / np.float32(255), float(background.mean()), rng)
    top, left = (int(rng.integers(0, room + 1)) for room in (_HEIGHT - edge, _WIDTH - edge))
    place = background[top : top + edge, left : left + edge]
    place[:] = cover * cloth + (1 - cover) * place
    return _eight_bit(background)


def no_garment_scene(rng: np.random.Generator, *, empty_share: float) -> NDArray[np.uint8]:
    """Draw an empty scene, or one with ellipses in place of a cup or a hand: uint8 BGR, shape (240, 320, 3)."""
    frame = _background(rng)
    if rng.random() < 1 - empty_share:
        _put_shape(frame, rng)
    return vary_frame(_eight_bit(frame), rng)


def _put_shape(frame: NDArray[np.float32], rng: np.random.Generator) -> None:
    colour = rng.uniform(10, 245, 3)
    middle = np.array([_WIDTH, _HEIGHT]) * rng.uniform(0.35, 0.65, 2)
    for _ in range(int(rng.integers(1, 6))):
        x, y = np.rint(middle + rng.normal(0, 25, 2)).astype(int).tolist()
        axes = np.rint(_HEIGHT * rng.uniform(0.04, 0.3, 2)).astype(int).tolist()
        shade = (colour + rng.normal(0, 8, 3)).tolist()
        cv2.ellipse(frame, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, shade, thickness=-1, lineType=cv2.LINE_AA)


def _eight_bit(frame: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8)


def _cloth(brightness: NDArray[np.float32], behind: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the colours of a garment with contrast, float32 BGR; the data set holds negatives of photographs."""
    levels = [level for level in np.linspace(20, 235, 44) if abs(level - behind) >= _LEAST_CONTRAST]
    level = float(rng.choice(levels))
    tint = np.exp(rng.normal(0, 0.25, 3))
    folds = rng.uniform(40, 120) * (
        brightness.mean() - brightness if level < behind else brightness - brightness.mean()
    )
    return np.asarray((level + folds)[..., np.newaxis] * (tint / tint.mean()), np.float32)


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a wall, table or carpet with blotches of several sizes, sometimes stripes; float32 BGR."""
    tint = np.exp(rng.normal(0, 0.15, 3))
    level = np.full((_HEIGHT, _WIDTH), rng.uniform(20, 235), np.float32)
    for cells in (3, 12, 60):
        spots = rng.standard_normal((cells, cells)).astype(np.float32)
        strength = np.float32(rng.exponential(5.0))
        level += strength * cv2.resize(spots, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        rows, columns = np.mgrid[:_HEIGHT, :_WIDTH].astype(np.float32)
        angle, length = rng.uniform(0, np.pi), rng.uniform(6, 60)
        wave = np.sin((rows * np.sin(angle) + columns * np.cos(angle)) * np.float32(2 * np.pi / length))
        level += np.float32(rng.exponential(6.0)) * wave
    return np.asarray(level[..., np.newaxis] * (tint / tint.mean()), np.float32)


if __name__ == "__main__":
    console.run(main)
