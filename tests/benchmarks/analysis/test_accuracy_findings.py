from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.analysis.accuracy_findings import accuracy_sentence, change_sentence, kernel_sentence
from benchmarks.analysis.quantization_loss import judge_rows
from benchmarks.analysis.rows import Row, compare_with_float
from benchmarks.report.table import status
from edge.artifact.labels import FASHION_MNIST_LABELS


def _row(name: str, verdict: str, **values: Any) -> Row:
    found = {"verdict": verdict, "loss_pp": 0.3, "interval_pp": [0.1, 0.4], "margin_pp": 0.5, **values}
    return {"id": f"{name} @ litert", "variant": name, "runtime": "litert", "against_float": found}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], ""),
        ([{"against_float": None}], ""),
        (
            [_row("a", "no loss shown"), _row("b", "real gain")],
            "None of 2 quantized rows shows a real loss of accuracy (McNemar's exact test, Holm). A loss of 0.5 points "
            "is excluded for all of them.",
        ),
        (
            [_row("a", "undecided"), _row("b", "no loss shown")],
            "None of 2 quantized rows shows a real loss of accuracy (McNemar's exact test, Holm). A loss of 0.5 points "
            "isn't excluded for a @ litert.",
        ),
        (
            [_row("a", "small loss"), _row("b", "no loss shown")],
            "A real loss of accuracy: a (litert): 0.30 points lost, 95 % interval 0.10 to 0.40: a real loss, smaller "
            "than 0.5. A loss of 0.5 points is excluded for all of them.",
        ),
    ],
    ids=["none", "not compared", "fine", "undecided", "small loss"],
)
def test_the_statistics_in_a_sentence(rows: list[Row], sentence: str) -> None:
    assert accuracy_sentence(rows) == sentence


def test_where_answers_moved(row: Callable[..., Row]) -> None:
    rows = [
        row("a_none.tflite", quantization="none", wrong=1),
        row("a_int8.tflite", wrong=2),
        row("a_float16.tflite", wrong=1, quantization="float16"),
    ]
    compare_with_float(rows)
    judge_rows(rows, list(range(10)), FASHION_MNIST_LABELS, margin_pp=0.5)

    assert change_sentence(rows[1]) == (
        "1 of 10 answers moved; right before: 1, right now: 0. Most: Trouser taken for Bag, 1 more often."
    )
    assert change_sentence(rows[2]) == "All 10 answers are those of float."


@pytest.mark.parametrize(
    ("conditions", "facts"),
    [
        (None, []),
        ({"threads": 1}, []),
        ({"kernel_agreement": {"images": 1000, "same": 1000}}, []),
        ({"kernel_agreement": {"images": 1000, "same": 991}}, ["a_int8.onnx", " 9 of 1,000 ", "VNNI"]),
    ],
)
def test_a_kernel_that_differs_from_the_arithmetic_is_said(
    row: Callable[..., Row], conditions: dict[str, Any] | None, facts: list[str]
) -> None:
    found = row("a_int8.onnx", runtime="onnxruntime") | {"conditions": conditions}
    sentence = kernel_sentence(found)
    assert bool(sentence) == bool(facts)
    assert all(fact in sentence for fact in facts)
    assert ("saturates" in status(found)) == bool(facts)
