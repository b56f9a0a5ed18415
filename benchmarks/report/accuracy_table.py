"""The tables of accuracy: against float, and by class; for the page, for Markdown, and flat for CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.analysis.rows import Row
from benchmarks.columns import MISSING, Column, number
from benchmarks.stats.significance import SIGNIFICANT

_ERROR = "accuracy.calibration.expected_calibration_error"
_LEAST_P = 1e-4  # smaller ones say no more


def described(rows: Sequence[Row]) -> list[Row]:
    """The rows whose answers are known, in the order given."""
    return [row for row in rows if row["accuracy"]]


def class_columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """The columns of the table by class: a float row shows its accuracy, the others what they lost.

    Args:
        rows: all rows of a report.
    """
    names = [found["label"] for row in described(rows)[:1] for found in row["accuracy"]["classes"]]
    return (
        Column("", "variant", _name, is_number=False),
        *(Column("", name, _of_class(name)) for name in names),
    )


def csv_facts(row: Row) -> dict[str, Any]:
    """What a line of report.csv says of accuracy: unrounded, units in the names, None where not known."""
    own, found = row.get("accuracy") or {}, row.get("against_float") or {}
    low, high = own.get("interval", (None, None))
    loss_low, loss_high = found.get("interval_pp", (None, None))
    calibration, drift = own.get("calibration") or {}, found.get("confidence_drift") or {}
    return {
        "top1_low": low,
        "top1_high": high,
        "loss_low_pp": loss_low,
        "loss_high_pp": loss_high,
        **{name: found.get(name) for name in ("lost", "gained", "mcnemar_p", "holm_p", "family", "verdict")},
        "confidence_drift_pp": drift.get("mean_pp"),
        "expected_calibration_error": calibration.get("expected_calibration_error"),
    }


CSV_NAMES = (
    "top1_low", "top1_high", "loss_low_pp", "loss_high_pp", "lost", "gained", "mcnemar_p", "holm_p", "family",
    "verdict", "confidence_drift_pp", "expected_calibration_error",
)  # fmt: skip


def _name(row: Row) -> str:
    return f"{row['variant']} ({row['runtime']})"


def _found(show: Callable[[dict[str, Any]], str]) -> Callable[[Row], str]:
    """Show something of the comparison with float; "float" in the first column of what it is compared with."""
    return lambda row: show(row["against_float"]) if row["against_float"] else MISSING


def _loss(row: Row) -> str:
    if row["against_float"]:
        return f"{row['against_float']['loss_pp']:.2f}"
    return "float" if row["reference"] == row["id"] else MISSING


def _span(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _p(value: float) -> str:
    text = f"{value:.4f}" if value >= _LEAST_P else f"< {_LEAST_P:.4f}"
    return f"{text} *" if value < SIGNIFICANT else text


def _of_class(name: str) -> Callable[[Row], str]:
    def show(row: Row) -> str:
        found = row["against_float"]
        if found:
            lost = next((one["loss_pp"] for one in found["classes"] if one["label"] == name), None)
            return MISSING if lost is None else f"{lost:+.1f}" if lost else "0"
        top1 = next((one["top1"] for one in row["accuracy"]["classes"] if one["label"] == name), None)
        return MISSING if top1 is None else f"{100 * top1:.1f} %"

    return show


COLUMNS = (
    Column("", "variant", _name, is_number=False),
    Column("top-1", "%", number("top1_accuracy", scale=100, digits=2)),
    Column("top-1", "95 %", lambda row: _span(*(100 * end for end in row["accuracy"]["interval"]))),
    Column("loss, points", "here", _loss),
    Column("loss, points", "95 %", _found(lambda found: _span(*found["interval_pp"]))),
    Column("answers", "lost", _found(lambda found: f"{found['lost']:,}")),
    Column("answers", "gained", _found(lambda found: f"{found['gained']:,}")),
    Column("McNemar p", "exact", _found(lambda found: _p(found["mcnemar_p"]))),
    Column("McNemar p", "Holm", _found(lambda found: _p(found["holm_p"]))),
    Column("agree", "%", _found(lambda found: f"{100 * found['agreement']:.2f}")),
    Column("confidence", "drift, points", number("against_float.confidence_drift.mean_pp", digits=2)),
    Column("calibration error, %", "here", number(_ERROR, scale=100, digits=2)),
    Column("calibration error, %", "raw", number(f"{_ERROR}_without_temperature", scale=100, digits=2)),
    Column("", "verdict", _found(lambda found: str(found["verdict"])), is_number=False),
)
