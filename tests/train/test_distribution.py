"""Two processes on this machine train together, as two machines would: Keras' own distribution on JAX."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("jax")

from train.__main__ import main

ROOT = Path(__file__).parents[2]
# With what could differ between processes: augmentation, averaged weights. (Tried with batch norm too, by hand with
# --preset edge: the same, but compiling it takes a minute.)
FLAGS = ("--preset", "tiny", "--epochs", "3", "--batch-size", "16", "--distribute", "--erase", "0.5", "--flip",
         "--average-epochs", "1")  # fmt: skip


def _start(folder: Path, runs: Path, name: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "train", *FLAGS, "--data", str(folder), "--runs", str(runs), "--name", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"} | variables,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _finished(child: subprocess.Popen[str]) -> tuple[str, str]:
    """Its stdout, and the digest of the weights it ended with."""
    with child:
        output, log = child.communicate(timeout=300)
    assert child.returncode == 0, log
    found = re.search(r"process \d of \d has trained the weights ([0-9a-f]{64})", log)
    assert found is not None, log
    return output, found[1]


@pytest.mark.e2e
def test_two_processes_end_with_the_same_weights_as_each_other_and_nearly_those_of_one(
    own_folder: Path, tmp_path: Path
) -> None:
    cluster = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{_free_port()}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    pair = [_start(own_folder, tmp_path, "two", **cluster, KERAS_DISTRIBUTION_PROCESS_ID=str(i)) for i in range(2)]
    (first_output, first), (second_output, second) = map(_finished, pair)
    _finished(_start(own_folder, tmp_path, "one"))

    assert first == second
    assert [line for line in first_output.splitlines() if line.startswith(f"{tmp_path / 'two'}: ")]
    assert "right" not in second_output  # process 0 alone reports and writes; Gloo greets on stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    two, one = (keras.models.load_model(tmp_path / name / "model.keras").get_weights() for name in ("two", "one"))
    for ours, expected in zip(two, one, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="it is about the TensorFlow backend")
def test_distribution_on_tensorflow_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--distribute", "--data", "demo", "--runs", str(tmp_path / "runs")]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --distribute ")
    assert "KERAS_BACKEND=jax" in line
    assert not (tmp_path / "runs").exists()
