"""The tables of accuracy, against float and by class, for the page and Markdown, and flat for CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.analysis.quantization_loss import MOST_CONFUSED
from benchmarks.analysis.row import Comparison, Row, known
from benchmarks.columns import MISSING, Column, number
from benchmarks.stats.proportions import SIGNIFICANT

_ERROR = "accuracy.calibration.expected_calibration_error"
_LEAST_P = 1e-4  # smaller ones say no more

CSV_NAMES = (
    "top1_low", "top1_high", "loss_low_pp", "loss_high_pp", "lost", "gained", "mcnemar_p", "holm_p", "family",
    "verdict", "confidence_drift_pp", "expected_calibration_error",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its heading."""

    title: str
    note: str
    """Explanation below the heading."""
    columns: tuple[Column[Row], ...]
    rows: tuple[Row, ...]


def accuracy_tables(rows: Sequence[Row]) -> list[Table]:
    """Return the two tables of accuracy, with many classes the first alone; none where no prediction is known."""
    described = tuple(row for row in rows if row.accuracy)
    if not described:
        return []
    names = [share.label for share in known(described[0].accuracy).classes if share.images]
    by_class = (
        Column("", "variant", lambda row: row.title, is_number=False),
        *(Column("", name, _class_cell(name)) for name in names),
    )
    tables = [
        Table(
            "Accuracy against float",
            "Each quantized row against the float row of the same network. p: probability of so lopsided a change by "
            "chance, * below 0.05. Calibration error: here with the file's temperature, raw without.",
            COLUMNS,
            described,
        ),
        Table(
            "By class",
            "The float file's top-1, and what the others lost of it, in percentage points. These are many "
            "comparisons at once, so that a single large one may be chance.",
            by_class,
            described,
        ),
    ]
    return tables if len(names) <= MOST_CONFUSED else tables[:1]


def csv_facts(row: Row) -> dict[str, float | str | None]:
    """Return the cells of report.csv on accuracy: unrounded, units in the names, None where not known."""
    cells: dict[str, float | str | None] = dict.fromkeys(CSV_NAMES)
    accuracy, loss = row.accuracy, row.against_float
    if accuracy:
        cells["top1_low"], cells["top1_high"] = known(accuracy.interval)
        if accuracy.calibration:
            cells["expected_calibration_error"] = accuracy.calibration.expected_calibration_error
    if loss:
        cells["loss_low_pp"], cells["loss_high_pp"] = loss.interval_pp
        cells |= {name: getattr(loss, name) for name in ("lost", "gained", "mcnemar_p", "holm_p", "family", "verdict")}
        cells["confidence_drift_pp"] = loss.confidence_drift.mean_pp if loss.confidence_drift else None
    return cells


def _compared(show: Callable[[Comparison], str]) -> Callable[[Row], str]:
    """Show something of the comparison with float."""
    return lambda row: show(row.against_float) if row.against_float else MISSING


def loss_cell(row: Row) -> str:
    """Show the loss against float, and which row is float."""
    if row.loss_pp is None:
        return MISSING
    return "float" if row.is_reference else f"{row.loss_pp:.2f}"


def _interval(row: Row) -> str:
    low, high = known(known(row.accuracy).interval)
    return _span(100 * low, 100 * high)


def _span(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _p(value: float) -> str:
    text = f"{value:.4f}" if value >= _LEAST_P else f"< {_LEAST_P:.4f}"
    return f"{text} *" if value < SIGNIFICANT else text


def _class_cell(name: str) -> Callable[[Row], str]:
    """Show the accuracy of a float row in a class, and the loss of any other row."""

    def show(row: Row) -> str:
        if row.against_float:
            losses = {loss.label: loss.loss_pp for loss in row.against_float.classes}
            return MISSING if name not in losses else f"{losses[name]:+.1f}" if losses[name] else "0"
        top1 = next((share.top1 for share in known(row.accuracy).classes if share.label == name), None)
        return MISSING if top1 is None else f"{100 * top1:.1f} %"

    return show


COLUMNS: tuple[Column[Row], ...] = (
    Column("", "variant", lambda row: row.title, is_number=False),
    Column("top-1", "%", number("top1_accuracy", scale=100, digits=2)),
    Column("top-1", "95 %", _interval),
    Column("loss, points", "here", loss_cell),
    Column("loss, points", "95 %", _compared(lambda loss: _span(*loss.interval_pp))),
    Column("predictions", "lost", _compared(lambda loss: f"{loss.lost:,}")),
    Column("predictions", "gained", _compared(lambda loss: f"{loss.gained:,}")),
    Column("McNemar p", "exact", _compared(lambda loss: _p(loss.mcnemar_p))),
    Column("McNemar p", "Holm", _compared(lambda loss: _p(loss.holm_p))),
    Column("agree", "%", _compared(lambda loss: f"{100 * loss.agreement:.2f}")),
    Column("confidence", "drift, points", number("against_float.confidence_drift.mean_pp", digits=2)),
    Column("calibration error, %", "here", number(_ERROR, scale=100, digits=2)),
    Column("calibration error, %", "raw", number(f"{_ERROR}_without_temperature", scale=100, digits=2)),
    Column("", "verdict", _compared(lambda loss: loss.verdict), is_number=False),
)
