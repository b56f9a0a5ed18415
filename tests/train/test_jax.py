"""Training code that touches the backend, tested again on JAX: a process has only one backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras")
pytest.importorskip("jax")

ROOT = Path(__file__).parents[2]


@pytest.mark.e2e
def test_the_same_holds_on_jax() -> None:
    parity = "network/test_efficientnet_lite.py::test_it_answers_as_pytorchs_implementation_does"
    files = (parity, "fitting/test_callbacks.py", "fitting/test_teacher.py", "test_fit.py")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            "-p",
            "no:tests.quick",
            *(str(Path(__file__).parent / name) for name in files),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        check=False,
    )
    assert done.returncode == 0, done.stdout
