"""The report's table: its columns, and the table as terminal, Markdown and CSV have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from benchmarks.analysis.accuracy_findings import kernel_sentence
from benchmarks.analysis.latency_row import KINDS, TABLED
from benchmarks.analysis.rows import Row
from benchmarks.columns import MISSING, Column, as_markdown, as_text, number
from benchmarks.measure.job import NOT_INSTALLED, NOT_TIMED, OK
from benchmarks.report.accuracy_table import CSV_NAMES, csv_facts
from benchmarks.stats.stability import DRIFTING, NOISY, median_width


def ordered(rows: Sequence[Row]) -> list[Row]:
    """The rows as they are shown: timed ones, those whose answers alone are known, failed ones; else as given.

    A library that isn't installed is named below the table, once, not in a line for every file; unless there is nothing
    else to show.
    """
    shown = [row for row in rows if row["status"] != NOT_INSTALLED] or rows
    return sorted(shown, key=lambda row: _PLACES.get(row["status"], len(_PLACES)))


def text_table(rows: Sequence[Row]) -> str:
    """Lay the table out for a terminal, without a newline at the end."""
    return as_text(COLUMNS, ordered(rows))


def markdown_table(rows: Sequence[Row]) -> str:
    """Lay the table out as Markdown, without a newline at the end."""
    return as_markdown(COLUMNS, ordered(rows))


def csv_table(rows: Sequence[Row]) -> str:
    """One line a row in the order given; units are in the column names, numbers are unrounded, empty where missing."""
    file = io.StringIO()
    timed = [f"{kind}_{key}" for kind in KINDS for key in _CSV_SUMMARY]
    writer = csv.DictWriter(file, [*_CSV_PLAIN, *CSV_NAMES, *_CSV_JUDGED, *timed])
    writer.writeheader()
    for row in rows:
        flat = {key: row[key] for key in _CSV_PLAIN}
        flat |= csv_facts(row)
        flat["stability"] = row["stability"] and row["stability"]["verdict"]
        for name in ("ratio", "low", "high"):
            flat[f"speedup_{name}"] = (row["speedup"] or {}).get(name)
        for kind in KINDS:
            flat |= {f"{kind}_{key}": (row[kind] or {}).get(key) for key in _CSV_SUMMARY}
        writer.writerow(flat)
    return file.getvalue()


def reasons(rows: Sequence[Row]) -> list[str]:
    """Why rows hold no numbers: one sentence for each reason, beginning with the rows it is true of."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            grouped.setdefault(f"{row['status']}: {row['reason']}", []).append(row["id"])
    more = {reason: f" and {len(ids) - 1} more" if len(ids) > 1 else "" for reason, ids in grouped.items()}
    return [f"{ids[0]}{more[reason]}: {reason}" for reason, ids in grouped.items()]


def status(row: Row) -> str:
    """The status, and whether the latencies of the table can be leaned on: invalid, noisy or drifting ones say so."""
    if row["status"] != OK:
        return str(row["status"])
    if kernel_sentence(row):
        return "ok, kernel saturates"
    if row["invalid"]:
        return "ok, invalid times"
    verdicts = [row[kind]["stability"]["verdict"] for kind in TABLED if row[kind]]
    worst = next((verdict for verdict in (DRIFTING, NOISY) if verdict in verdicts), None)
    return f"{OK}, {worst}" if worst else OK


_PLACES = {OK: 0, NOT_TIMED: 1}
_CSV_PLAIN = (
    "variant", "path", "sha256", "format", "quantization", "runtime", "runtime_version", "size_bytes",
    "top1_accuracy", "reference", "loss_pp", "top1_agreement", "repeats", "load_ns", "first_invoke_ns",
    "memory_before_load_bytes", "memory_peak_bytes", "status", "reason", "invalid",
)  # fmt: skip
_CSV_JUDGED = ("stability", "speedup_ratio", "speedup_low", "speedup_high")
_CSV_SUMMARY = (
    "samples", "median_ns", "p90_ns", "p95_ns", "p99_ns", "mean_ns", "standard_deviation_ns", "iqr_ns", "minimum_ns",
    "maximum_ns",
)  # fmt: skip


def _runtime(row: Row) -> str:
    return " ".join(part for part in (row["runtime"], row["runtime_version"]) if part) or MISSING


def _loss(row: Row) -> str:
    if row["loss_pp"] is None:
        return MISSING
    return "float" if row["reference"] == row["id"] else f"{row['loss_pp']:.2f}"


def _speedup(row: Row) -> str:
    found = row.get("speedup")  # reports of schema 1 have none
    if found is None:
        return MISSING
    return f"{found['ratio']:.2f}" + {True: "", False: " n.s.", None: " ?"}[found["is_significant"]]


def _uncertainty(kind: str) -> Callable[[Row], str]:
    """Half the width of the median's interval, in per cent of it."""

    def show(row: Row) -> str:
        medians = row[kind] and row[kind].get("repeat_medians_ns")  # reports of schema 1 have none
        return f"{50 * median_width(medians):.0f}" if medians and len(medians) > 1 else MISSING

    return show


def _agreement(row: Row) -> str:
    return "float" if row["reference"] == row["id"] else number("top1_agreement", scale=100, digits=2)(row)


COLUMNS = (
    Column("", "variant", lambda row: row["variant"], is_number=False),
    Column("", "quantization", lambda row: row["quantization"] or MISSING, is_number=False),
    Column("", "runtime", _runtime, is_number=False),
    Column("size", "kB", number("size_bytes", scale=1e-3)),
    Column("top-1", "%", number("top1_accuracy", scale=100, digits=2)),
    Column("loss", "pp", _loss),
    Column("agree", "%", _agreement),
    Column("invoke, µs", "median", number("invoke.median_ns", scale=1e-3)),
    Column("invoke, µs", "± %", _uncertainty("invoke")),
    Column("invoke, µs", "p90", number("invoke.p90_ns", scale=1e-3)),
    Column("invoke, µs", "p99", number("invoke.p99_ns", scale=1e-3)),
    Column("speed", "× float", _speedup),  # noqa: RUF001  # a multiplication sign, as in print
    Column("frame to decision, ms", "median", number("frame_to_decision.median_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "± %", _uncertainty("frame_to_decision")),
    Column("frame to decision, ms", "p90", number("frame_to_decision.p90_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "p99", number("frame_to_decision.p99_ns", scale=1e-6, digits=2)),
    Column("load", "ms", number("load_ns", scale=1e-6)),
    Column("peak memory", "MB", number("memory_peak_bytes", scale=1e-6)),
    Column("", "status", status, is_number=False),
)
