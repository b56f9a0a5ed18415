"""What the statistics of accuracy mean, in sentences that a person can repeat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.analysis.quantization_loss import LOSS, SMALL_LOSS, UNDECIDED, verdict_sentence
from benchmarks.analysis.rows import Row


def accuracy_sentence(rows: Sequence[Row]) -> str:
    """Say in one sentence whether quantization cost accuracy; empty where nothing could be compared.

    Args:
        rows: all rows of a report.
    """
    compared = [row for row in rows if row.get("against_float")]
    if not compared:
        return ""
    margin = f"{compared[0]['against_float']['margin_pp']:g}"
    lossy = [row for row in compared if row["against_float"]["verdict"] in (LOSS, SMALL_LOSS)]
    unsure = [row for row in compared if row["against_float"]["verdict"] in (UNDECIDED, LOSS)]
    if lossy:
        said = f"A real loss of accuracy: {'; '.join(map(loss_sentence, lossy))}."
    else:
        said = f"None of {len(compared)} quantized rows shows a real loss of accuracy (McNemar's exact test, Holm)."
    if unsure:
        return f"{said} A loss of {margin} points isn't excluded for {', '.join(row['id'] for row in unsure)}."
    return f"{said} A loss of {margin} points is excluded for all of them."


def loss_sentence(row: Row) -> str:
    """Name a row and what it lost; no full stop.

    Args:
        row: a row of a report that has `against_float`.
    """
    return f"{row['variant']} ({row['runtime']}): {verdict_sentence(row['against_float'])}"


def kernel_sentence(row: Row) -> str:
    """Say that kernel and arithmetic of a row disagree on the processor it was measured on; empty where they agree.

    Args:
        row: a row of a report; `conditions.kernel_agreement` is there for int8 ONNX files.
    """
    found = (row.get("conditions") or {}).get("kernel_agreement")
    if not found or found["same"] == found["images"]:
        return ""
    other = found["images"] - found["same"]
    return (
        f"{row['id']}: on this processor {other:,} of {found['images']:,} answers differ from the file's own "
        "arithmetic, because ONNX Runtime's int8 kernel saturates without VNNI: export the file again."
    )


def change_sentence(row: Row) -> str:
    """Say how many answers moved, and the largest shift between two classes.

    Args:
        row: a row of a report that has `against_float`.
    """
    found = row["against_float"]
    images = row["accuracy"]["images"]
    moved = images - round(found["agreement"] * images)
    if not moved:
        return f"All {images:,} answers are those of float."
    said = f"{moved:,} of {images:,} answers moved; right before: {found['lost']:,}, right now: {found['gained']:,}."
    shift = _largest_shift(found["confusion_change"])
    if shift is None:
        return said
    label, answer, count = shift
    names = [one["label"] for one in row["accuracy"]["classes"]]
    more = "more often" if count > 0 else "less often"
    return f"{said} Most: {names[label]} taken for {names[answer]}, {abs(count):,} {more}."


def _largest_shift(change: Sequence[Sequence[int]]) -> tuple[int, int, int] | None:
    """The wrong answer whose count changed most: label, answer, change; None where no count changed."""
    cells: list[tuple[int, int, Any]] = [
        (label, answer, count)
        for label, line in enumerate(change)
        for answer, count in enumerate(line)
        if label != answer and count
    ]
    return max(cells, key=lambda cell: abs(cell[2]), default=None)
