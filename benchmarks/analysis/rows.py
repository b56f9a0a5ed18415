"""Variants and their outcomes -> the rows of the report, as JSON objects that every rendering reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.analysis.latency_row import raw_latencies, timed_facts
from benchmarks.analysis.reference import float_reference, loss_pp
from benchmarks.host.machine_state import State, first_invalid_reason
from benchmarks.measure.job import FAILED, NOT_TIMED, OK, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from benchmarks.stats.accuracy import count_right, top1_accuracy, top1_agreement
from benchmarks.stats.speedup import sentence, speedup

EMULATED = "the processor is emulated: its answers count, its times would mean nothing"

Row = dict[str, Any]


def make_rows(
    variants: Sequence[Variant], trials: Sequence[Sequence[Trial[Outcome]]], labels: Sequence[int]
) -> list[Row]:
    """Return one row for each variant, in the same order, each compared with its float row.

    Args:
        variants: what was measured.
        trials: of each variant, from `benchmarks.measure.rounds.measure_in_rounds`.
        labels: true class index of each test image.
    """
    rows = [
        make_row(
            variant,
            [trial.outcome for trial in found] or [Outcome(FAILED, "interrupted before its first turn")],
            labels,
            states=[(trial.before, trial.after) for trial in found],
        )
        for variant, found in zip(variants, trials, strict=True)
    ]
    compare_with_float(rows)
    return rows


def make_row(
    variant: Variant,
    outcomes: Sequence[Outcome],
    labels: Sequence[int],
    *,
    states: Sequence[tuple[State, State]] = (),
) -> Row:
    """Return the row of a variant: the file's identity, then what was measured, None where nothing was.

    Args:
        variant: what was measured.
        outcomes: one a repeat, at least one; a repeat that failed after others went well is left out.
        labels: true class index of each test image.
        states: of the machine before and after each repeat.
    """
    artifact = variant.artifact
    found = [outcome.measurement for outcome in outcomes if outcome.measurement]
    first = outcomes[0]
    is_timed = bool(found and found[0].invoke_ns)
    return {
        "id": variant.row_id,
        "variant": variant.name,
        "path": str(variant.path),
        "format": artifact.format if artifact else None,
        "sha256": artifact.sha256 if artifact else None,
        "size_bytes": artifact.size_bytes if artifact else None,
        "runtime": variant.runtime or None,
        "status": NOT_TIMED if found and not is_timed else first.status,
        "reason": EMULATED if found and not is_timed else first.reason,
        "invalid": first_invalid_reason(states),
        "states": [{"before": before, "after": after} for before, after in states],
        **(_measured(found, labels) if found else _unmeasured(variant)),
        **timed_facts(found if is_timed else ()),
        "reference": None,
        "loss_pp": None,
        "top1_agreement": None,
        "speedup": None,
    }


def compare_with_float(rows: Sequence[Row]) -> None:
    """Fill in reference, loss_pp, top1_agreement and speedup of every row whose float artifact was measured too."""
    for row in answering(rows):
        reference = float_reference(row, rows)
        if reference is None:
            continue
        predictions = row["raw"]["predictions"]
        row["reference"] = reference["id"]
        row["loss_pp"] = loss_pp(row["right"], reference_right=reference["right"], images=len(predictions))
        row["top1_agreement"] = top1_agreement(predictions, reference["raw"]["predictions"])
        is_timed = row["invoke"] and reference["invoke"]
        if is_timed and reference is not row and reference["runtime"] == row["runtime"]:
            row["speedup"] = _speedup(row, reference)


def measured(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows that were timed."""
    return (row for row in rows if row["status"] == OK)


def answering(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the rows whose answers are known, timed or not, as on an emulated processor."""
    return (row for row in rows if row["status"] in (OK, NOT_TIMED))


def without_common_machine(rows: Iterable[Row]) -> list[Row]:
    """The rows of a chart: where all are of one of several machines, its name behind each of theirs says nothing."""
    found = list(rows)
    machines = {row.get("machine") for row in found}
    if len(machines) != 1 or None in machines:
        return found
    (machine,) = machines
    return [row | {"variant": row["variant"].removesuffix(f" on {machine}")} for row in found]


def _speedup(row: Row, reference: Mapping[str, Any]) -> Row:
    """Of invoke; where one of them lost a repeat, the rounds that both have."""
    pairs = list(zip(row["invoke"]["repeat_medians_ns"], reference["invoke"]["repeat_medians_ns"], strict=False))
    found = speedup([ours for ours, _ in pairs], [theirs for _, theirs in pairs])
    return {**asdict(found), "is_significant": found.is_significant, "sentence": sentence(found)}


def _measured(repeats: Sequence[Measurement], labels: Sequence[int]) -> Row:
    """What is the same in every repeat, from the first one, which alone ran the test images; and the raw values."""
    found = repeats[0]
    return {
        "quantization": found.quantization,
        "source_sha256": found.source_sha256,
        "calibration": found.calibration,
        "runtime_version": found.runtime_version,
        "right": count_right(found.predictions, labels),
        "top1_accuracy": top1_accuracy(found.predictions, labels),
        "conditions": found.conditions,
        "loadgen": found.loadgen,
        "raw": {
            "predictions": found.predictions,
            "confidence_bp": found.confidence_bp,
            "untempered_confidence_bp": found.untempered_confidence_bp,
            **raw_latencies(repeats),
        },
    }


def _unmeasured(variant: Variant) -> Row:
    """The same keys with None, but for what the file itself says."""
    names = (
        "quantization", "source_sha256", "calibration", "runtime_version", "right", "top1_accuracy", "conditions",
        "loadgen", "raw",
    )  # fmt: skip
    row: Row = dict.fromkeys(names)
    spec = variant.artifact.spec if variant.artifact else None
    if spec is not None:
        row |= {"quantization": spec.provenance.quantization, "source_sha256": spec.provenance.source_sha256}
    return row
