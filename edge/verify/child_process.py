"""Child process that reads a network from standard input, loads it and runs it within limits."""

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
from edge.verify import sandbox_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROWTH_BYTES = 384 * 2**20
"""Address space beyond that of the libraries. With all else that a runner takes, the sum stays below 512 MB."""
LARGE_BYTES = 64 * 2**20
"""Size of a network that is allowed more: three for each further byte, since ONNX Runtime copies weights twice."""
_USUAL_SIDE = 224  # pixels, for a network that takes any height and width
_STATUS = Path("/proc/self/statm")


def main(runtime_name: str, path: str) -> None:
    """Try the network; exit code 1 and a last line on stderr say what is wrong with it."""
    network = sys.stdin.buffer.read()
    try:
        import_library(runtime_name)
        _end_after(sandbox_run.processor_s(len(network)))
        bound_memory(GROWTH_BYTES + 3 * max(0, len(network) - LARGE_BYTES))
        try_network(load_network(network, Path(path), name=runtime_name))
    except RuntimeMissingError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(sandbox_run.LIBRARY_MISSING)
    except Exception as error:  # the libraries have a dozen classes of their own
        sys.exit(" ".join(str(refusal(runtime_name, path, error)).split()))


def _end_after(processor_s: int) -> None:
    """End this process, wherever it is, once it has used so much processor time; a busy machine doesn't count.

    One that waits for something else ends by the clock, several times later.
    """
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    signal.alarm(sandbox_run.WAITING * processor_s)


def refusal(runtime_name: str, path: str, error: Exception) -> ToolkitError:
    """Return the error for an exception that was raised while a network was loaded or run."""
    if isinstance(error, ToolkitError):
        return error
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    if isinstance(error, MemoryError):
        reason = f"it takes more than {GROWTH_BYTES // 2**20} MB of memory"
    return ModelFileError(f"{runtime_name} can't run {path}: {reason}")


def bound_memory(growth_bytes: int = GROWTH_BYTES) -> None:
    """Limit the address space of this process to what it has and this much more."""
    try:
        pages = int(_STATUS.read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + growth_bytes
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    except (OSError, ValueError):  # no /proc, no permission, or a lower limit is set already
        return


def try_network(runtime: Runtime) -> None:
    """Run a network on a black, a white and a grey image of all shades.

    Raises:
        ValueError: the channels are open, or an output isn't all finite numbers.
    """
    shape = runtime.input_tensor.shape
    if 0 in shape and len(shape) == 4 and not {shape[1], shape[3]} & {1, 3}:
        raise ValueError("its input leaves the channels open: export it with 1 or 3 channels fixed")
    if 0 in shape:
        runtime.resize_input(tuple(size or _USUAL_SIDE for size in runtime.input_tensor.shape))
    tensor = runtime.input_tensor
    shades = np.resize(np.arange(256), tensor.shape)
    for image in (np.zeros(tensor.shape), np.full(tensor.shape, 255), shades):
        output = runtime.invoke(as_input(image, tensor.dtype))
        if not np.isfinite(output).all():
            raise ValueError("its outputs aren't finite numbers")


def as_input(image: NDArray[np.number[Any]], dtype: str) -> NDArray[np.generic]:
    """Return pixels of 0-255 in the dtype of an input tensor, as 0-1 if that is a float."""
    scaled = image / 255 if np.dtype(dtype).kind == "f" else image
    return scaled.astype(dtype)
