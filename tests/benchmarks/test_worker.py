import gc
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import worker
from benchmarks.child import run_job
from benchmarks.inputs import save_inputs
from benchmarks.job import FAILED, NOT_INSTALLED, OK, Job
from edge.demo import draw_dataset, draw_frame
from edge.errors import RuntimeMissingError

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


class FakeClock:
    """Counts up by ten at each reading."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        self.now += 10
        return self.now


def _job(folder: Path, artifact: Path, *, runtime: str = "litert", images: int = 20) -> Job:
    frames = np.stack([draw_frame(number, height=120, width=160).image for number in range(3)])
    images_file, frames_file = save_inputs(folder, draw_dataset(images)[0], frames)
    return Job(str(artifact), runtime, 1, 30, 5, 2, 0.001, images_file, frames_file)


def test_single_calls_are_timed_over_the_inputs_in_turn_with_the_collector_paused() -> None:
    calls: list[tuple[str, bool]] = []
    noted: list[str] = []

    def function(argument: str) -> str:
        calls.append((argument, gc.isenabled()))
        return argument.upper()

    latencies = worker.time_calls(function, ["a", "b"], 3, note=noted.append, clock=FakeClock())

    assert latencies == [10, 10, 10]
    assert calls == [("a", False), ("b", False), ("a", False)]
    assert noted == ["A", "B", "A"]
    assert gc.isenabled()


def test_warm_up_makes_so_many_calls_even_if_the_time_is_over() -> None:
    assert worker.warm_up(str, [1, 2], calls=5, duration_s=0, clock=FakeClock()) == 5


def test_warm_up_goes_on_until_the_time_is_over() -> None:
    # Readings: 10, so the end is 10 + 35 = 45; after the two calls that need none: 20, 30, 40, and 50 ends it.
    assert worker.warm_up(str, [1, 2], calls=2, duration_s=35, clock=FakeClock()) == 2 + 3


def test_memory_is_read_in_bytes() -> None:
    now, most = worker.memory_bytes("VmRSS"), worker.memory_bytes("VmHWM")

    assert 1_000_000 < now <= most + 1_000_000


def test_a_small_model_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    outcome = run_job(_job(tmp_path, FIXTURES / "tiny_int8.tflite"), timeout_s=60)

    assert (outcome.status, outcome.reason) == (OK, "")
    found = outcome.measurement
    assert found is not None
    assert (len(found.invoke_ns), len(found.frame_to_decision_ns), len(found.predictions)) == (30, 5, 20)
    assert min(found.invoke_ns) > 0
    assert set(found.predictions) <= set(range(10))
    assert set(found.stage_median_ns) == {"vision", "invoke", "decide"}
    assert (found.quantization, len(found.source_sha256)) == ("int8", 64)
    assert found.memory_before_load_bytes < found.memory_peak_bytes


def test_the_peak_is_the_workers_own_not_its_parents(tmp_path: Path) -> None:
    ballast = b"x" * 300_000_000  # ru_maxrss survives fork and exec: it would say more than 300 MB
    outcome = run_job(_job(tmp_path, FIXTURES / "tiny_int8.tflite"), timeout_s=60)
    del ballast

    assert outcome.measurement is not None
    assert outcome.measurement.memory_peak_bytes < 250_000_000


def test_stdout_holds_nothing_but_the_answer(tmp_path: Path) -> None:
    job = _job(tmp_path, tmp_path / "missing.tflite")

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.worker"],
        input=job.to_json(),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )

    answer = json.loads(done.stdout)
    assert (answer["status"], answer["measurement"]) == (FAILED, None)
    assert "no model file" in answer["reason"]


def test_a_missing_library_is_its_own_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeMissingError("needs x:\n pip install x")

    monkeypatch.setattr(worker.Classifier, "load", refuse)

    outcome = worker.attempt(_job(tmp_path, FIXTURES / "tiny_int8.tflite"))

    assert (outcome.status, outcome.reason) == (NOT_INSTALLED, "needs x: pip install x")


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    job = _job(tmp_path, FIXTURES / "tiny_int8.tflite")
    np.save(job.images_file, np.zeros((2, 32, 32), np.uint8))

    outcome = worker.attempt(job)

    assert outcome.status == FAILED
    assert "takes images of 28x28, the test images are 32x32" in outcome.reason
