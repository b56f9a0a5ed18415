"""Reads a report back from its JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.report.schema import SCHEMA_VERSION
from edge.errors import ReportError

FILE = "report.json"


def read_report(path: Path) -> dict[str, Any]:
    """Read a report.

    Args:
        path: report.json, or the folder it lies in.

    Raises:
        ReportError: it is missing, no report, or of another schema.
    """
    file = path / FILE if path.is_dir() else path
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(f"no report {file}: make one with `python -m benchmarks --out {path}`") from error
    except (OSError, ValueError) as error:
        raise ReportError(
            f"report {file} can't be read ({error}): make it again with `python -m benchmarks`"
        ) from error
    version = report.get("schema_version") if isinstance(report, dict) else None
    if version != SCHEMA_VERSION or "rows" not in report:
        raise ReportError(
            f"{file} is no report of schema {SCHEMA_VERSION} (schema_version {version!r}): "
            "make both reports with one version of edge-classify"
        )
    if any(row["raw"] is None for row in report["rows"] if row["status"] == "ok"):
        raise ReportError(f"{file} has lost its raw values: compare the file that `python -m benchmarks` wrote")
    return dict(report)
