"""Interpreter of TensorFlow Lite Micro for Python, and the least arena that it needs; the only file that imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from edge.cli import extras
from edge.errors import ExportError
from edge.system.process import log_native_stderr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LEAST_ARENA = 1024  # bytes: less than the interpreter's own tables take
_MOST_ARENA = 2**26
_GRID = 16  # bytes that TensorFlow Lite Micro aligns tensors to
# With some arenas that are too small the library crashes in place of refusing, so each is tried in a child process.
_PROGRAM = """
import os, sys
sys.path[:] = sys.argv[1].split(os.pathsep)
from tflite_micro import runtime
try:
    runtime.Interpreter.from_bytes(sys.stdin.buffer.read(), arena_size=int(sys.argv[2]))
except RuntimeError as error:
    sys.exit(str(error))
"""


class MicroInterpreter:
    """A network with its arena."""

    def __init__(self, network: bytes, *, arena_bytes: int) -> None:
        """Allocate the tensors.

        Args:
            network: int8 flatbuffer that LiteRT has loaded.
            arena_bytes: size of the arena, at least `least_arena`; with a smaller one the process may crash.

        Raises:
            RuntimeMissingError: tflite-micro isn't installed.
            RuntimeError: the library refuses the network.
        """
        with log_native_stderr():
            self._interpreter = _library().runtime.Interpreter.from_bytes(network, arena_size=arena_bytes)

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the network once; arrays have dtype and shape of the file's tensors.

        Raises:
            RuntimeError: a kernel failed.
        """
        self._interpreter.set_input(input_tensor, 0)
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_output(0)
        return output


def version() -> str:
    """Return the version of the library with its commit, such as 0.dev20261023182759-g8f6596d.

    Raises:
        RuntimeMissingError: tflite-micro isn't installed.
    """
    return str(_library().__version__)


def least_arena(network: bytes, *, note: Callable[[int], None] = lambda _: None) -> int:
    """Find the smallest arena, in bytes, that the network's tensors fit in, by bisection.

    A computer's pointers are longer than a microcontroller's, so that it needs some more. Optimised kernels of a board
    (CMSIS-NN, ESP-NN) need scratch memory that these reference kernels don't.

    Args:
        network: int8 flatbuffer.
        note: called with each size that is tried.

    Raises:
        ExportError: the library takes the network with no arena.
        RuntimeMissingError: tflite-micro isn't installed.
    """
    _library()
    enough = _LEAST_ARENA
    while (reason := _refusal(network, enough, note)) is not None:
        if enough >= _MOST_ARENA:
            raise ExportError(f"TensorFlow Lite Micro {version()} doesn't take this network: {reason}")
        enough *= 2
    too_small = enough // 2
    while enough - too_small > _GRID:
        middle = (enough + too_small) // 2 // _GRID * _GRID
        if _refusal(network, middle, note) is None:
            enough = middle
        else:
            too_small = middle
    return enough


def _refusal(network: bytes, arena_bytes: int, note: Callable[[int], None]) -> str | None:
    """Return the library's last words where an arena is too small; None: it is large enough."""
    note(arena_bytes)
    command = [sys.executable, "-I", "-c", _PROGRAM, os.pathsep.join(sys.path), str(arena_bytes)]
    child = subprocess.run(command, input=network, capture_output=True, check=False)
    if child.returncode == 0:
        return None
    lines = child.stderr.decode(errors="replace").split("\n")
    return next((line.strip() for line in lines if line.strip()), f"signal {-child.returncode}")


def _library() -> ModuleType:
    extras.require("micro")
    import tflite_micro

    module: ModuleType = tflite_micro
    return module
