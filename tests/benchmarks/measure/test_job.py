"""Jobs and outcomes as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from benchmarks.measure.job import (
    NOT_INSTALLED,
    OK,
    Job,
    KernelAgreement,
    Measurement,
    Outcome,
    RuntimeSettings,
)
from benchmarks.records import from_record, to_record


def test_jobs_and_outcomes_travel_as_one_line_of_json(measurement: Callable[..., Measurement]) -> None:
    job = Job("/a.tflite", "litert", 1, 1000, 300, 10, 0.5, "/images.npy", "/frames.npy")
    done, absent = Outcome(OK, measurement=measurement()), Outcome(NOT_INSTALLED, "pip install it")

    assert from_record(Job, json.loads(json.dumps(to_record(job)))) == job
    assert from_record(Outcome, json.loads(json.dumps(to_record(done)))) == done
    assert from_record(Outcome, json.loads(json.dumps(to_record(absent)))) == absent


@pytest.mark.parametrize("text", ["", "null", "3", "{}", '{"status": "ok", "reason": "", "measurement": {"x": 1}}'])
def test_what_is_no_outcome_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):  # json's own messages differ
        from_record(Outcome, json.loads(text))


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

    assert from_record(Outcome, json.loads(json.dumps(to_record(outcome)))) == outcome
