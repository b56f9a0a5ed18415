"""`python -m train.network.features`: EfficientNet-Lite0 up to its features as a Keras file, for `export.features`."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

from edge.cli import console
from edge.cli.outputs import output_file
from edge.system import atomic_file

_LOGGER = logging.getLogger("train.network.features")  # run as a command, the module is called __main__

_EXAMPLES = """examples:
  python -m train.network.features --out lite0_features.keras
  python -m export.features lite0_features.keras --images photos/train --out edge/models/lite0_features.tflite
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.network.features",
        description="Write the pretrained network up to its features, which `edge-classify teach` learns from.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--out", type=output_file, default="lite0_features.keras", metavar="FILE", help="file to write")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Build and save the network."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    from train.network.efficientnet_lite import efficientnet_lite0

    network = efficientnet_lite0(classes=None)
    with atomic_file.replacing(options.out) as temporary:
        network.save(temporary)
    _LOGGER.info("%s: %s parameters", options.out, f"{network.count_params():,}")
    return 0


if __name__ == "__main__":
    console.run(main)
