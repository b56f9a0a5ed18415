"""Two reports -> the changes of each row, with the bounds that noise leaves, and the limits on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.analysis.gate import (
    LATENCY,
    LOSS,
    PRESENCE,
    Candidate,
    Caveats,
    Check,
    Gate,
    failed_rows,
    invalid_rows,
    judge,
)
from benchmarks.analysis.quantization_loss import compare_predictions
from benchmarks.analysis.row import Comparison, Row
from benchmarks.config import Limits
from benchmarks.measure.job import FAILED, NOT_TIMED, OK
from benchmarks.report import schema
from benchmarks.report.schema import Report
from benchmarks.stats.ratios import Ratio, latency_ratio
from edge.errors import ReportError

FILE = "report.json"


def read_report(path: Path) -> Report:
    """Read a report from its file, or from the folder that report.json lies in.

    Raises:
        ReportError: it is missing, or as for `benchmarks.report.schema.read_report`.
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
    return schema.read_report(data, str(file))


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

    @property
    def caveats(self) -> Caveats:
        """Reasons not to rely on the two rows."""
        return Caveats.of(self.old, self.new, names=("old", "new"))


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
    differences = tuple(name for name in _MACHINE if getattr(old.environment, name) != getattr(new.environment, name))
    pairs = [(row, before[name]) for name, row in after.items() if name in before]
    comparable = [pair for pair in pairs if has_same_images and all(row.predictions for row in pair)]
    images = new.test_images
    losses = compare_predictions(comparable, images.labels, images.class_names, margin_pp=new.settings.margin_pp)
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
    if old is None or old.invalid or new.invalid or not (old.invoke and new.invoke):
        return None
    return latency_ratio(new.invoke.repeat_medians_ns, old.invoke.repeat_medians_ns)


REFERENCE = "the old report"


def judge_changes(changes: Changes, old: Report, new: Report, limits: Limits) -> Gate:
    """Check the limits on every row of the old report; a row that went missing must not pass unseen."""
    invalid = list(dict.fromkeys([*invalid_rows(old.rows), *invalid_rows(new.rows)]))
    candidates = [Candidate.of(each.row.id, REFERENCE, each.loss, each.latency, each.caveats) for each in changes.rows]
    gaps = [gap for change in changes.rows for gap in _gaps(change, changes, limits, invalid)]
    failed, hint = failed_rows(new.rows), "the old report measured none of the rows"
    return judge(candidates, limits, failed=failed, invalid=invalid, gaps=gaps, hint=hint)


def _gaps(change: Change, changes: Changes, limits: Limits, invalid: Sequence[str]) -> Iterator[Check]:
    """Yield the limits that can't be checked on a row the old report measured; the gate covers failed ones."""
    old, new, name = change.old, change.new, change.row.id
    if old is None or old.status not in (OK, NOT_TIMED) or (new and new.status == FAILED):
        return
    if new is None:
        yield _gap(name, PRESENCE, "it is in the old report and not in the new one")
        return
    if new.status not in (OK, NOT_TIMED):
        yield _gap(name, PRESENCE, f"the old report measured it, now it is {new.status}: {new.reason}")
        return
    if change.loss is None and (limits.max_loss, limits.min_agreement) != (None, None):
        yield _gap(name, LOSS, "no limit of accuracy can be held: the reports counted different images")
    if change.latency is None and limits.max_latency_ratio is not None and name not in invalid:
        differences = ", ".join(changes.machine_differences).replace("_", " ")
        why = f"the reports are of different machines ({differences})" if differences else "one report didn't time it"
        yield _gap(name, LATENCY, f"the limit of latency can't be held: {why}")


def _gap(row: str, what: str, sentence: str) -> Check:
    return Check(row, what, None, None, passed=False, sentence=sentence)
