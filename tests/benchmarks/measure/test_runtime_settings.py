from dataclasses import dataclass

from benchmarks.measure.runtime_settings import RuntimeSettings, conditions_lines


@dataclass(frozen=True)
class _Row:
    runtime: str
    conditions: RuntimeSettings | None


def _row(runtime: str, *, xnnpack: bool | None, **variables: str) -> _Row:
    settings = RuntimeSettings(
        garbage_collector="off", threads=1, processors=None, xnnpack=xnnpack, spinning=None, variables=variables
    )
    return _Row(runtime, settings)


def test_the_kernels_of_each_runtime_that_has_a_choice_are_listed() -> None:
    rows = [
        _row("litert", xnnpack=True),
        _row("tflite-runtime", xnnpack=True),
        _row("tflite-runtime", xnnpack=False),
        _row("onnxruntime", xnnpack=None, OMP_NUM_THREADS="2"),
        _Row("litert", None),
    ]

    assert conditions_lines(rows) == [
        ("XNNPACK", "litert on, tflite-runtime some rows"),
        ("garbage collector", "off"),
        ("variables of threads", "OMP_NUM_THREADS=2"),
    ]


def test_rows_that_were_not_measured_have_no_settings() -> None:
    assert conditions_lines([_Row("litert", None)]) == []
