"""`python -m benchmarks merge`: what several devices sent back, or several reports, as one report."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysis.recommendation import recommend_on_each
from benchmarks.analysis.row import Row
from benchmarks.analysis.rows import compare_with_float, make_rows
from benchmarks.config import MARGIN_PP, BenchmarkConfig
from benchmarks.device.run import read_measured
from benchmarks.host.environment import merged_environment, short_name
from benchmarks.measure.job import OK
from benchmarks.records import from_record
from benchmarks.report.schema import PeerRow, Report
from benchmarks.report.table import reasons, text_table
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.cli import console
from edge.errors import EXIT_DONE, ToolkitError

NAME = "merge"
"""First argument of `python -m benchmarks` that leads here."""

_EXAMPLES = """examples:
  python -m benchmarks merge result.json --out reports/pi
  python -m benchmarks merge pi4.json pi5.json reports/host/report.json --out reports/all
"""

_Row = TypeVar("_Row", Row, PeerRow)


@dataclass(frozen=True, slots=True)
class KnownImages:
    """Test images that all files were measured on, without their pixels."""

    dataset: str
    statement: str
    labels: NDArray[np.uint8]
    sha256: str


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Put results of devices (from a kit), and reports, into one report; each row names its machine.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("files", type=Path, nargs="+", metavar="FILE", help="result.json of a kit, or report.json")
    flags.add_argument("--out", type=Path, default=Path("reports/merged"), metavar="DIR", help="folder of the report")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Merge; print the table and the report's path."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    from benchmarks.report.build import write_report

    report = merge([(str(path), read(path)) for path in options.files])
    page = write_report(report, options.out)
    print(text_table(report.rows), *reasons(report.rows), "", *report.recommendation, f"report: {page}", sep="\n")
    return EXIT_DONE


def read(path: Path) -> dict[str, Any]:
    """Read a file.

    Raises:
        ToolkitError: it is neither a device's result nor a report.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ToolkitError(f"no file {path}: expected result.json of a kit, or a report.json") from error
    except ValueError as error:
        raise ToolkitError(f"{path} is no JSON ({error}): expected result.json of a kit, or a report.json") from error
    if not isinstance(found, dict) or not ("variants" in found or "rows" in found) or "test_images" not in found:
        raise ToolkitError(f"{path} is neither a device's result nor a report of model files")
    return found


def merge(files: Sequence[tuple[str, dict[str, Any]]]) -> Report:
    """Return one report; of several machines each row's name ends with its machine's, and each has its advice.

    Args:
        files: name and content of each, at least one.

    Raises:
        ToolkitError: they were measured on different test images, hold no raw values, or are merged already.
    """
    from benchmarks.report.build import build_report

    images, config = _common_images(files), _config(files[0][1])
    labels, margin_pp = images.labels.tolist(), config.margin_pp
    names = _names([content["environment"] for _, content in files])
    machines = {
        machine: compare_with_float(_rows(name, content, machine), labels, FASHION_MNIST_LABELS, margin_pp=margin_pp)
        for machine, (name, content) in zip(names, files, strict=True)
    }
    peers = [
        replace(from_record(PeerRow, peer), machine=machine)
        for machine, (_, content) in zip(names, files, strict=True)
        for peer in content.get("peers", [])
    ]
    rows = [row for members in machines.values() for row in members]
    if len(files) > 1:
        rows = compare_with_float([_renamed(row) for row in rows], labels, FASHION_MNIST_LABELS, margin_pp=margin_pp)
        peers = [_renamed(peer) for peer in peers]
    environment = merged_environment([content["environment"] for _, content in files], names)
    report = build_report(rows, config, images, environment, peers=peers)
    return replace(
        report,
        recommendation=tuple(recommend_on_each(machines, rows)) if len(files) > 1 else report.recommendation,
        merged=tuple(name for name, _ in files),
        settings_of_each=tuple(content["settings"] for _, content in files),
    )


def _rows(name: str, content: dict[str, Any], machine: str) -> list[Row]:
    """Return the rows of one file, each with its machine.

    Args:
        name: name of the file, for errors.
        content: a device's result, or a report.
        machine: name of the machine that it is of.
    """
    if "variants" in content:
        variants, trials = zip(*read_measured(content), strict=True)
        labels = content["test_images"]["labels"]
        rows = make_rows(variants, trials, labels, FASHION_MNIST_LABELS, margin_pp=MARGIN_PP)
    elif content["environment"].get("machines"):
        raise ToolkitError(f"{name} is of several machines: merge the files that it was made of, {content['merged']}")
    else:
        rows = [from_record(Row, row) for row in content["rows"]]
    if any(row.status == OK and not row.raw for row in rows):
        raise ToolkitError(f"{name} holds no raw values any more: merge the report.json that the benchmark wrote")
    return [replace(row, machine=machine) for row in rows]


def _common_images(files: Sequence[tuple[str, dict[str, Any]]]) -> KnownImages:
    first_name, first = files[0]
    known = first["test_images"]
    for name, found in files[1:]:
        if found["test_images"]["sha256"] != known["sha256"]:
            raise ToolkitError(
                f"{name} and {first_name} were measured on different test images: measure again with one kit, "
                "and the same --max-images"
            )
    labels = np.asarray(known["labels"], np.uint8)
    return KnownImages(known["dataset"], first["statement"], labels, known["sha256"])


def _names(environments: Sequence[dict[str, Any]]) -> list[str]:
    """Short names of the machines; equal ones are numbered."""
    names = [short_name(environment) for environment in environments]
    return [
        name if names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def _renamed(row: _Row) -> _Row:
    """Add the machine to the names of a row, and to that of its reference."""
    reference = row.reference and f"{row.reference} on {row.machine}"
    return replace(row, id=f"{row.id} on {row.machine}", variant=f"{row.variant} on {row.machine}", reference=reference)


def _config(found: dict[str, Any]) -> BenchmarkConfig:
    """The settings of the first file, as far as they are a benchmark's."""
    numbers = ("repeats", "max_repeats", "runs", "frames", "warmup", "warmup_s", "max_images", "threads", "seed")
    return BenchmarkConfig(**{name: found["settings"][name] for name in numbers if name in found["settings"]})
