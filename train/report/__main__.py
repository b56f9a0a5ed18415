"""`python -m train.report`: the report of a finished run, made again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import to_probabilities
from edge.cli import console
from edge.errors import RunError
from train.config import config_from_json, preset_for
from train.network.backend import start_backend


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m train.report",
        description="Write report.html into the directory of a finished run of `python -m train`, preset transfer. "
        "The images must be where they were, and the same.",
    )
    flags.add_argument("run", type=Path, help="run directory")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Make the report and print the path of its page."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    start_backend()
    print(report_of(options.run))
    return 0


def report_of(folder: Path) -> Path:
    """Make the report of a finished run from its files and its images, and return the path of its page.

    Raises:
        RunError: the folder is no run of the pretrained network, or its images have changed since.
        DatasetError: the images can't be read.
        OSError: the folder can't be read or written.
    """
    import keras

    from train.data.splits import load_splits
    from train.network.predict import predict
    from train.report.write import write_report
    from train.results.run_dir import METRICS, MODEL, SPEC

    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{folder} is no finished run directory: it holds no {METRICS}") from error
    config = config_from_json(metrics["config"])
    if not preset_for(config).is_pretrained:
        raise RunError(f"{folder} is a run of preset {config.preset}: a report is made for preset transfer")
    spec = ModelSpec.from_json((folder / SPEC).read_text(encoding="utf-8"))
    splits = load_splits(config)
    model = keras.models.load_model(folder / MODEL, compile=False)
    validation, test = (
        to_probabilities(predict(model, split.pixels, spec.input), output=spec.output,
                         temperature=spec.decision.temperature)
        for split in (splits.validation, splits.test)
    )  # fmt: skip
    right = round(metrics["test_top1_accuracy"] * metrics["images"]["test"])
    if (len(test), int((test.argmax(axis=1) == splits.test.labels).sum())) != (metrics["images"]["test"], right):
        raise RunError(f"the images in {config.data} aren't those of {folder} any more: train again")
    return write_report(folder, config, splits, validation=validation, test=test)


if __name__ == "__main__":
    console.run(main)
