"""Reads a report back from its JSON."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure.job import OK
from benchmarks.report.schema import SCHEMA_VERSION, Report
from edge.errors import ReportError

FILE = "report.json"


def read_report(path: Path) -> Report:
    """Read a report.

    Args:
        path: report.json, or the folder it lies in.

    Raises:
        ReportError: it is missing, no report, or of another schema.
    """
    file = path / FILE if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(f"no report {file}: make one with `python -m benchmarks --out {path}`") from error
    except (OSError, ValueError) as error:
        raise ReportError(
            f"report {file} can't be read ({error}): make it again with `python -m benchmarks`"
        ) from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION or "rows" not in data:
        raise ReportError(
            f"{file} is no report of schema {SCHEMA_VERSION} (schema_version {version!r}): "
            "make both reports with one version of edge-classify"
        )
    try:
        report = Report.from_json(data)
    except (TypeError, KeyError) as error:
        raise ReportError(f"{file} is damaged ({error}): make it again with `python -m benchmarks`") from error
    if any(row.raw is None for row in report.rows if row.status == OK):
        raise ReportError(f"{file} has lost its raw values: compare the file that `python -m benchmarks` wrote")
    return report
