"""Variants and their outcomes -> the rows of the report, as JSON objects that every rendering reads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.accuracy import count_right, top1_accuracy, top1_agreement
from benchmarks.child import run_job
from benchmarks.config import BenchmarkConfig
from benchmarks.job import FAILED, OK, Job, Measurement, Outcome
from benchmarks.latency import LatencySummary, summarise
from benchmarks.reference import float_reference, loss_pp
from benchmarks.variants import Variant

Row = dict[str, Any]
_LOGGER = logging.getLogger(__name__)


def measure_rows(
    variants: Sequence[Variant],
    config: BenchmarkConfig,
    *,
    labels: Sequence[int],
    input_files: tuple[str, str],
    run: Callable[..., Outcome] = run_job,
) -> list[Row]:
    """Measure all variants, one after the other, and say after each on the log how it went.

    Args:
        variants: what to measure.
        config: how long.
        labels: true class index of each test image.
        input_files: paths of the images' and the frames' .npy.
        run: runs a job in a process of its own.

    Returns:
        One row for each variant, in the same order.
    """
    rows = []
    for number, variant in enumerate(variants, start=1):
        if variant.artifact is None:
            outcome = Outcome(FAILED, variant.reason)
        else:
            outcome = run(make_job(variant, config, input_files), timeout_s=config.timeout_s)
        rows.append(make_row(variant, outcome, labels))
        _LOGGER.info("[%d/%d] %s", number, len(variants), _progress(rows[-1]))
    compare_with_float(rows)
    return rows


def make_job(variant: Variant, config: BenchmarkConfig, input_files: tuple[str, str]) -> Job:
    """Return the job that measures a variant."""
    return Job(
        artifact=str(variant.path),
        runtime=variant.runtime,
        threads=config.threads,
        runs=config.runs,
        frames=config.frames,
        warmup=config.warmup,
        warmup_s=config.warmup_s,
        images_file=input_files[0],
        frames_file=input_files[1],
    )


def make_row(variant: Variant, outcome: Outcome, labels: Sequence[int]) -> Row:
    """Return the row of a variant: the file's identity, then what was measured, None where nothing was."""
    artifact = variant.artifact
    return {
        "id": f"{variant.name} @ {variant.runtime}" if variant.runtime else variant.name,
        "variant": variant.name,
        "path": str(variant.path),
        "format": artifact.format if artifact else None,
        "sha256": artifact.sha256 if artifact else None,
        "size_bytes": artifact.size_bytes if artifact else None,
        "runtime": variant.runtime or None,
        "status": outcome.status,
        "reason": outcome.reason,
        **(_measured(outcome.measurement, labels) if outcome.measurement else _unmeasured(variant)),
        "reference": None,
        "loss_pp": None,
        "top1_agreement": None,
    }


def compare_with_float(rows: Sequence[Row]) -> None:
    """Fill in reference, loss_pp and top1_agreement of every row whose float artifact was measured too."""
    for row in measured(rows):
        reference = float_reference(row, rows)
        if reference is None:
            continue
        predictions = row["raw"]["predictions"]
        row["reference"] = reference["id"]
        row["loss_pp"] = loss_pp(row["right"], reference_right=reference["right"], images=len(predictions))
        row["top1_agreement"] = top1_agreement(predictions, reference["raw"]["predictions"])


def measured(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows that hold numbers."""
    return (row for row in rows if row["status"] == OK)


def _measured(found: Measurement, labels: Sequence[int]) -> Row:
    return {
        "quantization": found.quantization,
        "source_sha256": found.source_sha256,
        "calibration": found.calibration,
        "runtime_version": found.runtime_version,
        "right": count_right(found.predictions, labels),
        "top1_accuracy": top1_accuracy(found.predictions, labels),
        "load_ns": found.load_ns,
        "first_invoke_ns": found.first_invoke_ns,
        "invoke": _summary(summarise(found.invoke_ns)),
        "frame_to_decision": _summary(summarise(found.frame_to_decision_ns)),
        "stage_median_ns": found.stage_median_ns,
        "memory_before_load_bytes": found.memory_before_load_bytes,
        "memory_peak_bytes": found.memory_peak_bytes,
        "raw": {
            "invoke_ns": found.invoke_ns,
            "frame_to_decision_ns": found.frame_to_decision_ns,
            "predictions": found.predictions,
            "confidence_bp": found.confidence_bp,
            "untempered_confidence_bp": found.untempered_confidence_bp,
        },
    }


def _unmeasured(variant: Variant) -> Row:
    """The same keys with None, but for what the file itself says."""
    names = (
        "quantization", "source_sha256", "calibration", "runtime_version", "right", "top1_accuracy", "load_ns",
        "first_invoke_ns", "invoke", "frame_to_decision", "stage_median_ns", "memory_before_load_bytes",
        "memory_peak_bytes", "raw",
    )  # fmt: skip
    row: Row = dict.fromkeys(names)
    spec = variant.artifact.spec if variant.artifact else None
    if spec is not None:
        row |= {"quantization": spec.provenance.quantization, "source_sha256": spec.provenance.source_sha256}
    return row


def _summary(summary: LatencySummary) -> Row:
    return {**asdict(summary), "is_steady": summary.is_steady}


def _progress(row: Row) -> str:
    if row["status"] != OK:
        return f"{row['id']}: {row['status']}: {row['reason']}"
    invoke_us = row["invoke"]["median_ns"] / 1e3
    frame_ms = row["frame_to_decision"]["median_ns"] / 1e6
    return f"{row['id']}: invoke {invoke_us:.1f} µs, frame to decision {frame_ms:.2f} ms, {row['top1_accuracy']:.2%}"
