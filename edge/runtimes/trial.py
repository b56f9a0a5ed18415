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
from edge.errors import ToolkitError
from edge.runtimes import open_runtime
try:
    runtime = open_runtime(read_artifact(Path(sys.argv[1])), name=sys.argv[2])
    runtime.invoke(numpy.zeros(runtime.input_tensor.shape, runtime.input_tensor.dtype))
except (ToolkitError, ValueError, RuntimeError) as error:
    sys.exit(" ".join(str(error).split()))
"""


def try_in_child(artifact: Artifact, runtime_name: str) -> None:
    """Load the file and run it once in a child process.

    What a library finds behind the end of a cut file differs from run to run: a file that failed here must not be
    tried again in this process, where the same bytes might crash it.

    Raises:
        ModelFileError: the library refused the file, crashed or hung on it.
    """
    arguments = [sys.executable, "-c", _PROGRAM, str(artifact.path), runtime_name]
    try:
        child = subprocess.run(
            arguments, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{runtime_name} hangs on {artifact.path}: the file is damaged") from error
    if child.returncode < 0:
        raise ModelFileError(
            f"{runtime_name} crashes on {artifact.path} (signal {-child.returncode}): "
            "the file is damaged, copy or export it again"
        )
    if child.returncode > 0:
        lines = child.stderr.strip().splitlines() or [f"{runtime_name} can't load {artifact.path}"]
        raise ModelFileError(lines[-1])
