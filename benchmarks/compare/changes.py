"""Two reports -> the changes of each row, with the bounds that noise leaves."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.analysis.quantization_loss import compare_predictions
from benchmarks.analysis.row import Comparison, Row
from benchmarks.measure.job import OK
from benchmarks.report.schema import Report
from benchmarks.stats.ratios import Ratio, latency_ratio
from edge.errors import ReportError

# Facts that must be equal for two latencies to be of one machine.
_MACHINE = ("board", "cpu", "cpu_count", "architecture", "threads")


@dataclass(frozen=True, slots=True)
class Change:
    """One row of either report."""

    row: Row
    """The row of the new report; of the old one where the new one lacks it."""
    old: Row | None
    new: Row | None
    loss: Comparison | None = None
    """Predictions of the new row against those of the old one; None: not comparable."""
    latency: Ratio | None = None
    """Time of invoke, new over old; None: not comparable."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Comparison of two reports."""

    has_same_images: bool
    machine_differences: tuple[str, ...]
    """Facts of the environment that differ; empty: one kind of machine."""
    rows: tuple[Change, ...]
    """All rows of the new report, then those that it lacks."""


def compare_reports(old: Report, new: Report) -> Changes:
    """Compare all rows that both reports have, and list the others.

    Accuracy is paired image by image, and only where both counted the same images. Latency is compared by the medians
    of the repeats, and only where both ran on the same kind of machine. A loss is compared with the margin of the new
    report.

    Raises:
        ReportError: no row is in both.
    """
    before, after = ({row.id: row for row in report.rows} for report in (old, new))
    if not before.keys() & after.keys():
        raise ReportError(
            f"the reports have no row in common: one has {', '.join(before)}, the other {', '.join(after)}"
        )
    has_same_images = old.test_images.sha256 == new.test_images.sha256
    differences = tuple(name for name in _MACHINE if old.environment.get(name) != new.environment.get(name))
    pairs = [(row, before[name]) for name, row in after.items() if name in before]
    comparable = [pair for pair in pairs if has_same_images and all(row.predictions for row in pair)]
    images = new.test_images
    losses = compare_predictions(comparable, images.labels, images.class_names, margin_pp=new.settings["margin_pp"])
    loss_by_id = {row.id: loss for (row, _), loss in zip(comparable, losses, strict=True)}
    changes = [
        Change(
            row, before.get(name), row, loss_by_id.get(name), None if differences else _latency(before.get(name), row)
        )
        for name, row in after.items()
    ]
    gone = [Change(row, row, None) for name, row in before.items() if name not in after]
    return Changes(has_same_images, differences, (*changes, *gone))


def _latency(old: Row | None, new: Row) -> Ratio | None:
    if old is None or not (old.status == new.status == OK) or old.invalid or new.invalid:
        return None
    if not (old.invoke and new.invoke):
        return None
    return latency_ratio(new.invoke.repeat_medians_ns, old.invoke.repeat_medians_ns)
