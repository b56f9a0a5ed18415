"""Answers of TensorFlow Lite Micro and of LiteRT to the same images."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from export.micro.interpreter import MicroInterpreter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.classify.loaded_model import LoadedModel

_MOST_S = 20.0  # its reference kernels take a second for an image of a large network


@dataclass(frozen=True, slots=True)
class Comparison:
    """Top-1 answers of both runtimes, and how far their outputs are apart."""

    micro: NDArray[np.int64]
    """Class index of each image by TensorFlow Lite Micro, shape (N,)."""
    litert: NDArray[np.int64]
    """Class index by LiteRT."""
    steps: NDArray[np.int64]
    """Largest difference of each image's outputs, in steps of their grid."""
    micro_ns: NDArray[np.int64]
    """Time of each run by TensorFlow Lite Micro's reference kernels on this computer, in turn with LiteRT's."""
    litert_ns: NDArray[np.int64]

    @property
    def images(self) -> int:
        """Number of images that both answered."""
        return len(self.micro)

    @property
    def largest_steps(self) -> int:
        """Largest difference of an output, in steps of its grid."""
        return int(self.steps.max())

    @property
    def same(self) -> int:
        """Number of images with the same answer."""
        return int((self.micro == self.litert).sum())


def compare(
    interpreter: MicroInterpreter,
    loaded: LoadedModel,
    images: NDArray[np.uint8],
    *,
    most_s: float = _MOST_S,
    progress: Callable[[int, int], None] = lambda *_: None,
    clock: Callable[[], float] = time.monotonic,
) -> Comparison:
    """Run images through both, at least one, until the time is over.

    Args:
        interpreter: the network in TensorFlow Lite Micro.
        loaded: the same file in LiteRT.
        images: uint8, 0-255: grey, shape (N, height, width), or BGR, shape (N, height, width, 3), of the input's size.
        most_s: seconds after which no further image is begun.
        progress: called with the number of images done, and of all.
        clock: seconds.
    """
    started = clock()
    answers: list[tuple[int, int]] = []
    times: list[tuple[int, int]] = []
    steps: list[int] = []
    for number, image in enumerate(images):
        if answers and clock() - started > most_s:
            break
        tensor = loaded.input_tensor(image)
        (ours, ours_ns), (theirs, theirs_ns) = (
            _timed(invoke, tensor) for invoke in (interpreter.invoke, loaded.runtime.invoke)
        )
        answers.append((int(ours.argmax()), int(theirs.argmax())))
        times.append((ours_ns, theirs_ns))
        steps.append(int(np.abs(ours - theirs).max()))
        progress(number + 1, len(images))
    micro, litert = np.array(answers, np.int64).reshape(-1, 2).T
    micro_ns, litert_ns = np.array(times, np.int64).reshape(-1, 2).T
    return Comparison(micro, litert, np.array(steps, np.int64), micro_ns, litert_ns)


def _timed(invoke: Callable[[NDArray[Any]], NDArray[Any]], tensor: NDArray[Any]) -> tuple[NDArray[np.int32], int]:
    """Run a network; return its output as whole numbers, shape (classes,), and the nanoseconds."""
    started = time.perf_counter_ns()
    output = invoke(tensor)
    return output.reshape(-1).astype(np.int32), time.perf_counter_ns() - started
