"""What the page shows of accuracy, section by section: charts as <svg> elements, tables, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.analysis.accuracy_findings import change_sentence, loss_sentence
from benchmarks.analysis.quantization_loss import answered
from benchmarks.analysis.recommendation import recommended
from benchmarks.analysis.rows import Row, measured
from benchmarks.report import accuracy_table
from benchmarks.report.charts.accuracy import LOSS_WIDTHS, change_svg, losses_svg, reliability_svg
from benchmarks.report.charts.latency import NARROW, WIDE, scatter_svg, stages_svg

_MODES = ("none", "float16", "dynamic", "int8")


def tiles(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The figures of the recommended row, each with what it is; none where nothing can be recommended."""
    row = recommended(rows)
    if row is None:
        return []
    found = [
        (f"{row['top1_accuracy']:.2%}", "of the test images right"),
        (f"{row['invoke']['median_ns'] / 1e3:,.1f} µs", "the network, one image"),
        (f"{row['size_bytes'] / 1e3:,.0f} kB", "the file"),
    ]
    if row["frame_to_decision"]:
        found.insert(2, (f"{row['frame_to_decision']['median_ns'] / 1e6:,.2f} ms", "from frame to decision"))
    return found


def losses(rows: Sequence[Row]) -> dict[str, Any] | None:
    """The chart of losses, wide and narrow, and a sentence a row; None where nothing was compared with float."""
    compared = [row for row in rows if row["against_float"]]
    if not compared:
        return None
    return {
        "charts": [losses_svg(compared, width) for width in LOSS_WIDTHS],
        "sentences": [f"{loss_sentence(row)}." for row in compared],
    }


def changes(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Where answers moved: name, chart and sentence of each comparison, once where two runtimes answer alike."""
    found: dict[tuple[Any, ...], dict[str, str]] = {}
    for row in rows:
        compared = row["against_float"]
        if compared and compared["agreement"] < 1:
            kind = (row["sha256"], str(compared["confusion_change"]))
            name = f"{row['variant']} ({row['runtime']})"
            found.setdefault(kind, {"name": name, "chart": change_svg(row), "sentence": change_sentence(row)})
    return list(found.values())


def reliability(rows: Sequence[Row]) -> str | None:
    """The chart of confidence for the recommended network, a line each mode; None where it isn't known."""
    known = [row for row in answered(rows) if row["accuracy"]["calibration"]]
    if not known:
        return None
    float_first = max(known, key=lambda row: (row["quantization"] == "none", float(row["top1_accuracy"])))
    best = recommended(known) or float_first
    family = [row for row in known if row["source_sha256"] == best["source_sha256"] and _same_way(row, best)]
    shown = [next((row for row in family if row["quantization"] == mode), None) for mode in _MODES]
    return reliability_svg([row for row in shown if row])


def timings(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The charts of time, each wide and narrow, with what they show; none where nothing was timed."""
    charts = (
        ("end_to_end", stages_svg, "From a camera's picture to a written decision, in stages."),
        ("invoke", scatter_svg, "How the calls of the network scatter."),
    )
    return [
        {"note": note, "charts": [draw(rows, width) for width in (WIDE, NARROW)]}
        for kind, draw, note in charts
        if any(row[kind] for row in measured(rows))
    ]


def accuracy_tables(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Heading, columns and rows of the two tables of accuracy; none where no answer is known."""
    known = accuracy_table.described(rows)
    if not known:
        return []
    return [
        {
            "title": "Accuracy against float",
            "note": "Each quantized row against the float row of the same network. p: how probable so lopsided a "
            "change is by chance; * below 0.05. Calibration error: here with the file's temperature, raw without.",
            "columns": accuracy_table.COLUMNS,
            "rows": known,
        },
        {
            "title": "By class",
            "note": "The float file's top-1, and what the others lost of it, in percentage points. These are many "
            "looks at once: a single large one may be chance.",
            "columns": accuracy_table.class_columns(known),
            "rows": known,
        },
    ]


def _same_way(row: Row, other: Row) -> bool:
    return (row["format"], row["runtime"]) == (other["format"], other["runtime"])
