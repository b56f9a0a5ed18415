"""`python -m benchmarks merge`: what several devices sent back, or several reports, as one report."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.analysis.recommendation import recommend_on_each
from benchmarks.analysis.row import Row
from benchmarks.analysis.rows import compare_with_float, make_rows, without_common_machine
from benchmarks.device.run import DeviceResult, read_result
from benchmarks.device.timing import MARK, Timing, as_device_result, printed_line, read_timing
from benchmarks.host.environment import Environment, merged_environment, short_name
from benchmarks.report.schema import PeerRow, Report, read_report
from benchmarks.report.table import reasons, text_table
from edge.cli import console, extras
from edge.cli.outputs import output_folder
from edge.errors import EXIT_DONE, ToolkitError

NAME = "merge"

_Row = TypeVar("_Row", Row, PeerRow)


@dataclass(frozen=True, slots=True)
class File:
    """A file to merge."""

    name: str
    content: DeviceResult | Report | Timing


@dataclass(frozen=True, slots=True)
class _Whole:
    """The same with test images and settings."""

    name: str
    content: DeviceResult | Report


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Put results of devices (from a kit), reports, and times that a browser's page or a "
        "microcontroller's sketch printed into one report; each row names its machine.",
        epilog="A report alone, of an earlier version too, is written again with this version's page and sentences.\n\n"
        "examples:\n  python -m benchmarks merge pi4.json pi5.json reports/host/report.json --out reports/all\n"
        "  python -m benchmarks merge reports/host/report.json phone.json board.json --out reports/all\n"
        "  python -m benchmarks merge reports/old/report.json --out reports/old",
    )
    flags.add_argument("files", type=Path, nargs="+", metavar="FILE",
                       help="result.json of a kit, report.json, or the line of JSON that a page of export.web or a "
                       "sketch of export.micro printed")  # fmt: skip
    flags.add_argument(
        "--out", type=output_folder, default="reports/merged", metavar="DIR", help="folder of the report"
    )
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Merge; print the table and the report's path."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    extras.require("benchmarks")
    from benchmarks.report.build import write_report
    from benchmarks.report.photographs import SHEETS

    files = [read(path) for path in options.files]
    report = merge(files)
    sheets = {name: options.files[0].parent / name for name in SHEETS.values()} if report.shown else {}
    page = write_report(
        report, options.out, {name: path.read_bytes() for name, path in sheets.items() if path.is_file()}
    )
    print(text_table(report.rows), *reasons(report.rows), "", *report.recommendation, f"report: {page}", sep="\n")
    return EXIT_DONE


def read(path: Path) -> File:
    """Read a device's result, a report, or what a serial monitor showed of a sketch.

    Raises:
        ToolkitError: it is none of them, or damaged.
    """
    try:
        content = path.read_bytes()  # a serial line begins with noise
        data = json.loads(printed_line(content.decode(errors="replace")) or content.decode())
    except FileNotFoundError as error:
        raise ToolkitError(f"no file {path}: expected result.json of a kit, or a report.json") from error
    except ValueError as error:
        raise ToolkitError(f"{path} is no JSON ({error}): expected result.json of a kit, or a report.json") from error
    return parse(str(path), data)


def parse(name: str, data: Any) -> File:
    """Read the JSON value of a file; errors are those of `read`."""
    if isinstance(data, dict) and MARK in data:
        return File(name, read_timing(data, name))
    if not isinstance(data, dict) or not ("variants" in data or "rows" in data) or "test_images" not in data:
        raise ToolkitError(f"{name} is neither a device's result, nor a report of model files, nor a page's times")
    return File(name, read_result(data) if "variants" in data else read_report(data, name))


def merge(files: Sequence[File]) -> Report:
    """Return one report; of several machines each row's name ends with its machine's, and each has its advice.

    A report alone keeps its rows, and has its sentences anew.

    Raises:
        ToolkitError: they were measured on different test images, or are merged already.
    """
    from benchmarks.report.build import build_report

    whole = _with_test_images(files)
    contents = [file.content for file in whole]
    if len(files) == 1 and isinstance(contents[0], Report):
        return _again(contents[0])
    first, environments = contents[0], [content.environment for content in contents]
    for file in whole[1:]:
        if file.content.test_images.sha256 != first.test_images.sha256:
            other = next(each.name for each in files if not isinstance(each.content, Timing))  # whose images times have
            raise ToolkitError(
                f"{file.name} and {other} were measured on different test images: measure again with one kit, "
                "and the same --max-images"
            )
    compare = partial(
        compare_with_float,
        labels=first.test_images.labels,
        class_names=first.test_images.class_names,
        margin_pp=first.settings.margin_pp,
    )
    names = _names(environments)
    machines = {machine: compare(_rows(file, machine)) for machine, file in zip(names, whole, strict=True)}
    peers = [
        replace(peer, machine=machine)
        for machine, content in zip(names, contents, strict=True)
        if isinstance(content, Report)
        for peer in content.peers
    ]
    rows = [row for members in machines.values() for row in members]
    if len(files) > 1:
        rows = compare([_renamed(row) for row in rows])
        peers = [_renamed(peer) for peer in peers]
    environment = merged_environment(environments, names)
    report = build_report(rows, first.settings, first.test_images, environment, statement=first.statement, peers=peers)
    return replace(
        report,
        recommendation=tuple(recommend_on_each(machines, rows)) if len(files) > 1 else report.recommendation,
        merged=tuple(file.name for file in files),
        settings_of_each=tuple(None if isinstance(file.content, Timing) else file.content.settings for file in files),
    )


def _with_test_images(files: Sequence[File]) -> list[_Whole]:
    """Give times alone the test images and settings of the first file that has some, and what any says of their file.

    Raises:
        ToolkitError: none has.
    """
    others = [file.content for file in files if not isinstance(file.content, Timing)]
    if not others:
        raise ToolkitError(
            f"{files[0].name} has times alone: name a report.json or a kit's result.json too, whose accuracy it joins"
        )
    return [
        _Whole(file.name, as_device_result(file.content, others) if isinstance(file.content, Timing) else file.content)
        for file in files
    ]


def _again(report: Report) -> Report:
    """Return a report with the sentences of this version; its rows and its spread over seeds stay."""
    from benchmarks.report.build import build_report

    made = build_report(
        report.rows,
        report.settings,
        report.test_images,
        report.environment,
        statement=report.statement,
        peers=report.peers,
        limits=report.gate.limits if report.gate else None,
        is_interrupted=report.interrupted,
    )
    machines: dict[str, list[Row]] = {}
    for row in report.rows:
        machines.setdefault(row.machine or "", []).append(row)
    named = {machine: without_common_machine(rows) for machine, rows in machines.items()}
    return replace(
        made,
        recommendation=tuple(recommend_on_each(named, report.rows)) if len(named) > 1 else made.recommendation,
        noise=report.noise,
        merged=report.merged,
        settings_of_each=report.settings_of_each,
    )


def _rows(file: _Whole, machine: str) -> list[Row]:
    """Return the rows of one file, each with its machine."""
    content = file.content
    if isinstance(content, DeviceResult):
        variants, trials = zip(*((each.variant, each.trials) for each in content.variants), strict=True)
        images, margin_pp = content.test_images, content.settings.margin_pp
        rows = make_rows(variants, trials, images.labels, images.class_names, margin_pp=margin_pp)
    elif content.environment.machines:
        parts = ", ".join(content.merged or ())
        raise ToolkitError(f"{file.name} is of several machines: merge the files that it was made of, {parts}")
    else:
        rows = list(content.rows)
    return [replace(row, machine=machine) for row in rows]


def _names(environments: Sequence[Environment]) -> list[str]:
    """Return short names of the machines; equal ones are numbered."""
    names = [short_name(environment) for environment in environments]
    return [
        name if names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    ]


def _renamed(row: _Row) -> _Row:
    """Add the machine to the names of a row, and to that of its reference."""
    reference = row.reference and f"{row.reference} on {row.machine}"
    return replace(row, id=f"{row.id} on {row.machine}", variant=f"{row.variant} on {row.machine}", reference=reference)
