from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.analysis.quantization_loss import count_pairs, judge_rows, verdict_sentence
from benchmarks.analysis.rows import Row, compare_with_float
from benchmarks.stats.proportions import Pairs
from edge.artifact.labels import FASHION_MNIST_LABELS

LABELS = list(range(10))


def _judged(*rows: Row, margin_pp: float = 0.5) -> list[Row]:
    compare_with_float(rows)
    judge_rows(rows, LABELS, FASHION_MNIST_LABELS, margin_pp=margin_pp)
    return list(rows)


def test_pairs_are_counted_by_image() -> None:
    #                       both right, lost, gained, both wrong (in different ways), both right
    assert count_pairs([0, 9, 2, 8, 4], [0, 1, 9, 7, 4], [0, 1, 2, 3, 4]) == Pairs(2, 1, 1, 1)


def test_a_row_says_what_it_lost_where_and_how_sure_it_was(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none", confidence_bp=[9_000] * 10)
    # Images 0 and 1, a T-shirt and a Trouser, become 9 and 8, an Ankle boot and a Bag.
    _, ours = _judged(reference, row("a_int8.tflite", wrong=2, confidence_bp=[9_000] * 8 + [8_000, 9_500]))

    found = ours["against_float"]
    assert (found["reference"], found["lost"], found["gained"], found["loss_pp"]) == (
        "a_none.tflite @ litert",
        2,
        0,
        20,
    )
    assert found["mcnemar_p"] == 0.5  # both coins on one side: 2 * (1/4)
    assert (found["holm_p"], found["family"]) == (0.5, 1)
    assert found["agreement"] == 0.8
    # -10 and +5 points over ten images.
    assert found["confidence_drift"] == pytest.approx({"mean_pp": -0.5, "mean_absolute_pp": 1.5})
    assert [(one["label"], one["loss_pp"]) for one in found["classes"][:3]] == [
        ("T-shirt/top", 100.0), ("Trouser", 100.0), ("Pullover", 0.0),
    ]  # fmt: skip
    change = np.asarray(found["confusion_change"])
    assert {tuple(map(int, cell)): int(change[tuple(cell)]) for cell in np.argwhere(change)} == {
        (0, 0): -1, (0, 9): 1, (1, 1): -1, (1, 8): 1,
    }  # fmt: skip
    assert ours["accuracy"]["right"] == 8


def test_the_float_row_and_a_row_without_one_are_not_compared(row: Callable[..., Row]) -> None:
    reference, alone, failed = _judged(
        row("a_none.tflite", quantization="none"),
        row("b_int8.tflite", source_sha256="99" * 32),
        row("c.tflite", reason="crashed"),
    )

    assert (reference["against_float"], alone["against_float"], failed["against_float"]) == (None, None, None)
    assert reference["accuracy"]["top1"] == alone["accuracy"]["top1"] == 1
    assert failed["accuracy"] is None


def test_the_family_counts_a_file_once_however_many_runtimes_give_the_same_answers(row: Callable[..., Row]) -> None:
    reference = row("a_none.tflite", quantization="none")
    rows = _judged(reference, *(row("a_int8.tflite", runtime=name, wrong=2) for name in ("litert", "tflite-runtime")),
                   row("a_dynamic.tflite", wrong=6, quantization="dynamic"))  # fmt: skip

    assert [one["against_float"]["family"] for one in rows[1:]] == [2, 2, 2]
    # Six coins on one side: 2 / 64 = 0.03125, smallest of two, times 2.
    assert rows[3]["against_float"]["holm_p"] == pytest.approx(0.0625)
    assert rows[1]["against_float"]["holm_p"] == 0.5


def test_answers_without_confidences_have_no_drift(row: Callable[..., Row]) -> None:
    _, ours = _judged(row("a_none.tflite", quantization="none"), row("a.tflite", confidence_bp=None))

    assert ours["against_float"]["confidence_drift"] is None


FOUND: dict[str, Any] = {"loss_pp": 0.08, "interval_pp": [-0.1, 0.26], "margin_pp": 0.5}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"verdict": "no loss shown"},
            "0.08 points lost, 95 % interval -0.10 to 0.26: not distinguishable from no loss, and a loss of 0.5 is "
            "excluded",
        ),
        (
            {"verdict": "undecided", "loss_pp": 0.3, "interval_pp": [-0.2, 0.8]},
            "0.30 points lost, 95 % interval -0.20 to 0.80: not distinguishable from no loss, but a loss of 0.5 isn't "
            "excluded either",
        ),
        (
            {"verdict": "small loss", "loss_pp": 0.3, "interval_pp": [0.12, 0.48]},
            "0.30 points lost, 95 % interval 0.12 to 0.48: a real loss, smaller than 0.5",
        ),
        (
            {"verdict": "real loss", "loss_pp": 1.2, "interval_pp": [0.9, 1.5]},
            "1.20 points lost, 95 % interval 0.90 to 1.50: a real loss, and one of 0.5 isn't excluded",
        ),
        (
            {"verdict": "real gain", "loss_pp": -0.4, "interval_pp": [-0.6, -0.2]},
            "0.40 points gained, 95 % interval 0.20 to 0.60: a real gain",
        ),
        (
            {"verdict": "no loss shown", "loss_pp": 0.0, "interval_pp": [-0.001, 0.001]},
            "nothing lost, 95 % interval 0.00 to 0.00: not distinguishable from no loss, and a loss of 0.5 is excluded",
        ),
    ],
)
def test_verdicts_in_plain_words(values: dict[str, Any], sentence: str) -> None:
    assert verdict_sentence(FOUND | values) == sentence
