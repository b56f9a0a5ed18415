"""The flags of `python -m train`, one for each field of `TrainConfig`; needs neither Keras nor numpy."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from edge.cli import console
from train.config import DATASETS, MIXED_PRECISIONS, TrainConfig
from train.presets import OPTIMIZERS, PADDINGS, PRESETS, SCHEDULES

_EXAMPLES = """examples:
  python -m train                                    Fashion-MNIST, 10 epochs, into runs/
  python -m train --data demo --epochs 3             drawn garments: no data set, no network
  python -m train --data photos/                     your own classes: one folder of images for each
  python -m train --preset tiny --max-images 2000    the whole chain in seconds
  KERAS_BACKEND=jax python -m train                  on JAX instead of TensorFlow
  python -m train --resume                           go on with a training that was interrupted or killed

then: python -m export.tflite --quantize int8
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `TrainConfig`."""
    default = TrainConfig()
    flags = console.Parser(
        prog="python -m train",
        description="Train a network on images of clothes and write a run directory: model, spec, metrics, pictures.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--preset", choices=tuple(PRESETS), default=default.preset, help="network and how to train it")
    flags.add_argument("--data", type=_data, default=default.data, metavar="DATA",
                       help="fashion-mnist, demo (drawn), or a folder with one folder of images a class")  # fmt: skip
    flags.add_argument("--input-size", type=console.positive_int, default=default.input_size, metavar="N",
                       help="rows and columns that the network sees; of your own images")  # fmt: skip
    flags.add_argument("--test-fraction", type=fraction, default=default.test_fraction, metavar="SHARE",
                       help="share of your own images held out to judge by")  # fmt: skip
    flags.add_argument("--initial", type=Path, metavar="RUN", help="begin with the weights of this run")
    flags.add_argument("--extra-data", type=Path, nargs="+", default=default.extra_data, metavar="FILE.npz",
                       help="learn from these too: see `python -m train.photographs` and `.scenes`")  # fmt: skip
    flags.add_argument("--extra-data-share", type=fraction, metavar="SHARE",
                       help="of an epoch that these are, others each time (default: all of them in each)")  # fmt: skip
    flags.add_argument("--threshold-data", type=Path, metavar="FILE.npz",
                       help="such images, not trained on, to choose the threshold of `unknown` by")  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="use only N training images")
    flags.add_argument("--validation-fraction", type=fraction, default=default.validation_fraction, metavar="SHARE",
                       help="share of the training images kept aside to choose by")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=default.seed,
                       help="of split, weights, shuffling, augmentation and dropout")  # fmt: skip
    flags.add_argument("--mixed-precision", choices=MIXED_PRECISIONS, default=default.mixed_precision,
                       help="of the arithmetic, for GPUs; weights stay float32")  # fmt: skip
    flags.add_argument("--name", type=_folder_name, help="of the run directory (default: preset, data and time)")
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    flags.add_argument("--tensorboard", action="store_true", help="write its logs into the run directory")
    flags.add_argument("--distribute", action="store_true",
                       help="over all GPUs, and over the processes of KERAS_DISTRIBUTION_*; JAX only")  # fmt: skip
    flags.add_argument("--resume", action="store_true",
                       help="go on with the unfinished run --name, or with the only one")  # fmt: skip
    _add_teacher_flags(flags.add_argument_group("learning from a teacher"), default)
    _add_preset_flags(flags.add_argument_group("in place of what the preset says"))
    console.add_logging_flags(flags)
    return flags


def config_from(options: argparse.Namespace) -> TrainConfig:
    """The configuration that parsed flags stand for."""
    values = {field.name: getattr(options, field.name) for field in fields(TrainConfig)}
    return TrainConfig(**values | {"extra_data": tuple(options.extra_data)})


def fraction(text: str) -> float:
    """Parse a share between 0 and 1, neither included, for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text}")
    return value


def _add_teacher_flags(group: argparse._ArgumentGroup, default: TrainConfig) -> None:
    group.add_argument("--teacher", type=Path, metavar="RUN_OR_FILE",
                       help="run directory, or file of soft labels, of a network to learn from")  # fmt: skip
    group.add_argument("--distillation-temperature", type=console.positive_float, metavar="T",
                       default=default.distillation_temperature, help="that logits are divided by")  # fmt: skip
    group.add_argument("--distillation-weight", type=_share, metavar="SHARE",
                       default=default.distillation_weight, help="of the teacher in the loss")  # fmt: skip
    group.add_argument("--soft-labels", type=Path, metavar="FILE.npz",
                       help="file to write this network's own soft labels to")  # fmt: skip


def _add_preset_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--epochs", type=console.positive_int, help="passes over the images")
    group.add_argument("--batch-size", type=console.positive_int, help="images a step")
    group.add_argument("--optimizer", choices=OPTIMIZERS, help="adam is AdamW if the weights decay")
    group.add_argument("--learning-rate", type=console.positive_float, help="the highest one")
    group.add_argument("--weight-decay", type=_not_negative, metavar="RATE", help="decoupled from the gradient")
    group.add_argument("--schedule", choices=SCHEDULES, help="of the learning rate")
    group.add_argument("--warmup-epochs", type=_not_negative, metavar="N", help="in which it climbs; of cosine only")
    group.add_argument("--label-smoothing", type=_share, metavar="SHARE", help="of a target that all classes get alike")
    group.add_argument("--average-epochs", type=_not_negative, metavar="N", help="window of the averaged weights")
    group.add_argument("--shift", type=console.natural, metavar="PIXELS", help="furthest move in each direction")
    group.add_argument("--shift-padding", choices=PADDINGS, help="what moves in: black, or a mirror image")
    group.add_argument("--flip", action=argparse.BooleanOptionalAction, help="mirror half of the images")
    group.add_argument("--erase", type=_share, metavar="SHARE", help="of the images that lose a rectangle")
    group.add_argument("--mixup", type=_not_negative, metavar="ALPHA", help="blend pairs of images")
    group.add_argument("--cutmix", type=_not_negative, metavar="ALPHA", help="paste a rectangle of another image")


def _data(text: str) -> str:
    if (
        text not in DATASETS and "/" not in text and not Path(text).is_dir()
    ):  # whether a path leads anywhere is seen later
        raise argparse.ArgumentTypeError(
            f"expected {', '.join(DATASETS)} or a folder that holds one folder of images a class, got {text!r}"
        )
    return text


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share, 0-1, got {text}")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of at least 0, got {text}")
    return value


def _folder_name(text: str) -> str:
    if not text or text.startswith(".") or Path(text).name != text:
        raise argparse.ArgumentTypeError(f"expected a folder name without a slash or a leading dot, got {text!r}")
    return text
