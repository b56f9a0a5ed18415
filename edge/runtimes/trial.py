"""Loads a file of unknown origin in a child process first: a native crash there is a sentence here."""

from __future__ import annotations

import subprocess
import sys

from edge.artifact import Artifact
from edge.errors import ModelFileError

_TIMEOUT_S = 30.0  # a Pi Zero imports numpy in four
_PROGRAM = """
import sys
from pathlib import Path
import numpy
from edge.artifact import read_artifact
from edge.runtimes import open_runtime
runtime = open_runtime(read_artifact(Path(sys.argv[1])), name=sys.argv[2])
runtime.invoke(numpy.zeros(runtime.input_tensor.shape, runtime.input_tensor.dtype))
"""


def try_in_child(artifact: Artifact, runtime_name: str) -> None:
    """Load the file and run it once in a child process.

    Python errors of the child are left to the caller's own attempt, which meets the same ones.

    Raises:
        ModelFileError: the library crashed or hung on the file.
    """
    arguments = [sys.executable, "-c", _PROGRAM, str(artifact.path), runtime_name]
    try:
        child = subprocess.run(arguments, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{runtime_name} hangs on {artifact.path}: the file is damaged") from error
    if child.returncode < 0:
        raise ModelFileError(
            f"{runtime_name} crashes on {artifact.path} (signal {-child.returncode}): "
            "the file is damaged, copy or export it again"
        )
