from typing import Any

from benchmarks.measure.runtime_settings import conditions_lines


def _row(runtime: str, *, xnnpack: bool | None, **variables: str) -> dict[str, Any]:
    conditions = {"garbage_collector": "off", "xnnpack": xnnpack, "variables": variables}
    return {"runtime": runtime, "conditions": conditions}


def test_the_kernels_of_each_runtime_that_has_a_choice_are_told() -> None:
    rows = [
        _row("litert", xnnpack=True),
        _row("tflite-runtime", xnnpack=True),
        _row("tflite-runtime", xnnpack=False),
        _row("onnxruntime", xnnpack=None, OMP_NUM_THREADS="2"),
        {"runtime": "litert", "conditions": None},
    ]

    assert conditions_lines(rows) == [
        ("XNNPACK", "litert on, tflite-runtime some rows"),
        ("garbage collector", "off"),
        ("variables of threads", "OMP_NUM_THREADS=2"),
    ]


def test_nothing_is_told_of_rows_that_were_not_measured() -> None:
    assert conditions_lines([{"runtime": "litert"}]) == []
