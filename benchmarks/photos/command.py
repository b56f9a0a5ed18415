"""`python -m benchmarks photos`: the command line of the measurement on photographs."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.config import from_flags
from benchmarks.host.environment import describe_environment
from benchmarks.measure.photographs import find_folders, label_photographs
from benchmarks.photos.measure import PhotosConfig, measure_photos
from edge.artifact.file import default_model
from edge.classify.classifier import Classifier
from edge.cli import console
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.datasets.folder_labels import folder_truth, map_folders
from edge.errors import EXIT_DONE, ToolkitError
from edge.runtimes import RUNTIMES

NAME = "photos"

_TIME = "%Y%m%dT%H%M%SZ"  # as the folders of the other reports

_EXAMPLES = """examples:
  python -m benchmarks photos shared/photos/validation
  python -m benchmarks photos wardrobe --model mine.onnx --map blouses=Shirt --map socks=unknown
  python -m benchmarks photos wardrobe --map 'footwear=Sandal,Sneaker,Ankle boot'
  python -m benchmarks photos dresses              one folder of one kind, such as edge-classify --source takes

A folder called like a label of the model holds that; one called unknown or nothing holds what the model doesn't know;
--map says it of any other. `python -m benchmarks --help` is the measurement of model files.

exit codes: 0 done, 1 error (also: some photographs were unreadable; the report is there all the same), 2 wrong call
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `PhotosConfig`."""
    default = PhotosConfig(Path())
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Measure a model on photographs: accuracy, what it takes for unknown, time, and its mistakes.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("folder", type=Path, metavar="DIR", help="holds one folder of photographs for each kind")
    flags.add_argument("--model", type=Path, metavar="FILE", help=".tflite or .onnx file (default: the built-in one)")
    flags.add_argument("--map", action="append", type=folder_truth, dest="truths", default=[],
                       metavar="FOLDER=LABEL[,LABEL...]",
                       help="labels that are right for a folder, or unknown; repeatable")  # fmt: skip
    flags.add_argument("--runtime", choices=("auto", *RUNTIMES), default=default.runtime,
                       help="library that runs the model")  # fmt: skip
    flags.add_argument("--threads", type=console.thread_count, default=default.threads, metavar="N",
                       help="for the arithmetic")  # fmt: skip
    flags.add_argument("--mistakes", type=console.natural, default=default.mistakes, metavar="N",
                       help="mistakes to draw, at most")  # fmt: skip
    flags.add_argument("--hits", type=console.natural, default=default.hits, metavar="N",
                       help="right answers of each folder to draw, at most")  # fmt: skip
    flags.add_argument("--out", type=Path, metavar="DIR",
                       help=f"folder of the report (default: reports/{NAME}-<UTC time>)")  # fmt: skip
    add_model_flags(flags)
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Measure a model on photographs; print the figures and the report's path."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    config = replace(from_flags(PhotosConfig, vars(options)), truths=dict(options.truths))
    folders = find_folders(config.folder)
    classifier = Classifier.load(
        config.model or default_model(),
        runtime=config.runtime,
        threads=config.threads,
        options=model_options_from(options),
    )
    kinds = map_folders(list(folders), classifier.spec.labels, config.truths)
    command = ["python", "-m", "benchmarks", NAME, *map(shlex.quote, arguments)]
    environment = describe_environment(command, seed=None, threads=config.threads)
    found = measure_photos(classifier, label_photographs(folders, kinds))
    # Matplotlib takes seconds to import on a Pi: only once there is something to draw.
    from benchmarks.photos.render import printed
    from benchmarks.photos.report import build_report, describe_model, write_report

    report = build_report(found, config, describe_model(classifier), environment)
    page = write_report(report, found, config.out or Path("reports") / f"{NAME}-{datetime.now(timezone.utc):{_TIME}}")
    print(printed(report), f"report: {page}", sep="\n")
    if found.skipped:
        names = ", ".join(skipped.path for skipped in found.skipped)
        count = len(found.results) + len(found.skipped)
        raise ToolkitError(f"{len(found.skipped)} of {count} photographs could not be read: {names}")
    return EXIT_DONE
