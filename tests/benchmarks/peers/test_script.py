"""The scripts run for real, on the tiny models, in this Python and in one that has nothing."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK
from benchmarks.peers.tools import (
    BARE_LOOP,
    LITERT_BENCHMARK,
    OPENCV_LOOP,
    Peer,
    PeerJob,
    read_latency,
    run_script,
    tflite_loop,
)
from edge.artifact.file import read_artifact
from edge.demo import draw_dataset

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., PeerJob]:
    np.save(tmp_path / "images.npy", draw_dataset(10)[0])

    def make(name: str, *pythons: str) -> PeerJob:
        images_file = str(tmp_path / "images.npy")
        config = BenchmarkConfig(runs=12, warmup=2, warmup_s=0.001, timeout_s=60)
        return PeerJob(read_artifact(FIXTURES / name), images_file, config, pythons or (sys.executable,))

    return make


@pytest.mark.parametrize(
    ("peer", "model"),
    [(BARE_LOOP, "tiny_none.tflite"), (BARE_LOOP, "tiny_int8.tflite"), (OPENCV_LOOP, "tiny_none.onnx")],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_loop_times_single_calls(job: Callable[..., PeerJob], peer: Peer, model: str) -> None:
    outcome = peer.measure(job(model))

    assert (outcome.status, outcome.reason) == (OK, "")
    assert len(outcome.invoke_ns) == 12
    assert min(outcome.invoke_ns) > 0
    assert outcome.version[0].isdigit()


def test_litert_benchmark_gives_a_summary_alone(job: Callable[..., PeerJob]) -> None:
    outcome = LITERT_BENCHMARK.measure(job("tiny_int8.tflite"))

    assert (outcome.status, outcome.reason, outcome.invoke_ns) == (OK, "", [])
    assert set(outcome.summary_ns) == {"median", "p95", "mean", "maximum"}


def test_milliseconds_of_litert_benchmark_become_nanoseconds() -> None:
    assert read_latency({"median_ms": 0.04, "p95_ms": 0.05, "avg_ms": 0.045, "max_ms": 1.2, "min_ms": 0.03}) == {
        "median": 40_000, "p95": 50_000, "mean": 45_000, "maximum": 1_200_000,
    }  # fmt: skip


def test_a_library_that_no_python_has_is_not_installed(job: Callable[..., PeerJob]) -> None:
    outcome = tflite_loop("no_such_library", "no-such-library")(job("tiny_int8.tflite"))

    assert (outcome.status, outcome.invoke_ns) == (NOT_INSTALLED, [])
    assert "no_such_library" in outcome.reason


def test_the_first_python_that_has_it_is_taken(job: Callable[..., PeerJob], tmp_path: Path) -> None:
    without = tmp_path / "python"
    without.write_text('#!/bin/sh\necho \'{"status": "not installed", "reason": "not here"}\'\n', encoding="utf-8")
    without.chmod(0o755)

    outcome = BARE_LOOP.measure(job("tiny_int8.tflite", str(without), sys.executable))

    assert outcome.status == OK


def test_a_file_that_a_library_refuses_is_a_failure(job: Callable[..., PeerJob], tmp_path: Path) -> None:
    outcome = run_script("opencv_loop.py", job("tiny_int8.tflite"))

    assert outcome.status == FAILED
    assert cv2.__version__ in outcome.reason


@pytest.mark.parametrize(
    ("program", "reason"),
    [("echo hello", "gave no answer: hello"), ("exit 3", "ended with exit code 3: nothing was said")],
)
def test_a_program_that_is_no_python_is_a_failure(
    job: Callable[..., PeerJob], tmp_path: Path, program: str, reason: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    fake.chmod(0o755)

    outcome = BARE_LOOP.measure(job("tiny_int8.tflite", str(fake)))

    assert (outcome.status, outcome.reason) == (FAILED, reason)


def test_a_missing_python_is_a_failure(job: Callable[..., PeerJob]) -> None:
    outcome = BARE_LOOP.measure(job("tiny_int8.tflite", "/no/such/python"))

    assert outcome.status == FAILED
    assert outcome.reason.startswith("/no/such/python ")
    assert outcome.reason.endswith(os.strerror(errno.ENOENT))
