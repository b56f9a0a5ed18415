"""Renders a report as one HTML file that needs nothing else: no script, no font, no image from outside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.analysis.accuracy_findings import change_sentence, loss_sentence
from benchmarks.analysis.recommendation import recommended
from benchmarks.analysis.row import Row, known, measured
from benchmarks.analysis.seed_variance import seed_sentence
from benchmarks.columns import MISSING, Column
from benchmarks.host.environment import environment_lines, machine_name, shown_time
from benchmarks.measure.job import FAILED, NOT_TIMED, OK, conditions_lines
from benchmarks.report.accuracy_table import accuracy_tables
from benchmarks.report.charts.accuracy import LEAST_IN_BIN, LOSS_WIDTHS, draw_change, draw_losses, draw_reliability
from benchmarks.report.charts.latency import NARROW, WIDE, draw_scatter, draw_stages
from benchmarks.report.charts.scatter import SIZES, draw_chart
from benchmarks.report.charts.style import figure_svg
from benchmarks.report.schema import Report
from benchmarks.report.table import COLUMNS, PEER_COLUMNS, ordered, ordered_peers, peer_sentences, reasons

_TEMPLATES = Path(__file__).parent / "templates"
_TONES = {OK: "ok", NOT_TIMED: "untimed", FAILED: "failed"}
_MODES = ("none", "float16", "dynamic", "int8")


def html_page(report: Report) -> str:
    """Render the page of a report."""
    rows = ordered(report.rows)
    sizes = SIZES if measured(rows) else ()
    return render_page(
        "page.html.j2",
        report,
        report.environment,
        {
            "settings": conditions_lines(rows),
            "charts": [figure_svg(partial(draw_chart, rows, size), salt=f"chart {size}") for size in sizes],
            # Of several machines no row is the one to use.
            "tiles": [] if report.environment.get("machines") else tiles(rows),
            "variants": _table(COLUMNS, rows, [row.quantization or "" for row in rows]),
            "reasons": reasons(rows),
            "losses": losses(rows),
            "noises": [seed_sentence(group) for group in report.noise],
            "accuracy_tables": [
                {"title": part.title, "note": part.note,
                 "table": _table(part.columns, part.rows, [row.quantization or "" for row in part.rows])}
                for part in accuracy_tables(rows)
            ],
            "changes": changes(rows),
            "reliability": reliability(rows),
            "least_in_bin": LEAST_IN_BIN,
            "peers": _table(PEER_COLUMNS, ordered_peers(report.peers), []) if report.peers else None,
            "peer_sentences": peer_sentences(report.peers),
            "timings": timings(rows),
        },
    )  # fmt: skip


def render_page(template: str, report: Any, environment: dict[str, Any], values: dict[str, Any]) -> str:
    """Render one of the templates, which all extend layout.html.j2.

    Args:
        template: its name in `templates`, or its path within `benchmarks`.
        report: the report, with caveats and definitions.
        environment: facts from `benchmarks.host.environment.describe_environment`.
        values: names that the template uses beside the report. Lines of `settings` join the environment's.
    """
    templates = Environment(
        loader=FileSystemLoader((_TEMPLATES, _TEMPLATES.parents[1])),
        autoescape=True,  # file names and the messages of libraries are other people's text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template(template).render(
        report=report,
        time=shown_time(environment),
        machine=machine_name(environment),
        environment=[*environment_lines(environment), *values.pop("settings", [])],
        **values,
    )


def table_values(columns: Sequence[Column[Any]], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the values of the macro in table.html.j2.

    Args:
        columns: columns of the table; the first one names the row.
        rows: rows, each a tone (its class of style), a mode (colour of its dot, or None) and its cells.
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


def _table(columns: Sequence[Column[Any]], rows: Sequence[Any], modes: Sequence[str]) -> dict[str, Any]:
    cells = [
        {"tone": _TONES.get(row.status, "absent"), "mode": mode, "cells": [column.show(row) for column in columns]}
        for row, mode in zip(rows, modes or [""] * len(rows), strict=True)
    ]
    return table_values(columns, cells)


def tiles(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the figures of the recommended row, each with its meaning; none where nothing can be recommended."""
    row = recommended(rows)
    if row is None:
        return []
    figures = [
        (f"{row.top1_accuracy:.2%}", "of the test images right"),
        (f"{row.invoke_median_ns / 1e3:,.1f} µs", "the network, one image"),
        (f"{known(row.size_bytes) / 1e3:,.0f} kB", "the file"),
    ]
    if row.frame_to_decision:
        figures.insert(2, (f"{row.frame_to_decision.median_ns / 1e6:,.2f} ms", "from frame to decision"))
    return figures


def losses(rows: Sequence[Row]) -> dict[str, list[str]] | None:
    """Return the chart of losses, wide and narrow, and a sentence a row; None where nothing was compared with float."""
    compared = [row for row in rows if row.against_float]
    if not compared:
        return None
    return {
        "charts": [figure_svg(partial(draw_losses, compared, width), salt=f"losses {width}") for width in LOSS_WIDTHS],
        "sentences": [f"{loss_sentence(row)}." for row in compared],
    }


def changes(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Return name, chart and sentence of each comparison, once where two runtimes predict the same."""
    cards: dict[tuple[str | None, str], dict[str, str]] = {}
    for row in rows:
        if row.against_float and row.against_float.agreement < 1:
            kind = (row.sha256, str(row.against_float.confusion_change))
            if kind not in cards:
                chart = figure_svg(partial(draw_change, row), salt=f"change {row.id}")
                cards[kind] = {"name": row.title, "chart": chart, "sentence": change_sentence(row)}
    return list(cards.values())


def reliability(rows: Sequence[Row]) -> str | None:
    """Return the chart of confidence for the recommended network, a line each mode; None where it isn't known."""
    calibrated = [row for row in rows if row.accuracy and row.accuracy.calibration]
    if not calibrated:
        return None
    best = recommended(calibrated) or max(
        calibrated, key=lambda row: (row.quantization == "none", known(row.top1_accuracy))
    )
    same = (best.source_sha256, best.format, best.runtime)
    family = [row for row in calibrated if (row.source_sha256, row.format, row.runtime) == same]
    first = [next((row for row in family if row.quantization == mode), None) for mode in _MODES]
    return figure_svg(partial(draw_reliability, [row for row in first if row]), salt="reliability")


def timings(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the charts of time, each wide and narrow, with a description; none where nothing was timed."""
    timed = measured(rows)
    stages = "From a camera's picture to a written decision, in stages."
    scatter = "How the calls of the network scatter."
    drawings = [(stages, draw_stages)] * any(row.end_to_end for row in timed)
    drawings += [(scatter, draw_scatter)] * any(row.invoke for row in timed)
    return [
        {"note": note,
         "charts": [figure_svg(partial(draw, rows, width), salt=f"{note} {width}") for width in (WIDE, NARROW)]}
        for note, draw in drawings
    ]  # fmt: skip
