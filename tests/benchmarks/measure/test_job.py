from collections.abc import Callable

import pytest

from benchmarks.measure.job import NOT_INSTALLED, OK, Job, Measurement, Outcome


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
