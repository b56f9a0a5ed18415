"""`python -m train`: the flags, one for each field of `TrainConfig`, and the command."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from edge.artifact.input_spec import RESIZE_MODES
from edge.artifact.spec import ModelSpec
from edge.classify.interval import is_chance_level
from edge.cli import console
from edge.cli.outputs import output_file
from train.config import (
    DATASETS,
    MIXED_PRECISIONS,
    OPTIMIZERS,
    PADDINGS,
    PRESETS,
    RECIPES,
    SCHEDULES,
    TrainConfig,
    preset_for,
)
from train.network.backend import start_backend

_LOGGER = logging.getLogger(__name__)
_EPOCHS = preset_for(TrainConfig()).epochs
_EXAMPLES = f"""examples:
  python -m train                                    Fashion-MNIST, {_EPOCHS} epochs, into runs/
  python -m train --data demo --epochs 3             drawn garments: no data set, no network
  python -m train --data photos/                     your own classes: one folder of images for each,
                                                     in colour, from pretrained weights
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
        description="Train a network on your own images, or on clothes, and write a run directory: model, spec, plots.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--preset", choices=tuple(PRESETS), default=default.preset,
                       help="network and how to train it (default: transfer for a folder, else edge)")  # fmt: skip
    flags.add_argument("--data", type=_data, default=default.data, metavar="DATA",
                       help="fashion-mnist, demo (drawn), or a folder with one folder of images a class")  # fmt: skip
    flags.add_argument("--test-fraction", type=_test_fraction, default=default.test_fraction, metavar="SHARE",
                       help="share of your own images that is held out for the test; 0: none")  # fmt: skip
    flags.add_argument("--initial", type=Path, metavar="RUN", help="run directory with the initial weights")
    flags.add_argument("--extra-data", type=Path, nargs="+", default=default.extra_data, metavar="FILE.npz",
                       help="further training images, made by `python -m train.photographs` or `.scenes`")  # fmt: skip
    flags.add_argument("--extra-data-share", type=_fraction, metavar="SHARE",
                       help="share of --extra-data in an epoch, in turn (default: all in every epoch)")  # fmt: skip
    flags.add_argument("--threshold-data", type=Path, metavar="FILE.npz",
                       help="such images that set the threshold of `unknown`; not used for training")  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="limit on the training images")
    flags.add_argument("--validation-fraction", type=_fraction, default=default.validation_fraction, metavar="SHARE",
                       help="share of the training images that becomes the validation split")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=default.seed,
                       help="random seed of split, weights, shuffling, augmentation and dropout")  # fmt: skip
    flags.add_argument("--split-seed", type=console.natural, metavar="SEED",
                       help="random seed of the validation split alone (default: --seed)")  # fmt: skip
    flags.add_argument("--mixed-precision", choices=MIXED_PRECISIONS, default=default.mixed_precision,
                       help="arithmetic, for GPUs; weights stay float32")  # fmt: skip
    flags.add_argument("--name", type=_folder_name, help="name of the run directory (default: preset, data and time)")
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    flags.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs into the run directory")
    flags.add_argument("--distribute", action="store_true",
                       help="train on all GPUs and on the processes of KERAS_DISTRIBUTION_*; JAX only")  # fmt: skip
    flags.add_argument("--report", action=argparse.BooleanOptionalAction, default=default.report,
                       help="page on mistakes, doubtful labels and need of images, preset transfer")  # fmt: skip
    flags.add_argument("--resume", action="store_true",
                       help="continue the unfinished run --name, or the only one")  # fmt: skip
    _add_teacher_flags(flags.add_argument_group("learning from a teacher"), default)
    _add_preset_flags(flags.add_argument_group("in place of what the preset says"))
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Train once and print the run directory and its test accuracy, unless another process does."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    start_backend()
    # Keras and TensorFlow take seconds to import: only after the flags are parsed.
    from train.fit import train_run
    from train.results.rejection import describe_rejection
    from train.results.run_dir import METRICS, SPEC

    folder = train_run(config_from(options))
    if folder is None:
        return 0
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    low, high = metrics["test_top1_interval"]
    noun, count = "test" if metrics["config"]["test_fraction"] else "held-out", metrics["images"]["test"]
    right = f"{metrics['test_top1_accuracy']:.2%} of {count:,} {noun} image{'s' * (count != 1)} right"
    print(f"{folder}: {right}, 95 % interval {low:.1%} to {high:.1%}")
    classes = len(ModelSpec.from_json((folder / SPEC).read_text(encoding="utf-8")).labels)
    if is_chance_level(count, count, classes):
        _LOGGER.warning(
            "%d %s image%s can't tell %s classes from guessing, even if all are right: add images of each class",
            count, noun, "s" * (count != 1), f"{classes:,}",
        )  # fmt: skip
    elif is_chance_level(round(metrics["test_top1_accuracy"] * count), count, classes):
        _LOGGER.warning(
            "guessing among %s classes may be right as often: train for more --epochs than %d first, then on more "
            "images of each class", f"{classes:,}", metrics["preset"]["epochs"],
        )  # fmt: skip
    if metrics["rejection"]:
        print(describe_rejection(metrics["rejection"]))
    return 0


def config_from(options: argparse.Namespace) -> TrainConfig:
    """Return the configuration that parsed flags stand for."""
    given = {field.name: getattr(options, field.name) for field in fields(TrainConfig)}
    values: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in given.items()}
    return TrainConfig(**values)


