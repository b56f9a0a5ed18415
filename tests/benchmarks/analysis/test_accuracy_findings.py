from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.analysis.accuracy_findings import accuracy_sentence, change_sentence, kernel_sentence, verdict_sentence
from benchmarks.analysis.quantization_loss import GAIN, LOSS, NO_LOSS, SMALL_LOSS, UNDECIDED
from benchmarks.analysis.row import Comparison, Row
from benchmarks.measure.job import KernelAgreement, RuntimeSettings
from benchmarks.report.table import status

Compared = Callable[..., list[Row]]


@pytest.fixture
def loss(row: Callable[..., Row], compared: Compared) -> Comparison:
    """A loss of 0.3 points, 95 % interval 0.1 to 0.4."""
    made = compared([row("f.tflite", quantization="none"), row("a.tflite", wrong=1)])[1].against_float
    assert made is not None
    return replace(made, verdict=NO_LOSS, loss_pp=0.3, interval_pp=(0.1, 0.4))


@pytest.mark.parametrize(
    ("verdicts", "facts"),
    [
        ([], []),
        ([None], []),
        ([NO_LOSS], ["None of 1 quantized row shows", "0.5 points is excluded for it."]),
        ([NO_LOSS, GAIN], ["None of 2 quantized rows shows", "0.5 points is excluded"]),
        ([UNDECIDED, NO_LOSS], ["None of 2 ", "0.5 points isn't excluded", " 0.tflite (litert)."]),
        ([SMALL_LOSS, NO_LOSS], ["A real loss", "0.tflite (litert): 0.30 points", "0.10 to 0.40", "is excluded"]),
        ([LOSS], ["A real loss", "isn't excluded", " 0.tflite (litert)."]),
    ],
    ids=str,
)
def test_losses_of_all_rows_become_one_sentence(
    verdicts: list[str | None], facts: list[str], loss: Comparison, row: Callable[..., Row]
) -> None:
    rows = [
        replace(row(f"{number}.tflite"), against_float=replace(loss, verdict=verdict) if verdict else None)
        for number, verdict in enumerate(verdicts)
    ]

    sentence = accuracy_sentence(rows)

    assert bool(sentence) == bool(facts)
    assert all(fact in sentence for fact in facts)


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ({"verdict": NO_LOSS, "loss_pp": 0.08, "interval_pp": (-0.1, 0.26)},
         ["0.08 points lost", "-0.10 to 0.26", "no loss", "0.5 is excluded"]),
        ({"verdict": UNDECIDED, "interval_pp": (-0.2, 0.8)},
         ["0.30 points lost", "-0.20 to 0.80", "no loss", "0.5 isn't excluded"]),
        ({"verdict": SMALL_LOSS}, ["0.10 to 0.40", "a real loss", "smaller than 0.5"]),
        ({"verdict": LOSS, "loss_pp": 1.2, "interval_pp": (0.9, 1.5)},
         ["1.20 points lost", "0.90 to 1.50", "a real loss", "0.5 isn't excluded"]),
        ({"verdict": GAIN, "loss_pp": -0.4, "interval_pp": (-0.6, -0.2)},
         ["0.40 points gained", "0.20 to 0.60", "a real gain"]),
        ({"loss_pp": 0.0, "interval_pp": (-0.001, 0.001)}, ["nothing lost", "0.00 to 0.00", "0.5 is excluded"]),
    ],
)  # fmt: skip
def test_a_verdict_has_its_amount_its_interval_and_the_margin(
    values: dict[str, Any], facts: list[str], loss: Comparison
) -> None:
    sentence = verdict_sentence(replace(loss, **values))

    assert [fact for fact in facts if fact not in sentence] == []


def test_changed_predictions_are_counted_with_the_largest_shift(row: Callable[..., Row], compared: Compared) -> None:
    _, int8, float16 = compared(
        [
            row("a_none.tflite", quantization="none", wrong=1),
            row("a_int8.tflite", wrong=2),
            row("a_float16.tflite", wrong=1, quantization="float16"),
        ]
    )

    sentence = change_sentence(int8)
    facts = ("1 of 10 predictions", "before: 1", "now: 0", "Trouser taken for Bag", "1 more often")
    assert [fact for fact in facts if fact not in sentence] == []
    assert change_sentence(float16).startswith("All 10 predictions")


SETTINGS = RuntimeSettings(
    garbage_collector="off", threads=1, processors=None, xnnpack=None, spinning=None, variables={}
)


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        (None, []),
        (SETTINGS, []),
        (replace(SETTINGS, kernel_agreement=KernelAgreement(images=1000, same=1000)), []),
        (replace(SETTINGS, kernel_agreement=KernelAgreement(images=1000, same=991)),
         ["a_int8.onnx", " 9 of 1,000 ", "VNNI"]),
    ],
    ids=["not measured", "no int8 ONNX", "equal", "saturates"],
)  # fmt: skip
def test_a_kernel_that_differs_from_the_arithmetic_is_reported(
    row: Callable[..., Row], settings: RuntimeSettings | None, facts: list[str]
) -> None:
    made = replace(row("a_int8.onnx", runtime="onnxruntime"), runtime_settings=settings)

    sentence = kernel_sentence(made)

    assert bool(sentence) == bool(facts)
    assert all(fact in sentence for fact in facts)
    assert ("saturates" in status(made)) == bool(facts)
