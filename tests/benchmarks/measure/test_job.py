"""Jobs and outcomes as JSON, and the settings that a row was measured under."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from benchmarks.measure.job import (
    NOT_INSTALLED,
    OK,
    Job,
    KernelAgreement,
    Measurement,
    Outcome,
    RuntimeSettings,
    runtime_settings_lines,
)


def test_jobs_and_outcomes_travel_as_one_line_of_json(measurement: Callable[..., Measurement]) -> None:
    job = Job("/a.tflite", "litert", 1, 1000, 300, 10, 0.5, "/images.npy", "/frames.npy")
    done, absent = Outcome(OK, measurement=measurement()), Outcome(NOT_INSTALLED, "pip install it")

    assert Job.from_json(job.to_json()) == job
    assert Outcome.from_json(done.to_json()) == done
    assert Outcome.from_json(absent.to_json()) == absent
    assert "\n" not in job.to_json() + done.to_json()


@pytest.mark.parametrize("text", ["", "null", "3", "{}", '{"status": "ok", "reason": "", "measurement": {"x": 1}}'])
def test_what_is_no_outcome_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # json's own messages differ
        Outcome.from_json(text)


@dataclass(frozen=True)
class _Row:
    runtime: str
    runtime_settings: RuntimeSettings | None


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

    kernels, *others = runtime_settings_lines(rows)
    assert (kernels[0], kernels[1].split(", ")) == ("XNNPACK", ["litert on", "tflite-runtime some rows"])
    assert others == [("garbage collector", "off"), ("variables of threads", "OMP_NUM_THREADS=2")]


def test_rows_that_were_not_measured_have_no_settings() -> None:
    assert runtime_settings_lines([_Row("litert", None)]) == []


def test_typed_settings_travel_as_json_with_the_outcome() -> None:
    settings = RuntimeSettings(
        garbage_collector="off", threads=1, processors=[0], xnnpack=None, spinning=False, variables={},
        kernel_agreement=KernelAgreement(images=10, same=9),
    )  # fmt: skip
    measurement = Measurement(
        runtime_version="1", quantization="int8", source_sha256="", memory_before_load_bytes=1, predictions=[3],
        runtime_settings=settings,
    )  # fmt: skip
    outcome = Outcome(OK, measurement=measurement)

    assert Outcome.from_json(outcome.to_json()) == outcome
