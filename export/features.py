"""`python -m export.features`: network of features in 8 bits, which ships for `edge-classify teach`."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import demo, vision
from edge.artifact.formats.tflite import check_network
from edge.artifact.pixels import to_real
from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import DatasetError, ExportError, FrameError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders
from edge.system import atomic_file
from edge.teach.backbone import FEATURES, INPUT
from export.command import import_tensorflow
from export.tflite import convert_quietly

_LOGGER = logging.getLogger("export.features")  # run as a command, the module is called __main__
_DRAWN_SEED = 2_000_017

_EXAMPLES = """examples:
  python -m train.network.features --out lite0_features.keras
  python -m export.features lite0_features.keras --images photos/train --out edge/models/lite0_features.tflite
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m export.features",
        description="Quantize a network of features to 8 bits: uint8 pixels in, float32 features out.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("model", type=Path, metavar="KERAS", help="file of `python -m train.network.features`")
    flags.add_argument("--images", type=Path, required=True, metavar="DIR", help="folders of images to calibrate with")
    flags.add_argument("--count", type=console.positive_int, default=300, metavar="N", help="number of these, evenly "
                       "of all folders; a third as many drawn garments are added")  # fmt: skip
    flags.add_argument("--out", type=output_file, required=True, metavar="FILE", help="file to write")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Quantize and write the network."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    images = calibration_images(options.images, options.count)
    import_tensorflow()
    content = convert(_load(options.model), images)
    atomic_file.write_bytes(options.out, content)
    _LOGGER.info("%s: %.2f MB, calibrated on %d images of %s and %d drawn garments", options.out, len(content) / 1e6,
                 options.count, options.images.name, len(images) - options.count)  # fmt: skip
    return 0


def calibration_images(folder: Path, count: int) -> list[NDArray[np.uint8]]:
    """Read images of a folder of folders, and draw garments: uint8 BGR, shape (224, 224, 3), 0-255 each.

    Raises:
        DatasetError: there are fewer images, or one of them can't be read.
    """
    folders = [paths for paths in list_class_folders(folder).images.values() if paths]
    rng = np.random.default_rng(0)
    queues = [[paths[index] for index in rng.permutation(len(paths))] for paths in folders]
    chosen = [
        queue[place] for place in range(max(map(len, queues), default=0)) for queue in queues if place < len(queue)
    ]
    if len(chosen) < count:
        raise DatasetError(f"{folder} holds {len(chosen)} images in folders, {count} are expected: lower --count")
    frames = [_read(path) for path in chosen[:count]]
    frames += [demo.draw_frame(number, seed=_DRAWN_SEED).image for number in range(count // 3)]
    return [vision.prepare(frame, INPUT).pixels for frame in frames]


def convert(model: Any, images: Sequence[NDArray[np.uint8]]) -> bytes:
    """Convert a Keras model to a TFLite file with uint8 input and float32 output.

    Raises:
        ExportError: the output isn't that of a network of features.
    """
    import tensorflow as tf

    if model.output_shape[1:] != (FEATURES,):
        raise ExportError(f"the network puts out {model.output_shape[1:]}, expected {FEATURES} features")

    def one_by_one() -> Iterator[list[NDArray[np.float32]]]:
        for pixels in images:
            yield [to_real(pixels, INPUT)[np.newaxis]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = one_by_one
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type, converter.inference_output_type = tf.uint8, tf.float32
    content = convert_quietly(converter)
    check_network(content)
    return content


def _load(path: Path) -> Any:
    import keras

    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} is no Keras file that can be read: {str(error).splitlines()[0]}") from error


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        return read_image(path, least=vision.least_edge(INPUT))
    except (OSError, FrameError) as error:
        raise DatasetError(f"{path}: {error}") from error


if __name__ == "__main__":
    console.run(main)
