"""Trials of variants -> rows of the report, each compared with its float row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.analysis.latency import with_latency
from benchmarks.analysis.quantization_loss import compare_predictions, describe_accuracy
from benchmarks.analysis.row import Raw, Row, answering
from benchmarks.host.machine_state import StatePair, first_invalid_reason
from benchmarks.measure.job import FAILED, NOT_TIMED, Measurement, Outcome
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from benchmarks.stats.accuracy import count_right, top1_accuracy, top1_agreement
from benchmarks.stats.ratios import Ratio, speedup
from edge.errors import ToolkitError

EMULATED = "the processor is emulated: its predictions count, its times would mean nothing"


def make_rows(
    variants: Sequence[Variant],
    trials: Sequence[Sequence[Trial[Outcome]]],
    labels: Sequence[int],
    class_names: Sequence[str],
    *,
    margin_pp: float,
    reference_sha256: str | None = None,
) -> list[Row]:
    """Return one row for each variant, in the same order, each compared with its float row.

    Args:
        variants: what was measured.
        trials: of each variant.
        labels: index of the right label of each test image.
        class_names: in index order.
        margin_pp: loss in percentage points that counts as none.
        reference_sha256: digest of the float file among the variants that those are compared with which don't name
            their origin.
    """
    alone = [measured_row(variant, tried, labels) for variant, tried in zip(variants, trials, strict=True)]
    if reference_sha256 is not None:
        alone = _with_origin(alone, reference_sha256)
    return compare_with_float(alone, labels, class_names, margin_pp=margin_pp)


def _with_origin(rows: Sequence[Row], sha256: str) -> list[Row]:
    """Return the rows; those without an origin get that of the file with the digest, or the digest itself."""
    origin = next((row.source_sha256 or sha256 for row in rows if row.sha256 == sha256), None)
    return [replace(row, source_sha256=row.source_sha256 or origin) for row in rows]


def measured_row(variant: Variant, trials: Sequence[Trial[Outcome]], labels: Sequence[int]) -> Row:
    """Return the row of a variant on its own; a trial that failed after others went well is left out."""
    artifact, spec = variant.artifact, variant.artifact.spec if variant.artifact else None
    outcomes = [trial.outcome for trial in trials] or [Outcome(FAILED, "interrupted before its first turn")]
    repeats = [outcome.measurement for outcome in outcomes if outcome.measurement]
    states = tuple(StatePair(trial.before, trial.after) for trial in trials)
    row = Row(
        id=variant.row_id,
        variant=variant.name,
        path=str(variant.path),
        format=artifact.format if artifact else None,
        sha256=artifact.sha256 if artifact else None,
        size_bytes=artifact.size_bytes if artifact else None,
        runtime=variant.runtime or None,
        status=outcomes[0].status,
        reason=outcomes[0].reason,
        invalid=first_invalid_reason(states),
        states=states,
        quantization=spec.provenance.quantization if spec else None,
        source_sha256=spec.provenance.source_sha256 if spec else None,
    )
    if not repeats:
        return row
    first = repeats[0]  # it alone ran the test images; what isn't timed is the same in every repeat
    is_timed = bool(first.invoke_ns)
    row = replace(
        row,
        status=row.status if is_timed else NOT_TIMED,
        reason=row.reason if is_timed else EMULATED,
        quantization=first.quantization or network_quantization(variant),
        source_sha256=first.source_sha256,
        calibration=first.calibration,
        runtime_version=first.runtime_version,
        right=count_right(first.predictions, labels) if first.predictions else None,
        top1_accuracy=top1_accuracy(first.predictions, labels) if first.predictions else None,
        runtime_settings=first.runtime_settings,
        loadgen=first.loadgen,
        raw=_raw(repeats),
    )
    return with_latency(row, repeats if is_timed else ())


def network_quantization(variant: Variant) -> str | None:
    """Return the mode that the network itself tells, of a file without a specification; None where it tells nothing."""
    try:
        return variant.artifact.summarise().quantization if variant.artifact else None
    except ToolkitError:
        return None


def _raw(repeats: Sequence[Measurement]) -> Raw:
    return Raw(
        predictions=repeats[0].predictions,
        confidence_bp=repeats[0].confidence_bp,
        untempered_confidence_bp=repeats[0].untempered_confidence_bp,
        invoke_ns=[repeat.invoke_ns for repeat in repeats],
        model_ns=[repeat.model_ns for repeat in repeats],
        frame_to_decision_ns=[repeat.frame_to_decision_ns for repeat in repeats],
        end_to_end_ns=[repeat.end_to_end_ns for repeat in repeats],
        load_ns=[repeat.load_ns for repeat in repeats],
        first_invoke_ns=[repeat.first_invoke_ns for repeat in repeats],
        photographs=repeats[0].photographs,
    )


def compare_with_float(
    rows: Sequence[Row], labels: Sequence[int], class_names: Sequence[str], *, margin_pp: float
) -> list[Row]:
    """Return the rows with their accuracy, and with what they lost and gained against their float rows."""
    references = {row.id: float_reference(row, rows) for row in answering(rows)}
    pairs = [
        (row, reference)
        for row in rows
        if (reference := references.get(row.id)) is not None and reference is not row and _are_judged(row, reference)
    ]
    comparisons = compare_predictions(pairs, labels, class_names, margin_pp=margin_pp)
    by_id = {row.id: comparison for (row, _), comparison in zip(pairs, comparisons, strict=True)}
    compared = []
    for row in rows:
        accuracy, reference = describe_accuracy(row, labels, class_names), references.get(row.id)
        if reference is None:
            compared.append(replace(row, accuracy=accuracy))
            continue
        judged = replace(row, accuracy=accuracy, reference=reference.id, speedup=_speedup(row, reference))
        if _are_judged(row, reference):
            images = len(row.predictions)
            judged = replace(
                judged,
                loss_pp=loss_pp(row.right or 0, reference_right=reference.right or 0, images=images),
                top1_agreement=top1_agreement(row.predictions, reference.predictions),
                against_float=by_id.get(row.id),
            )
        compared.append(judged)
    return compared


def _are_judged(row: Row, reference: Row) -> bool:
    return bool(row.predictions and reference.predictions)


def float_reference(row: Row, rows: Iterable[Row]) -> Row | None:
    """Find the float row that a row is compared with, which may be the row itself.

    It was exported from the same Keras file and measured on the same machine; of several, one of the same format is
    preferred, then of the same runtime.
    """
    floats = [
        other
        for other in answering(rows)
        if other.quantization == "none"
        and other.source_sha256
        and (other.source_sha256, other.machine) == (row.source_sha256, row.machine)
    ]
    return min(floats, key=lambda other: (other.format != row.format, other.runtime != row.runtime), default=None)


def loss_pp(right: int, *, reference_right: int, images: int) -> float:
    """Return the accuracy lost against the reference, in percentage points; below zero for a gain."""
    # From counts: 0.915 - 0.910 is more than 0.005 in binary, and 0.5 points must not exceed 0.5 points.
    return 100 * (reference_right - right) / images


def _speedup(row: Row, reference: Row) -> Ratio | None:
    """Compare invoke on the same runtime; where one of them lost a repeat, the rounds that both have."""
    if reference is row or reference.runtime != row.runtime or not (row.invoke and reference.invoke):
        return None
    pairs = list(zip(row.invoke.repeat_medians_ns, reference.invoke.repeat_medians_ns, strict=False))
    return speedup([ours for ours, _ in pairs], [theirs for _, theirs in pairs])


def without_common_machine(rows: Iterable[Row]) -> list[Row]:
    """Drop the machine from the names of a chart's rows where all are of one of several machines."""
    members = list(rows)
    machines = {row.machine for row in members}
    if len(machines) != 1 or None in machines:
        return members
    (machine,) = machines
    return [replace(row, variant=row.variant.removesuffix(f" on {machine}")) for row in members]
