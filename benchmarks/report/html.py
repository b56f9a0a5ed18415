"""Renders a report as one HTML file that needs nothing else: no script, no font, no picture from outside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.analysis.rows import Row, measured
from benchmarks.analysis.seed_variance import noise_sentence
from benchmarks.columns import MISSING, Column
from benchmarks.host.environment import environment_lines, machine_name, shown_time
from benchmarks.measure.job import FAILED, NOT_TIMED, OK
from benchmarks.measure.runtime_settings import conditions_lines
from benchmarks.report import sections
from benchmarks.report.charts.accuracy import LEAST_IN_BIN
from benchmarks.report.charts.scatter import NARROW, WIDE, chart_svg
from benchmarks.report.peers_table import COLUMNS as PEER_COLUMNS
from benchmarks.report.peers_table import peer_sentences, tabled
from benchmarks.report.table import COLUMNS, ordered, reasons

_TEMPLATES = Path(__file__).parent / "templates"


def html_page(report: dict[str, Any]) -> str:
    """Render the page.

    Args:
        report: from `benchmarks.report.build.build_report`, or read from its report.json.
    """
    rows = ordered(report["rows"])
    sizes = (WIDE, NARROW) if any(measured(rows)) else ()
    return render_page(
        "page.html.j2",
        report,
        {
            "charts": [chart_svg(rows, size) for size in sizes],
            # Of several machines no row is the one to use.
            "tiles": [] if report["environment"].get("machines") else sections.tiles(rows),
            "variants": _table(COLUMNS, rows),
            "reasons": reasons(rows),
            "losses": sections.losses(rows),
            "noises": [noise_sentence(group) for group in report["noise"]],
            "accuracy_tables": [
                {"title": one["title"], "note": one["note"], "table": _table(one["columns"], one["rows"])}
                for one in sections.accuracy_tables(rows)
            ],
            "changes": sections.changes(rows),
            "reliability": sections.reliability(rows),
            "least_in_bin": LEAST_IN_BIN,
            "peers": _table(PEER_COLUMNS, tabled(report["peers"])) if report["peers"] else None,
            "peer_sentences": peer_sentences(report["peers"]),
            "timings": sections.timings(rows),
        },
    )


def render_page(template: str, report: dict[str, Any], values: dict[str, Any]) -> str:
    """Render one of the templates, which all extend layout.html.j2.

    Args:
        template: its name in `templates`, or its path within `benchmarks`.
        report: the report, with caveats, definitions and environment.
        values: what the template shows beside the report.
    """
    templates = Environment(
        loader=FileSystemLoader((_TEMPLATES, _TEMPLATES.parents[1])),
        autoescape=True,  # file names and the messages of libraries are other people's text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment = report["environment"]
    return templates.get_template(template).render(
        report=report,
        time=shown_time(environment),
        machine=machine_name(environment),
        environment=[*environment_lines(environment), *conditions_lines(report.get("rows", []))],
        **values,
    )


def table_values(columns: Sequence[Column], rows: Sequence[Row]) -> Row:
    """Return what the macro in table.html.j2 needs.

    Args:
        columns: of the table; the first one names the row.
        rows: of the table, each a tone (its class of style), a mode (its dot's colour; None: no dot) and its cells.
    """
    groups = [(name, len(list(members))) for name, members in groupby(columns, key=lambda column: column.group)]
    # A name stands in the upper line where it covers several columns.
    spans = [(name if width > 1 else "", width) for name, width in groups]
    return {
        "columns": columns,
        "spans": spans,
        "grouped": [name for name, _ in spans if name],
        "rows": rows,
        "missing": MISSING,
    }


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> Row:
    shown = [
        {
            "tone": {OK: "ok", NOT_TIMED: "untimed", FAILED: "failed"}.get(row["status"], "absent"),
            "mode": row.get("quantization") or "",
            "cells": [column.show(row) for column in columns],
        }
        for row in rows
    ]
    return table_values(columns, shown)
