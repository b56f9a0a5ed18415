"""`python -m train`: the command line of training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from edge import console
from train.backend import start_backend
from train.config import DATA_CHOICES, TrainConfig

PRESET_CHOICES = ("baseline", "tiny")  # spelled out so that --help needs no Keras; a test holds it to PRESETS

_EXAMPLES = """examples:
  python -m train                                    Fashion-MNIST, 10 epochs, into runs/
  python -m train --data demo --epochs 3             drawn garments: no data set, no network
  python -m train --preset tiny --max-images 2000    the whole chain in seconds
  KERAS_BACKEND=jax python -m train                  on JAX instead of TensorFlow

then: python -m export.tflite --quantize int8
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `TrainConfig`."""
    default = TrainConfig()
    flags = argparse.ArgumentParser(
        prog="python -m train",
        description="Train a network on Fashion-MNIST and write a run directory: model, spec, metrics and pictures.",
        epilog=_EXAMPLES,
        formatter_class=console.HelpFormatter,
    )
    flags.add_argument("--preset", choices=PRESET_CHOICES, default=default.preset, help="network")
    flags.add_argument("--data", choices=DATA_CHOICES, default=default.data, help="what to train on")
    flags.add_argument("--epochs", type=console.positive_int, default=default.epochs, help="passes over the images")
    flags.add_argument("--batch-size", type=console.positive_int, default=default.batch_size, help="images a step")
    flags.add_argument("--learning-rate", type=console.positive_float, default=default.learning_rate, help="of Adam")
    flags.add_argument("--validation-fraction", type=_fraction, default=default.validation_fraction, metavar="SHARE",
                       help="share of the training images kept aside to choose by")  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="use only N training images")
    flags.add_argument(
        "--seed", type=console.natural, default=default.seed, help="of split, weights, shuffling and dropout"
    )
    flags.add_argument("--name", type=_folder_name, help="of the run directory (default: preset, data and time)")
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Train once; print the run directory's path and what it reached."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    start_backend()
    config = TrainConfig(**{name: getattr(options, name) for name in TrainConfig.__slots__})
    # Keras and TensorFlow take seconds to import: only after the flags were found right.
    from train.fit import train_run
    from train.run_dir import METRICS

    folder = train_run(config)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    print(f"{folder}: {metrics['test_top1_accuracy']:.2%} of {metrics['images']['test']:,} test images right")
    return 0


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text}")
    return value


def _folder_name(text: str) -> str:
    if not text or text.startswith(".") or Path(text).name != text:
        raise argparse.ArgumentTypeError(f"expected a folder name without a slash or a leading dot, got {text!r}")
    return text


if __name__ == "__main__":
    console.run(main)
