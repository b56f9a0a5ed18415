"""The child process of a trial: takes a network from standard input, loads it and runs it within limits."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.errors import ModelFileError, RuntimeMissingError, ToolkitError
from edge.runtimes import Runtime
from edge.runtimes.protocol import import_library, load_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROWTH_BYTES = 384 * 2**20
"""Of address space, on top of what the libraries took: with what a runner takes besides, it stays below 512 MB."""
HANG_S = 5
"""To load a network and run it; a Pi Zero takes a tenth of it for the largest that ships."""
LIBRARY_MISSING = 3
"""Exit code where it isn't the file that is wrong."""
_STATUS = Path("/proc/self/statm")


def main(runtime_name: str, path: str) -> None:
    """Try the network; exit code 1 and a last line on stderr say what is wrong with it.

    Args:
        runtime_name: one of `edge.runtimes.RUNTIMES`.
        path: where it came from, for that line.
    """
    network = sys.stdin.buffer.read()
    try:
        import_library(runtime_name)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(HANG_S)  # ends this process wherever it is
        bound_memory()
        try_network(load_network(network, Path(path), name=runtime_name))
    except RuntimeMissingError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(LIBRARY_MISSING)
    except Exception as error:  # the libraries have a dozen of their own
        sys.exit(" ".join(str(refusal(runtime_name, path, error)).split()))


def refusal(runtime_name: str, path: str, error: Exception) -> ToolkitError:
    """The sentence for what went wrong while a network was loaded or run."""
    if isinstance(error, ToolkitError):
        return error
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if isinstance(error, MemoryError):
        reason = f"it takes more than {GROWTH_BYTES // 2**20} MB of memory"
    return ModelFileError(f"{runtime_name} can't run {path}: {reason}")


def bound_memory() -> None:
    """Let the kernel refuse this process more memory than the bound."""
    try:
        pages = int(_STATUS.read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + GROWTH_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    except (OSError, ValueError):  # no /proc, a service that may not, or a lower limit is set already
        return


def try_network(runtime: Runtime) -> None:
    """Run it on black, on white and on all shades of grey.

    Raises:
        ValueError: an answer isn't all finite numbers.
    """
    tensor = runtime.input_tensor
    shades = np.resize(np.arange(256), tensor.shape)
    for image in (np.zeros(tensor.shape), np.full(tensor.shape, 255), shades):
        answer = runtime.invoke(_as_input(image, tensor.dtype))
        if not np.isfinite(answer).all():
            raise ValueError("its answers aren't finite numbers")


def _as_input(image: NDArray[np.number[Any]], dtype: str) -> NDArray[np.generic]:
    scaled = image / 255 if np.dtype(dtype).kind == "f" else image
    return scaled.astype(dtype)
