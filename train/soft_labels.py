"""`python -m train.soft_labels RUN_OR_FILE... --out FILE.npz`: one file of soft labels from several teachers."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import RunError
from train.config import DATASETS, TrainConfig, config_from_json
from train.network.backend import start_backend

if TYPE_CHECKING:
    from train.data.splits import Splits

_LOGGER = logging.getLogger(__name__)
_EXAMPLES = """examples:
  python -m train.soft_labels runs/teacher runs/teacher-lite0 --out soft_labels.npz
  python -m train.soft_labels runs/teacher other.npz --out soft_labels.npz    a file counts as one teacher

then: python -m train --teacher soft_labels.npz
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.soft_labels",
        description="Average what several teachers say of the training images, over shifts and mirror images of each, "
        "into a file to train with. The accuracies are those of the validation images, which no teacher may have seen.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("teachers", type=Path, nargs="+", metavar="RUN_OR_FILE",
                       help="run directory, or file of soft labels")  # fmt: skip
    flags.add_argument("--data", choices=DATASETS, default=DATASETS[0], help="data that they were trained on")
    flags.add_argument("--split-seed", type=console.natural, default=0, metavar="SEED",
                       help="random seed of the validation split that they were trained with")  # fmt: skip
    flags.add_argument("--out", type=output_file, required=True, metavar="FILE.npz", help="file to write")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Write the file and print the accuracy of each teacher and of their mean."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    start_backend()
    # Keras and TensorFlow take seconds to import: only after the flags are parsed.
    from train.data.splits import load_splits
    from train.fitting.teacher import write_logits

    if len({teacher.resolve() for teacher in options.teachers}) < len(options.teachers):
        raise RunError("a teacher is named twice, and each counts once: name every teacher once")
    config = TrainConfig(data=options.data, seed=options.split_seed)
    splits = load_splits(config)
    opinions = [opinion(teacher, splits) for teacher in options.teachers]
    if strange := [teacher for teacher in options.teachers if held_out_others(teacher, config)]:
        _LOGGER.warning(
            "other images were held out from %s than these validation images: accuracies flatter where they were "
            "trained on; give --split-seed the seed of their runs", ", ".join(map(str, strange)),
        )  # fmt: skip
    mean = np.mean([each.logits for each in opinions], axis=0)
    for name, logits in [*((each.name, each.logits) for each in opinions), ("their mean", mean)]:
        right = held_out_right(logits, splits)
        print(f"{name}: {right.mean():.2%} of {len(right):,} validation images")
    teachers = ", ".join(each.name for each in opinions)
    write_logits(options.out, mean, splits.whole, teacher=teachers, names=splits.class_names, views=views_of(opinions))
    print(options.out)
    return 0


class Opinion(NamedTuple):
    """A teacher's answers for all training images."""

    name: str
    """Name of a run, or of the teacher in a file."""
    logits: NDArray[np.float32]
    """Log-probabilities, float32, shape (N, classes)."""
    views: tuple[str, ...]
    """Views of each image that they are the mean of."""


def opinion(teacher: Path, splits: Splits) -> Opinion:
    """Return the answers of a run, or of a file of soft labels.

    Raises:
        DatasetError: there is none, or it is of other images or classes.
    """
    from train.fitting.teacher import VIEWS, load_run, logits_of, read_logits, read_manifest

    if teacher.is_dir():
        logits = logits_of(load_run(teacher, splits, flag="RUN_OR_FILE"), splits.whole)
        name, views = teacher.resolve().name, tuple(VIEWS)
    else:
        logits = read_logits(teacher, pixels=splits.whole, names=splits.class_names)
        manifest = read_manifest(teacher)
        name, views = manifest.teacher, manifest.views
    return Opinion(name, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), views)


def views_of(opinions: Sequence[Opinion]) -> tuple[str, ...]:
    """Return the views of all teachers: each with its teacher's name, unless all have the same."""
    different = dict.fromkeys(each.views for each in opinions)
    if len(different) == 1:
        return next(iter(different))
    return tuple(f"{each.name}: {view}" for each in opinions for view in each.views)


def held_out_others(teacher: Path, config: TrainConfig) -> bool:
    """Return True if a run had another validation split than a training with this configuration has; False of a file.

    Raises:
        OSError: the run has no metrics.
    """
    from train.data.splits import validation_seed
    from train.results.run_dir import METRICS

    if not teacher.is_dir():
        return False
    run = config_from_json(json.loads((teacher / METRICS).read_text(encoding="utf-8"))["config"])

    def choice(of: TrainConfig) -> tuple[object, ...]:
        drawn = of.seed if of.data == "demo" else None
        return of.data, drawn, validation_seed(of), of.validation_fraction, of.max_images

    return choice(run) != choice(config)


def held_out_right(logits: NDArray[np.float32], splits: Splits) -> NDArray[np.bool_]:
    """Return which validation images the logits of all training images, shape (N, classes), name right."""
    is_held_out = np.ones(len(splits.whole), np.bool_)
    is_held_out[splits.train_positions] = False
    return np.asarray(logits[is_held_out].argmax(axis=1) == splits.validation.labels)


if __name__ == "__main__":
    console.run(main)
