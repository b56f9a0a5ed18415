from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.analysis.quantization_loss import count_pairs, describe_accuracy
from benchmarks.analysis.row import Comparison, Drift, Row, known
from benchmarks.analysis.rows import compare_with_float
from benchmarks.stats.proportions import Pairs

Compared = Callable[..., list[Row]]
NAMES = ("shirt", "bag", "shoe")


def _loss(row: Row) -> Comparison:
    return known(row.against_float)


def test_pairs_are_counted_by_image() -> None:
    #                       both right, lost, gained, both wrong (in different ways), both right
    assert count_pairs([0, 9, 2, 8, 4], [0, 1, 9, 7, 4], [0, 1, 2, 3, 4]) == Pairs(2, 1, 1, 1)


def test_a_comparison_has_the_loss_its_classes_and_the_confidence(row: Callable[..., Row], compared: Compared) -> None:
    reference = row("a_none.tflite", quantization="none", confidence_bp=[9_000] * 10)
    # Images 0 and 1, a T-shirt and a Trouser, become 9 and 8, an Ankle boot and a Bag.
    _, ours = compared([reference, row("a_int8.tflite", wrong=2, confidence_bp=[9_000] * 8 + [8_000, 9_500])])

    loss = _loss(ours)
    assert (loss.reference, loss.lost, loss.gained, loss.loss_pp) == ("a_none.tflite @ litert", 2, 0, 20)
    assert loss.mcnemar_p == 0.5  # both coins on one side: 2 * (1/4)
    assert (loss.holm_p, loss.family) == (0.5, 1)
    assert (loss.agreement, loss.margin_pp, loss.is_non_inferior, loss.verdict) == (0.8, 0.5, False, "undecided")
    drift = known(loss.confidence_drift)
    # -10 and +5 points over ten images.
    assert (drift.mean_pp, drift.mean_absolute_pp) == pytest.approx((-0.5, 1.5))
    assert isinstance(drift, Drift)
    assert [(part.label, part.loss_pp) for part in loss.classes[:3]] == [
        ("T-shirt/top", 100.0), ("Trouser", 100.0), ("Pullover", 0.0),
    ]  # fmt: skip
    change = np.asarray(loss.confusion_change)
    assert {tuple(map(int, cell)): int(change[tuple(cell)]) for cell in np.argwhere(change)} == {
        (0, 0): -1, (0, 9): 1, (1, 1): -1, (1, 8): 1,
    }  # fmt: skip
    assert known(ours.accuracy).right == 8


def test_the_float_row_and_a_row_without_one_are_not_compared(row: Callable[..., Row], compared: Compared) -> None:
    reference, alone, failed = compared(
        [
            row("a_none.tflite", quantization="none"),
            row("b_int8.tflite", source_sha256="99" * 32),
            row("c.tflite", reason="crashed"),
        ]
    )

    assert (reference.against_float, alone.against_float, failed.against_float) == (None, None, None)
    assert known(reference.accuracy).top1 == known(alone.accuracy).top1 == 1
    assert failed.accuracy is None


def test_the_family_counts_a_file_once_however_many_runtimes_predict_the_same(
    row: Callable[..., Row], compared: Compared
) -> None:
    _, *rows = compared(
        [
            row("a_none.tflite", quantization="none"),
            *(row("a_int8.tflite", runtime=name, wrong=2) for name in ("litert", "tflite-runtime")),
            row("a_dynamic.tflite", wrong=6, quantization="dynamic"),
        ]
    )

    assert [_loss(made).family for made in rows] == [2, 2, 2]
    # Six coins on one side: 2 / 64 = 0.03125, smallest of two, times 2.
    assert _loss(rows[2]).holm_p == pytest.approx(0.0625)
    assert _loss(rows[0]).holm_p == 0.5


def test_predictions_without_confidences_have_neither_drift_nor_calibration(
    row: Callable[..., Row], compared: Compared
) -> None:
    _, ours = compared([row("a_none.tflite", quantization="none"), row("a.tflite", confidence_bp=None)])

    assert _loss(ours).confidence_drift is None
    assert known(ours.accuracy).calibration is None


def test_accuracy_of_one_variant_overall_by_class_and_calibration(row: Callable[..., Row]) -> None:
    # Labels 0 0 1 1, predictions 0 1 1 1: three of four; half of the shirts, both bags, and there is no shoe.
    made = row("a.tflite")
    raw = replace(
        known(made.raw),
        predictions=[0, 1, 1, 1],
        confidence_bp=[10_000, 10_000, 9_000, 9_000],
        untempered_confidence_bp=[10_000] * 4,
    )

    accuracy = known(describe_accuracy(replace(made, raw=raw), [0, 0, 1, 1], NAMES))

    assert (accuracy.images, accuracy.right, accuracy.top1) == (4, 3, 0.75)
    # Wilson of 3/4: (0.75 + 3.84146/8) / 1.960365 = 0.627523, half 1.95996 * sqrt(0.046875 + 0.060023) / 1.960365.
    assert accuracy.interval == pytest.approx([0.300642, 0.954413], abs=1e-5)
    assert [(share.label, share.right, share.images) for share in accuracy.classes] == [
        ("shirt", 1, 2), ("bag", 2, 2), ("shoe", 0, 0),
    ]  # fmt: skip
    assert (accuracy.classes[2].top1, accuracy.classes[2].interval) == (None, None)
    assert accuracy.confusion == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    calibration = known(accuracy.calibration)
    # Two of confidence 1, one right: gap 1. Two of 0.9, both right: gap 0.2. 1.2 / 4; and without temperature 1 / 4.
    assert calibration.expected_calibration_error == pytest.approx(0.3)
    assert calibration.expected_calibration_error_without_temperature == pytest.approx(0.25)
    assert calibration.mean_confidence == pytest.approx(0.95)
    assert calibration.bins == len(calibration.reliability.count) == 15


def test_of_very_many_classes_no_matrix_is_kept(row: Callable[..., Row]) -> None:
    names = [f"c{number}" for number in range(1000)]
    reference = row("a_none.tflite", quantization="none", predictions=[999, *range(1, 10)])
    ours = row("a_int8.tflite", predictions=list(range(10)))
    labels = [999, *range(1, 10)]

    _, judged = compare_with_float([reference, ours], labels, names, margin_pp=0.5)

    accuracy = known(judged.accuracy)
    assert (accuracy.images, accuracy.right, accuracy.confusion, _loss(judged).confusion_change) == (10, 9, [], [])
    assert [(share.label, share.right) for share in accuracy.classes if share.images] == [
        *((f"c{number}", 1) for number in range(1, 10)), ("c999", 0),
    ]  # fmt: skip