def _fraction(text: str) -> float:
    """Parse a share between 0 and 1, neither included, for argparse."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text}")
    return value


def _test_fraction(text: str) -> float:
    """Parse a share from 0 to below 1 for argparse."""
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to below 1, got {text}")
    return value


def _add_teacher_flags(group: argparse._ArgumentGroup, default: TrainConfig) -> None:
    group.add_argument("--teacher", type=Path, metavar="RUN_OR_FILE",
                       help="run directory, or file of soft labels, of a network to learn from")  # fmt: skip
    group.add_argument("--distillation-temperature", type=console.positive_float, metavar="T",
                       default=default.distillation_temperature, help="divisor of the logits")  # fmt: skip
    group.add_argument("--distillation-weight", type=_share, metavar="SHARE",
                       default=default.distillation_weight, help="share of the teacher in the loss")  # fmt: skip
    group.add_argument("--soft-labels", type=output_file, metavar="FILE.npz",
                       help="file to write this network's own soft labels to")  # fmt: skip


def _add_preset_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--input-size", type=console.positive_int, metavar="N",
        help="height and width of the network's input in pixels; for your own images",
    )  # fmt: skip
    group.add_argument("--train-scale", type=_train_scale, metavar="SHARE",
                       help="size of images in training, in units of the input's, 0.5-1, preset transfer")  # fmt: skip
    group.add_argument("--widths", type=console.positive_int, nargs="+", metavar="N",
                       help="channels of each stage, presets edge and teacher")  # fmt: skip
    group.add_argument("--blocks", type=console.positive_int, nargs="+", metavar="N", help="blocks of each stage")
    group.add_argument("--recipe", choices=tuple(RECIPES), help="image: the whole frame; garment: one object, grey")
    group.add_argument("--resize", choices=RESIZE_MODES, help="fit of a frame of another shape, recipe image")
    group.add_argument(
        "--train-from", type=console.natural, metavar="N", help="first of the 16 pretrained blocks that is trained"
    )
    group.add_argument(
        "--head-only", action=argparse.BooleanOptionalAction, help="train the last layer alone, preset transfer"
    )
    group.add_argument(
        "--least-steps", type=console.positive_int, metavar="N", help="steps of an epoch at least, for small sets"
    )
    group.add_argument("--epochs", type=console.positive_int, help="passes over the training images")
    group.add_argument("--batch-size", type=console.positive_int, help="images in a step")
    group.add_argument("--optimizer", choices=OPTIMIZERS, help="adam with weight decay is AdamW")
    group.add_argument("--learning-rate", type=console.positive_float, help="highest learning rate")
    group.add_argument(
        "--weight-decay", type=console.non_negative_float, metavar="RATE", help="decoupled decay of the weights"
    )
    group.add_argument("--schedule", choices=SCHEDULES, help="course of the learning rate")
    group.add_argument(
        "--warmup-epochs", type=console.non_negative_float, metavar="N", help="epochs of climbing, cosine only"
    )
    group.add_argument("--label-smoothing", type=_share, metavar="SHARE", help="share spread over all classes")
    group.add_argument("--balance", type=_share, metavar="POWER",
                       help="weight of rare classes: 0 as they come, 1 as much as common ones")  # fmt: skip
    group.add_argument(
        "--average-epochs", type=console.non_negative_float, metavar="N", help="epochs that weights are averaged over"
    )
    group.add_argument("--shift", type=console.natural, metavar="PIXELS", help="largest shift in each direction")
    group.add_argument("--shift-padding", choices=PADDINGS, help="pixels moved in: black, or mirrored ones")
    group.add_argument("--flip", action=argparse.BooleanOptionalAction, help="mirror half of the images")
    group.add_argument("--erase", type=_share, metavar="SHARE", help="share of the images that lose a rectangle")
    group.add_argument("--random-crop", type=_share, metavar="SHARE", help="smallest part of an image, recipe image")
    group.add_argument("--rotate", type=console.non_negative_float, metavar="DEGREES", help="largest, recipe image")
    group.add_argument("--light", type=_share, metavar="SHARE", help="change of exposure, recipe image")
    group.add_argument("--colour", type=_share, metavar="SHARE", help="change of each channel, recipe image")
    group.add_argument("--mixup", type=console.non_negative_float, metavar="ALPHA", help="blend pairs of images")
    group.add_argument(
        "--cutmix", type=console.non_negative_float, metavar="ALPHA", help="paste a rectangle of another image"
    )


def _data(text: str) -> str:
    # A path that leads nowhere is an error of reading it.
    if text not in DATASETS and "/" not in text and not Path(text).is_dir():
        raise argparse.ArgumentTypeError(
            f"expected {', '.join(DATASETS)} or a folder that holds one folder of images a class, got {text!r}"
        )
    return text


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share, 0-1, got {text}")
    return value


def _train_scale(text: str) -> float:
    value = float(text)
    if not 0.5 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share, 0.5-1, got {text}")
    return value


def _folder_name(text: str) -> str:
    if not text or text.startswith(".") or Path(text).name != text:
        raise argparse.ArgumentTypeError(f"expected a folder name without a slash or a leading dot, got {text!r}")
    return text


if __name__ == "__main__":
    console.run(main)
