"""`python -m benchmarks merge`: what several devices sent back, or several reports, as one report."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.analysis.rows import Row, make_rows
from benchmarks.config import BenchmarkConfig
from benchmarks.device.result import read_measured
from benchmarks.host.environment import merged_environment, short_name
from benchmarks.report.table import reasons, text_table
from edge.cli import console
from edge.errors import EXIT_DONE, ToolkitError

NAME = "merge"
"""First argument of `python -m benchmarks` that leads here."""

_EXAMPLES = """examples:
  python -m benchmarks merge result.json --out reports/pi
  python -m benchmarks merge pi4.json pi5.json reports/host/report.json --out reports/all
"""


@dataclass(frozen=True, slots=True)
class KnownImages:
    """The test images that all files were measured on, as a report needs them; the images themselves aren't here."""

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
    print(text_table(report["rows"]), *reasons(report["rows"]), "", *report["recommendation"], f"report: {page}",
          sep="\n")  # fmt: skip
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


def merge(files: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return one report; of several machines each row's name ends with its machine's, and each has its advice.

    Args:
        files: name and content of each, at least one.

    Raises:
        ToolkitError: they were measured on different test images, hold no raw values, or are merged already.
    """
    from benchmarks.analysis.cross_machine import advise
    from benchmarks.report.build import build_report

    images = _common_images(files)
    names = _names([found["environment"] for _, found in files])
    groups = [_rows(name, found) for name, found in files]
    rows = [_renamed(row, machine, len(files)) for found, machine in zip(groups, names, strict=True) for row in found]
    peers = [_renamed(row, machine, len(files)) for (_, found), machine in zip(files, names, strict=True)
             for row in found.get("peers", [])]  # fmt: skip
    environment = merged_environment([found["environment"] for _, found in files], names)
    config = _config(files[0][1])
    report = build_report(rows, config, images, environment, peers=peers)
    settings = [found["settings"] for _, found in files]
    report |= {"merged": [name for name, _ in files], "settings_of_each": settings}
    if len(files) > 1:
        machines = dict(zip(names, groups, strict=True))
        report["recommendation"] = advise(machines, report["rows"], images.labels.tolist(), margin_pp=config.margin_pp)
    return report


def _rows(name: str, found: dict[str, Any]) -> list[Row]:
    if "variants" in found:
        measured = read_measured(found)
        labels = found["test_images"]["labels"]
        return make_rows([variant for variant, _ in measured], [trials for _, trials in measured], labels)
    if found["environment"].get("machines"):
        raise ToolkitError(f"{name} is of several machines: merge the files that it was made of, {found['merged']}")
    rows: list[Row] = found["rows"]
    if any(row["status"] == "ok" and not row.get("raw") for row in rows):
        raise ToolkitError(f"{name} holds no raw values any more: merge the report.json that the benchmark wrote")
    return rows


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


def _renamed(row: Row, machine: str, count: int) -> Row:
    if count == 1:
        return row | {"machine": machine}
    reference = row["reference"] and f"{row['reference']} on {machine}"
    return row | {
        "id": f"{row['id']} on {machine}",
        "variant": f"{row['variant']} on {machine}",
        "reference": reference,
        "machine": machine,
    }


def _config(found: dict[str, Any]) -> BenchmarkConfig:
    """The settings of the first file, as far as they are a benchmark's."""
    numbers = ("repeats", "max_repeats", "runs", "frames", "warmup", "warmup_s", "max_images", "threads", "seed")
    return BenchmarkConfig(**{name: found["settings"][name] for name in numbers if name in found["settings"]})
