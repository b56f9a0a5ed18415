"""Limits of the child process, and the images it tries a network on."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.verify import child_process, sandbox_run

MakeFake = Callable[..., Any]


def test_it_is_run_on_black_white_and_shades(fake_runtime: MakeFake) -> None:
    fed: list[Any] = []
    runtime = fake_runtime([0.0, 1.0])
    runtime.input_tensor = TensorSpec("x", "float32", (1, 2, 2, 1))
    runtime.invoke = lambda image: (fed.append(image), np.zeros((1, 2)))[1]
    child_process.try_network(runtime)
    assert [image.ravel().tolist() for image in fed] == [
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        pytest.approx([0, 1 / 255, 2 / 255, 3 / 255]),
    ]
    assert {image.dtype for image in fed} == {np.dtype("float32")}


def test_outputs_that_are_no_numbers_are_refused(fake_runtime: MakeFake) -> None:
    with pytest.raises(ValueError, match="aren't finite numbers"):
        child_process.try_network(fake_runtime([0.0, float("nan")]))


@pytest.mark.parametrize("shape", [(1, 0, 0, 0), (1, 0, 224, 224), (1, 224, 224, 0)])
def test_open_channels_are_refused_before_memory_is_taken(fake_runtime: MakeFake, shape: tuple[int, ...]) -> None:
    runtime = fake_runtime([0.0, 1.0])
    runtime.input_tensor = TensorSpec("x", "float32", shape)
    with pytest.raises(ValueError, match="channels"):
        child_process.try_network(runtime)


@pytest.mark.parametrize(("network_mb", "seconds"), [(0, 5), (1, 6), (18, 23), (256, 261)])
def test_a_large_network_may_take_longer(network_mb: int, seconds: int) -> None:
    assert sandbox_run.processor_s(network_mb * 2**20) == seconds


@pytest.mark.parametrize(
    ("error", "facts"),
    [
        (ModelFileError("as it is"), "as it is"),
        (MemoryError(), "384 MB"),
        (KeyError("x\ny"), r"'x\ny'"),
        (RuntimeError(), ": RuntimeError"),
    ],
)
def test_each_exception_becomes_one_error(error: Exception, facts: str) -> None:
    message = str(child_process.refusal("litert", "m.tflite", error))
    assert facts in message
    assert isinstance(error, ModelFileError) or ("litert" in message and "m.tflite" in message)


def run(program: str, network: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program that has the child's module."""
    root = Path(__file__).parents[3]
    start = f"import sys; sys.path.insert(0, {str(root)!r}); from edge.verify import child_process as child"
    return subprocess.run(
        [sys.executable, "-c", f"{start}\n{program}"], input=network, capture_output=True, check=False, timeout=60
    )


def test_memory_beyond_the_bound_is_refused() -> None:
    done = run("child.bound_memory()\nkept = [bytes(64 * 2**20) for _ in range(4)]\nkept += [bytes(512 * 2**20)]")
    assert done.returncode == 1
    assert b"MemoryError" in done.stderr


@pytest.mark.parametrize(
    ("hang", "waiting", "number"),
    [("while True: pass", 40, signal.SIGPROF), ("__import__('time').sleep(50)", 1, signal.SIGALRM)],
    ids=["busy", "waiting"],
)
def test_a_network_that_hangs_is_ended(fixtures: Path, hang: str, waiting: int, number: int) -> None:
    pytest.importorskip("ai_edge_litert")
    program = f"child.sandbox_run.HANG_S, child.sandbox_run.WAITING = 1, {waiting}\ndef hang(_):\n    {hang}\n"
    program += "child.try_network = hang\nchild.main('litert', 'm')"
    assert run(program, read_artifact(fixtures / "tiny_int8.tflite").network).returncode == -number


def test_a_missing_library_is_no_fault_of_the_file() -> None:
    program = "sys.modules['tflite_runtime'] = sys.modules['tflite_runtime.interpreter'] = None\n"
    done = run(f"{program}child.main('tflite-runtime', 'm')")
    assert done.returncode == sandbox_run.LIBRARY_MISSING
    assert b"edge-classify[tflite-runtime]" in done.stderr
