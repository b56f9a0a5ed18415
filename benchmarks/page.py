"""Renders a report as one HTML file that needs nothing else: no script, no font, no picture from outside."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.charts import NARROW, WIDE, chart_svg
from benchmarks.environment import environment_lines, machine_name, shown_time
from benchmarks.job import FAILED, OK
from benchmarks.rows import Row, measured
from benchmarks.table import COLUMNS, MISSING, ordered, reasons

_TEMPLATE = "page.html.j2"


def html_page(report: dict[str, Any]) -> str:
    """Render the page.

    Args:
        report: from `benchmarks.report.build_report`, or read from its report.json.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # file names and the messages of libraries are other people's text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = ordered(report["rows"])
    sizes = (WIDE, NARROW) if any(measured(rows)) else ()
    charts = [chart_svg(rows, size) for size in sizes]
    return templates.get_template(_TEMPLATE).render(
        report=report,
        time=shown_time(report["environment"]),
        machine=machine_name(report["environment"]),
        charts=charts,
        columns=COLUMNS,
        spans=_spans(),
        grouped=[name for name, width in _spans() if name],
        rows=[_shown(row) for row in rows],
        missing=MISSING,
        reasons=reasons(rows),
        environment=environment_lines(report["environment"]),
    )


def _spans() -> list[tuple[str, int]]:
    """(heading, width) of the table's upper line: a name where it stands over several columns, else nothing."""
    groups = [(name, len(list(columns))) for name, columns in groupby(COLUMNS, key=lambda column: column.group)]
    return [(name if width > 1 else "", width) for name, width in groups]


def _shown(row: Row) -> dict[str, Any]:
    tone = {OK: "ok", FAILED: "failed"}.get(row["status"], "absent")
    return {"tone": tone, "mode": row["quantization"] or "", "cells": [column.show(row) for column in COLUMNS]}
