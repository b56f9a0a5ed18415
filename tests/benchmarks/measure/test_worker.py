"""Measurement of one artifact by the worker."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.measure import worker
from benchmarks.measure.child_process import run_job
from benchmarks.measure.inputs import save_array
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK, CalibrationManifest, Job, JobPhotograph, KernelAgreement
from benchmarks.measure.worker import answer
from benchmarks.records import from_record, to_record
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec, ModelOptions
from edge.classify.loaded_model import LoadedModel
from edge.demo import draw_dataset, draw_frame
from edge.errors import RuntimeMissingError

ROOT = Path(__file__).parents[3]


def without_spec(content: bytes) -> bytes:
    """Return a .tflite without the ZIP behind it, which holds the specification."""
    return content[: content.index(b"PK\x03\x04")]


FIXTURES = ROOT / "tests" / "fixtures"


def _job(folder: Path, artifact: Path, *, runtime: str = "litert", images: int = 20, **more: Any) -> Job:
    frames = np.stack([draw_frame(number, height=120, width=160).image for number in range(3)])
    images_file, frames_file = save_array(folder, "i", draw_dataset(images)[0]), save_array(folder, "f", frames)
    return Job(str(artifact), runtime, 1, 30, 5, 2, 0.001, images_file, frames_file, **more)


def test_memory_is_read_in_bytes() -> None:
    now, most = worker.process_memory_bytes("VmRSS"), worker.process_memory_bytes("VmHWM")

    assert 1_000_000 < now <= most + 1_000_000


def test_a_small_model_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    outcome = run_job(_job(tmp_path, FIXTURES / "tiny_int8.tflite"), timeout_s=60)

    assert (outcome.status, outcome.reason) == (OK, "")
    found = outcome.measurement
    assert found is not None
    assert (len(found.invoke_ns), len(found.model_ns)) == (30, 30)
    assert (len(found.frame_to_decision_ns), len(found.end_to_end_ns), len(found.predictions)) == (5, 5, 20)
    assert min(found.invoke_ns) > 0
    assert set(found.predictions) <= set(range(10))
    assert list(found.stage_median_ns) == ["decode", "vision", "invoke", "decide", "write"]
    assert (found.quantization, len(found.source_sha256)) == ("int8", 64)
    assert found.memory_peak_bytes is not None
    assert found.memory_before_load_bytes < found.memory_peak_bytes
    assert found.runtime_settings is not None
    assert (found.runtime_settings.threads, found.runtime_settings.xnnpack) == (1, True)


def test_an_emulated_processor_answers_and_is_not_timed(tmp_path: Path) -> None:
    found = worker.measure(_job(tmp_path, FIXTURES / "tiny_int8.tflite", is_timed=False))

    assert len(found.predictions) == 20
    assert (found.load_ns, found.first_invoke_ns, found.memory_peak_bytes) == (None, None, None)
    assert found.invoke_ns == found.model_ns == found.frame_to_decision_ns == found.end_to_end_ns == []


def test_photographs_are_judged_from_frame_to_answer(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "coat.png"), draw_frame(4, height=120, width=160).image)
    listed = (JobPhotograph(str(tmp_path / "coat.png"), (4,), 4), JobPhotograph(str(tmp_path / "coat.png"), (), -1))
    job = _job(tmp_path, FIXTURES / "tiny_int8.tflite", is_timed=False, photographs=listed)

    found = worker.measure(from_record(Job, json.loads(json.dumps(to_record(replace(job, images_file=""))))))

    assert found.photographs is not None
    assert (len(found.predictions), len(found.photographs.labels), found.notes) == (1, 2, ())
    assert (found.photographs.heights, found.photographs.widths) == ([120, 120], [160, 160])
    of_others = worker.measure(replace(job, class_names=("a", "b")))
    assert (of_others.photographs, len(of_others.notes)) == (None, 1)


def test_later_rounds_leave_the_test_images_out(tmp_path: Path) -> None:
    found = worker.measure(_job(tmp_path, FIXTURES / "tiny_int8.tflite", wants_predictions=False))

    assert (found.predictions, len(found.invoke_ns)) == ([], 30)


def test_without_opencv_the_network_alone_is_timed(tmp_path: Path) -> None:
    job = _job(tmp_path, FIXTURES / "tiny_int8.tflite")
    program = (
        "import sys\n"
        "sys.modules['cv2'] = None\n"  # as where it isn't installed: importing it fails, and nothing finds it
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'cv2' else find(name, *rest)\n"
        "from benchmarks.measure import worker\n"
        "raise SystemExit(worker.main())"
    )

    outcome = run_job(job, timeout_s=60, command=(sys.executable, "-c", program))

    found = outcome.measurement
    assert found is not None, outcome.reason
    assert (len(found.invoke_ns), len(found.model_ns), len(found.predictions)) == (30, 30, 20)
    assert found.frame_to_decision_ns == found.end_to_end_ns == []
    assert found.stage_median_ns == {}


def test_the_peak_is_the_workers_own_not_its_parents(tmp_path: Path) -> None:
    ballast = b"x" * 300_000_000  # ru_maxrss survives fork and exec: it would say more than 300 MB
    outcome = run_job(_job(tmp_path, FIXTURES / "tiny_int8.tflite"), timeout_s=60)
    del ballast

    assert outcome.measurement is not None
    assert outcome.measurement.memory_peak_bytes is not None
    assert outcome.measurement.memory_peak_bytes < 250_000_000


def test_stdout_holds_nothing_but_the_answer(tmp_path: Path) -> None:
    job = _job(tmp_path, tmp_path / "missing.tflite")

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure.worker"],
        input=json.dumps(to_record(job)),
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

    monkeypatch.setattr(worker.LoadedModel, "load", refuse)

    outcome = worker.attempt(_job(tmp_path, FIXTURES / "tiny_int8.tflite"))

    assert outcome.status == NOT_INSTALLED
    assert outcome.reason.endswith("pip install x")
    assert "\n" not in outcome.reason


def test_without_images_of_its_size_a_model_is_timed_and_not_judged(tmp_path: Path) -> None:
    job = _job(tmp_path, FIXTURES / "tiny_int8.tflite")
    np.save(job.images_file, np.zeros((2, 32, 32), np.uint8))

    outcome = worker.attempt(job)

    assert (outcome.status, outcome.measurement and outcome.measurement.predictions) == (OK, [])
    assert outcome.reason.index("28 x 28") < outcome.reason.index("32 x 32")
    assert outcome.measurement is not None
    assert len(outcome.measurement.invoke_ns) == 30


def test_a_model_of_other_classes_than_the_images_is_not_judged(tmp_path: Path) -> None:
    found = worker.measure(_job(tmp_path, FIXTURES / "tiny_int8.tflite", class_names=("a", "b")))
    assert (found.predictions, len(found.notes), len(found.invoke_ns)) == ([], 1, 30)
    unknown = worker.measure(replace(_job(tmp_path, FIXTURES / "tiny_int8.tflite"), images_file="", class_names=()))
    assert (unknown.predictions, unknown.notes) == ([], ())


@pytest.mark.parametrize(("edge", "count"), [(28, 256), (224, 26), (2000, 4)])
def test_large_inputs_are_timed_on_fewer_images(edge: int, count: int) -> None:
    spec = InputSpec(edge, edge, 3, recipe=IMAGE_RECIPE)
    assert worker.draw_noise(spec).shape == (count, edge, edge, 3)


def test_a_file_without_a_specification_is_measured_with_what_the_user_says_of_it(tmp_path: Path) -> None:
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(without_spec((FIXTURES / "tiny_int8.tflite").read_bytes()))
    labels = tuple("abcdefghij")
    job = replace(
        _job(tmp_path, bare), class_names=labels, options=ModelOptions(labels=labels, pixels=((0.0,), (255.0,)))
    )
    found = from_record(Job, json.loads(json.dumps(to_record(job))))
    assert found == job

    measured = worker.measure(found)

    assert (len(measured.predictions), measured.quantization, len(measured.notes)) == (20, "int8", 1)


def test_an_int8_onnx_file_is_compared_with_its_own_arithmetic(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    found = worker.measure(_job(tmp_path, FIXTURES / "tiny_int8.onnx", runtime="onnxruntime", is_timed=False))
    assert found.runtime_settings is not None
    assert found.runtime_settings.kernel_agreement == KernelAgreement(images=20, same=20)
    of_float = worker.measure(_job(tmp_path, FIXTURES / "tiny_none.onnx", runtime="onnxruntime", is_timed=False))
    assert of_float.runtime_settings is not None
    assert of_float.runtime_settings.kernel_agreement is None


FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_answers_are_those_of_the_loaded_model() -> None:
    model = LoadedModel.load(FIXTURES / "tiny_none.tflite").with_decision(DecisionSpec(temperature=2.0))
    images = draw_dataset(20)[0]

    found = answer(model, images)

    expected = np.stack([model.probabilities(image) for image in images])
    assert found.predictions == expected.argmax(axis=1).tolist()
    assert np.asarray(found.confidence_bp) / 10_000 == pytest.approx(expected.max(axis=1), abs=5.1e-5)
    assert np.all(np.asarray(found.untempered_confidence_bp) >= found.confidence_bp)  # temperature 2 makes it less sure


def test_the_manifest_travels_without_its_indices(tmp_path: Path) -> None:
    found = worker.measure(_job(tmp_path, FIXTURES / "tiny_int8.tflite", is_timed=False)).calibration
    of_float = worker.measure(_job(tmp_path, FIXTURES / "tiny_none.tflite", is_timed=False)).calibration

    assert {"seed", "count", "dataset", "sha256"} <= to_record(found).keys()
    assert of_float == CalibrationManifest()
    assert to_record(of_float) == {}
