"""Which float row a row is compared with, and what it lost against it, in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.measure.job import NOT_TIMED, OK


def loss_pp(right: int, *, reference_right: int, images: int) -> float:
    """Accuracy lost against the reference, in percentage points; negative if the variant is the better one.

    Args:
        right: images the variant got right.
        reference_right: images the reference got right.
        images: how many there are, at least 1.
    """
    # From counts: 0.915 - 0.910 is more than 0.005 in binary, and 0.5 points must not exceed 0.5 points.
    return 100 * (reference_right - right) / images


def float_reference(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Find the float row a row is compared with.

    It was exported from the same Keras file; of several, one of the same format is preferred, then of the same runtime.

    Args:
        row: a row of the report, with source_sha256, format and runtime.
        rows: all rows of the report.

    Returns:
        A row with quantization none (`row` itself, if it is the float one), or None if there is no such row.
    """
    floats = [
        other
        for other in rows
        if other["status"] in (OK, NOT_TIMED)
        and other["quantization"] == "none"
        and other["source_sha256"]
        and other["source_sha256"] == row["source_sha256"]
    ]
    return min(
        floats,
        key=lambda other: (other["format"] != row["format"], other["runtime"] != row["runtime"]),
        default=None,
    )
