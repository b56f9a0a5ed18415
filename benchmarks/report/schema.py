"""The report as a frozen dataclass, and report.json, which docs/report.schema.json describes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.analysis.gate import Gate
from benchmarks.analysis.row import Row
from benchmarks.analysis.seed_variance import SeedGroup
from benchmarks.config import BenchmarkConfig
from benchmarks.host.environment import Environment
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.measure.job import OK
from benchmarks.records import ABSENT_IF_NONE, from_record, stored_as, to_record
from benchmarks.stats.ratios import Ratio
from edge.errors import ReportError
from edge.system import atomic_file

SCHEMA_VERSION = 2  # 1: one repeat, and no statistics of the accuracy
SCHEMA_ID = f"urn:edge-classify:benchmark-report:{SCHEMA_VERSION}"
"""`$id` of docs/report.schema.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLatency:
    """Summary of another tool's calls in nanoseconds. None is a figure that the tool doesn't report."""

    samples: int | None = None
    median_ns: int
    p90_ns: int | None = None
    p95_ns: int | None = None
    p99_ns: int | None = None
    mean_ns: int | None = None
    standard_deviation_ns: int | None = None
    iqr_ns: int | None = None
    minimum_ns: int | None = None
    maximum_ns: int | None = None
    repeat_medians_ns: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PeerRaw:
    """Calls of another tool, a list a repeat."""

    invoke_ns: list[list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Another tool on one artifact."""

    id: str
    peer: str
    what: str
    how_to_get: str
    variant: str
    sha256: str
    version: str | None = None
    status: str
    reason: str = ""
    invalid: str = ""
    repeats: int = 0
    invoke: PeerLatency | None = None
    reference: str | None = None
    """`id` of this project's row of the same file."""
    speedup: Ratio | None = None
    raw: PeerRaw
    machine: str | None = field(default=None, metadata=ABSENT_IF_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Drawn frames of the wider timers, in pixels."""

    count: int
    height: int
    width: int
    seed: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Row whose results on photographs are shown, and names of the photographs that are drawn."""

    row: str
    """Its `id`."""
    mistakes: list[str]
    hits: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report; all files of a report are rendered from it and from nothing else."""

    schema_id: str = field(default=SCHEMA_ID, metadata=stored_as("$schema"))
    schema_version: int = SCHEMA_VERSION
    interrupted: bool
    """True if Ctrl-C came before every row had all its repeats."""
    statement: str
    """Description of the test images, without a full stop."""
    recommendation: tuple[str, ...]
    """Sentences; the first says which file to use."""
    gate: Gate | None
    """None: no limits were set."""
    caveats: tuple[str, ...]
    environment: Environment
    settings: BenchmarkConfig
    definitions: dict[str, str]
    test_images: EvaluationSet
    noise: tuple[SeedGroup, ...]
    frames: Frames
    rows: tuple[Row, ...]
    peers: tuple[PeerRow, ...]
    shown: Shown | None = field(default=None, metadata=ABSENT_IF_NONE)
    """None without photographs."""
    merged: tuple[str, ...] | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Files that the report was merged from."""
    settings_of_each: tuple[BenchmarkConfig | None, ...] | None = field(default=None, metadata=ABSENT_IF_NONE)
    """Settings of each file that was merged; None for times alone, which no setting of ours was used for."""


def read_report(data: Any, name: str) -> Report:
    """Read the JSON object of a report.

    Raises:
        ReportError: no report, of another schema, damaged, or without its raw values.
    """
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION or "rows" not in data:
        raise ReportError(
            f"{name} is no report of schema {SCHEMA_VERSION} (schema_version {version!r}): "
            "make all reports with one version of edge-classify"
        )
    try:
        report = from_record(Report, data)
    except (TypeError, KeyError) as error:
        raise ReportError(f"{name} is damaged ({error}): make it again with `python -m benchmarks`") from error
    if any(row.raw is None for row in report.rows if row.status == OK):
        raise ReportError(f"{name} has lost its raw values: give the file that `python -m benchmarks` wrote")
    return report


def to_json(report: Any) -> str:
    """Return a report as indented JSON with each list of numbers on one line."""
    text = json.dumps(to_record(report), indent=1, ensure_ascii=False, allow_nan=False)
    # No string of the report can look like this: JSON writes a line break inside a string as \\n.
    return re.sub(r"\[\n[-+.\de,\s]+\]", lambda match: "".join(match.group().split()), text) + "\n"


def write_folder(folder: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` make the files of a report, and return the page's path; a new folder appears with all of them.

    Raises:
        OSError: the folder can't be written.
    """
    if folder.exists():
        write(folder)
    else:
        with atomic_file.new_folder(folder) as temporary:
            write(temporary)
    return folder / "report.html"
