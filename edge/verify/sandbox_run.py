"""Test-loads a network in a child process, so that crashes, hangs and floods of memory become errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from edge.artifact.file import Artifact
from edge.errors import ModelFileError, RuntimeMissingError

LIBRARY_MISSING = 3
"""Exit code of the child if the library is missing, which is no fault of the file."""
HANG_S = 5
"""Processor time to load and run a network; a second more for each MiB of it, as a Pi Zero takes for the largest."""
WAITING = 10
"""Seconds by the clock for each of processor time, after which a network that waits is ended."""
_START_TIMEOUT_S = 60.0  # a Pi Zero imports onnxruntime in ten
# Imports from the folders of this process and not from the working directory; -I leaves the environment out too.
_PROGRAM = """
import os, sys
sys.path[:] = sys.argv[1].split(os.pathsep)
from edge.verify.child_process import main
main(sys.argv[2], sys.argv[3])
"""


def processor_s(network_bytes: int) -> int:
    """Return the seconds of processor time that a network of this size may take to be loaded and run."""
    return HANG_S + network_bytes // 2**20


def try_in_child(artifact: Artifact, runtime_name: str) -> None:
    """Load a network and run it on a few images in a child process.

    A network that failed here must not be tried again in this process, where the same bytes might crash it.

    Raises:
        ModelFileError: the library refused the network, crashed or hung on it, or took too much memory.
        RuntimeMissingError: the library isn't usable here.
    """
    command = [sys.executable, "-I", "-c", _PROGRAM, os.pathsep.join(sys.path), runtime_name, str(artifact.path)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # a thread for each core takes its memory
    seconds = processor_s(len(artifact.network))
    timeout_s = _START_TIMEOUT_S + WAITING * seconds
    try:
        child = subprocess.run(
            command, input=artifact.network, capture_output=True, timeout=timeout_s, check=False, env=environment
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(f"{runtime_name} hangs on {artifact.path}: the file is damaged") from error
    except OSError as error:
        raise ModelFileError(
            f"{artifact.path} can't be tried in a child process ({error.strerror}): end other programs, or "
            "trust its bytes with --require-sha256"
        ) from error
    if child.returncode in (-signal.SIGPROF, -signal.SIGALRM):
        raise ModelFileError(
            f"{runtime_name} hangs on {artifact.path}: it took more than {seconds} s of processor time to load and run "
            "three images; the file is damaged, or far too slow for this machine (--require-sha256 skips this trial)"
        )
    if child.returncode < 0:
        raise ModelFileError(
            f"{runtime_name} crashes on {artifact.path} (signal {-child.returncode}): "
            "the file is damaged, copy or export it again"
        )
    if child.returncode > 0:
        lines = child.stderr.decode(errors="replace").strip().splitlines()
        message = lines[-1] if lines else f"{runtime_name} can't run {artifact.path}"
        raise (RuntimeMissingError if child.returncode == LIBRARY_MISSING else ModelFileError)(message)
