"""`edge-classify bulk`: classifies an archive on all cores of this machine or on a cluster, into Parquet."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.artifact.file import DEFAULT_MODEL, default_model, model_path
from edge.bulk.config import BulkConfig
from edge.cli import console
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.source_flags import add_roi_flag
from edge.cli.trust_flags import add_trust_flags, trust_policy_from
from edge.errors import EXIT_DONE, EXIT_ERROR
from edge.runtimes import RUNTIMES

if TYPE_CHECKING:
    from edge.bulk.archive_run import Outcome

NAME = "bulk"
"""First argument of `edge-classify` that leads here."""

_MOST_ERRORS = 8  # kinds that the text names

_EXAMPLES = """examples:
  edge-classify bulk photos/ --out results --limit 200       look first: 200 images, evenly of all
  edge-classify bulk photos/ --out results                   then all; stop it when you like, the next call goes on
  edge-classify bulk 'photos/**/*.jpg' --out results --model mine.tflite
  edge-classify bulk images.parquet --out results --column image    a column of bytes, or of paths
  edge-classify bulk s3://bucket/photos/ --out results       or gs://; the machine's own credentials
  edge-classify bulk /shared/photos --out results --address 10.0.0.5:6379    on a Ray cluster

DIR gets a folder for the model and its specification, with Parquet parts (path, size, mtime, sha256, label,
probability, score, top_k, model_sha256, spec_sha256, error, latency_ms), and beside it a .json that says what it is of
and a .png of the least certain images. A row is of a file's
path, size and time: a call that is repeated reads what is new, has changed, or could not be read. Another model,
threshold or setting has a folder of its own. Extra `bulk`.

exit codes: 0 done, 1 error (also: some images could not be classified; each is a row with its reason. Or a Parquet file
in a folder could not be read), 2 wrong call, 130 Ctrl-C; what was done is kept, and SIGTERM stops cleanly (0)
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default is that of `BulkConfig`."""
    default = BulkConfig((), Path(), Path())
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Classify an archive of images on all cores of this machine, or on a cluster, into Parquet files; "
        "a call that was stopped is gone on with by the next.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("inputs", nargs="+", metavar="INPUT", help="folder and its sub-folders, image, 'glob', Parquet "
                       "file, s3://BUCKET/... or gs://BUCKET/...")  # fmt: skip
    flags.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder on this machine for the results")
    flags.add_argument("--model", type=model_path, default=None, metavar="FILE",
                       help=f".tflite or .onnx file, or a built-in one (default: {DEFAULT_MODEL})")  # fmt: skip
    flags.add_argument("--limit", type=console.positive_int, metavar="N",
                       help="classify N images, evenly of all inputs, to look first")  # fmt: skip
    flags.add_argument("--column", metavar="NAME", help="column of Parquet files that holds bytes or paths of images "
                       "(default: by its name or kind)")  # fmt: skip
    flags.add_argument("--threshold", type=console.finite_float, metavar="P", help="answer unknown below this score "
                       "(default: the model file's)")  # fmt: skip
    flags.add_argument("--top-k", type=console.positive_int, default=default.top_k, metavar="N",
                       help="classes to name an image")  # fmt: skip
    add_roi_flag(flags, verb="classify")
    flags.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    group = flags.add_argument_group("machines")
    group.add_argument("--workers", type=console.positive_int, metavar="N",
                       help="processes that classify (default: one for each --cpus)")  # fmt: skip
    group.add_argument("--cpus", type=console.thread_count, default=default.cpus, metavar="N",
                       help="CPUs of a worker, and threads of its runtime; more workers are faster than more "
                       "threads")  # fmt: skip
    group.add_argument("--address", type=console.parsed_by(_address), metavar="HOST:PORT",
                       help="head of a Ray cluster, or auto; its machines need edge-classify of this version, and the "
                       "inputs under the same paths")  # fmt: skip
    add_trust_flags(flags)
    add_model_flags(flags)
    flags.add_argument(
        "--runtime", choices=("auto", *RUNTIMES), default=default.runtime, help="library that runs the model"
    )
    console.add_logging_flags(flags)
    return flags


def config_from(options: argparse.Namespace) -> BulkConfig:
    """Return the settings that the flags give.

    Raises:
        ConfigError: the label file can't be read.
    """
    return BulkConfig(
        inputs=tuple(options.inputs),
        model=options.model or default_model(),
        model_options=model_options_from(options),
        **{name: getattr(options, name) for name in ("out", "runtime", "threshold", "top_k", "roi", "column", "limit",
                                                     "workers", "cpus", "address", "json", "quiet")},
    )  # fmt: skip


def _address(text: str) -> str:
    if text != "auto" and not re.fullmatch(r"[\w.-]+:\d{1,5}", text):
        raise ValueError(f"expected HOST:PORT of a Ray cluster's head, such as 10.0.0.5:6379, or auto, got {text!r}")
    return text


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Classify what has no row yet; print the summary of all rows."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    config = config_from(options)
    from edge.bulk.archive_run import classify_archive

    outcome = classify_archive(config, trust_policy_from(options))
    print(json.dumps(as_record(outcome), ensure_ascii=False) if config.json else as_text(outcome))
    return EXIT_ERROR if outcome.summary.failed or outcome.unreadable else EXIT_DONE


def as_record(outcome: Outcome) -> dict[str, Any]:
    """Return the JSON object of a call.

    Returns:
        folder (of the rows), listed (images that the inputs name), classified (of these, by this call), unreadable
        (Parquet files whose images can't be listed), images_per_s (of this call, once each worker has begun; 0: none).

        Of all rows in the folder: images, labels (answer -> number), errors (reason -> number), least_certain (paths,
        the least certain first) and sheet (their picture, or null).
    """
    summary = outcome.summary
    return {
        "folder": str(outcome.folder),
        "listed": outcome.listed,
        "classified": outcome.classified,
        "unreadable": outcome.unreadable,
        "images_per_s": round(outcome.images_per_s, 3),
        "images": summary.images,
        "labels": summary.labels,
        "errors": summary.errors,
        "least_certain": [row["path"] for row in summary.least_certain],
        "sheet": str(outcome.sheet) if outcome.sheet else None,
    }


def as_text(outcome: Outcome) -> str:
    """Return the summary for a terminal."""
    summary = outcome.summary
    rate = f", {outcome.images_per_s:,.1f} a second" if outcome.images_per_s else ""
    shown = list(summary.errors.items())[:_MOST_ERRORS]
    width, digits = max(map(len, (*summary.labels, "error"))), len(f"{summary.images:,}")
    lines = [f"{outcome.listed:,} images, {outcome.classified:,} classified now{rate}",
             f"{summary.images:,} rows in {outcome.folder}"]  # fmt: skip
    lines += [f"  {label:<{width}}  {count:>{digits},}  {count / summary.images:6.1%}"
              for label, count in summary.labels.items()]  # fmt: skip
    lines += [f"  {'error':<{width}}  {count:>{digits},}  {reason}" for reason, count in shown]
    if len(shown) < len(summary.errors):
        rest = summary.failed - sum(count for _, count in shown)
        lines.append(f"  {'error':<{width}}  {rest:>{digits},}  of {len(summary.errors) - len(shown)} other kinds")
    lines += [f"least certain: {outcome.sheet}"] if outcome.sheet else []
    return "\n".join(lines)
