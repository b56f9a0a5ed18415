"""Two reports -> what changed in each row, with the bounds that noise leaves."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict
from typing import Any

from benchmarks.analysis.gate import repeat_medians
from benchmarks.analysis.quantization_loss import answered, compare_answers, correct_and_judge
from benchmarks.analysis.rows import Row
from benchmarks.measure.job import OK
from benchmarks.stats.ratios import latency_ratio
from edge.errors import ReportError

COMPARED, ADDED, REMOVED = "compared", "added", "removed"

# What must be equal for two latencies to be of one machine.
_MACHINE = ("board", "cpu", "cpu_count", "architecture", "threads")

Report = dict[str, Any]


def compare_reports(old: Report, new: Report) -> dict[str, Any]:
    """Compare all rows that both reports have, and name the others.

    Accuracy is paired image by image, and only where both counted the same images; latency is compared by the medians
    of the repeats, and only where both ran on the same kind of machine.

    Args:
        old: from `benchmarks.compare.read.read_report`.
        new: likewise; its margin is the one a loss is held against.

    Returns:
        A JSON object: has_same_images, machine_differences, and rows.

    Raises:
        ReportError: no row is in both.
    """
    before, after = ({row["id"]: row for row in report["rows"]} for report in (old, new))
    if not before.keys() & after.keys():
        raise ReportError(
            f"the reports have no row in common: one has {', '.join(before)}, the other {', '.join(after)}"
        )
    has_same_images = old["test_images"]["sha256"] == new["test_images"]["sha256"]
    differences = [name for name in _MACHINE if old["environment"].get(name) != new["environment"].get(name)]
    rows = [
        _change(before[name], row, new["test_images"] if has_same_images else None, is_same_machine=not differences)
        if name in before
        else _only(row, ADDED)
        for name, row in after.items()
    ]
    compared = [(_kind(row), row["answers"]) for row in rows if row["answers"]]
    correct_and_judge(compared, new["settings"]["margin_pp"])
    return {
        "has_same_images": has_same_images,
        "machine_differences": differences,
        "rows": [*rows, *(_only(row, REMOVED) for name, row in before.items() if name not in after)],
    }


def _change(old: Row, new: Row, images: dict[str, Any] | None, *, is_same_machine: bool) -> Row:
    answers = latency = None
    if images and all(len(list(answered([row]))) for row in (old, new)):
        answers = compare_answers(new, old, images["labels"], images["class_names"])
    is_valid = not any(row.get("invalid") for row in (old, new))
    if is_same_machine and is_valid and old["status"] == new["status"] == OK:
        ratio = latency_ratio(repeat_medians(new), repeat_medians(old))
        latency = asdict(ratio) | {"is_significant": ratio.is_significant}
    return _only(new, COMPARED) | {"old": _facts(old), "new": _facts(new), "answers": answers, "latency": latency}


def _only(row: Row, presence: str) -> Row:
    """A row that one report has; the same keys as one that both have."""
    return {
        "id": row["id"],
        "variant": row["variant"],
        "runtime": row["runtime"],
        "quantization": row["quantization"],
        "presence": presence,
        "old": _facts(row) if presence == REMOVED else None,
        "new": _facts(row) if presence == ADDED else None,
        "answers": None,
        "latency": None,
    }


def _facts(row: Row) -> dict[str, Any]:
    return {
        "status": row["status"],
        "reason": row["reason"],
        "sha256": row["sha256"],
        "size_bytes": row["size_bytes"],
        "top1_accuracy": row["top1_accuracy"],
        "invoke_median_ns": row["invoke"]["median_ns"] if row["invoke"] else None,
        "frame_to_decision_median_ns": row["frame_to_decision"]["median_ns"] if row["frame_to_decision"] else None,
    }


def _kind(row: Row) -> Hashable:
    answers = row["answers"]
    return row["old"]["sha256"], row["new"]["sha256"], answers["lost"], answers["gained"], answers["agreement"]
