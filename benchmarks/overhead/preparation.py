"""Frames and photographs to a colour network's tensor, by the toolkit and by bare OpenCV in turn, in one process.

`python -m benchmarks.overhead.preparation area|linear FRAMES COUNT` or `decode IMAGE COUNT`. The readings are the last
line of stderr, JSON. The best call of each side counts, because whatever slows a call down only ever adds to its time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.artifact.input_spec import IMAGE_RECIPE, PIXEL_RANGES, InputSpec
from edge.artifact.pixels import InputTensor, tensor_shape
from edge.artifact.spec import TensorSpec
from edge.images.decode import decode_image
from edge.vision import least_edge
from edge.vision.image import middle, prepare_image

SIZE = 224
_MEAN, _STD = PIXEL_RANGES["imagenet"]
_FLAGS = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR_EXACT}
_UNTIMED = 5  # pairs of calls before the timed ones


def colour_input(interpolation: str) -> InputSpec:
    """Return the input of a usual colour network: 224x224 of the middle, ImageNet's mean and deviation."""
    return InputSpec(SIZE, SIZE, 3, recipe=IMAGE_RECIPE, resize="crop", crop=0.875, interpolation=interpolation,
                     mean=_MEAN, std=_STD)  # fmt: skip


class BarePreparation:
    """OpenCV's calls for the same crop, interpolation and numbers, with nothing checked and all arrays used again."""

    def __init__(self, spec: InputSpec, frame: NDArray[np.uint8]) -> None:
        """Compute the crop of frames of one size, and allocate the tensor."""
        height, width = frame.shape[:2]
        self._left, self._top, self._width, self._height = middle(width, height, spec.width, spec.height, spec.crop)
        self._flag = _FLAGS[spec.interpolation]
        # Scalars of four values, which OpenCV's stubs don't know.
        self._mean: Any = (*spec.mean, 0.0)
        self._factor: Any = (*(1 / std for std in spec.std), 0.0)
        self._tensor = np.zeros((1, SIZE, SIZE, 3), np.float32)

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the tensor of a uint8 BGR frame: float32, shape (1, 224, 224, 3)."""
        view = frame[self._top : self._top + self._height, self._left : self._left + self._width]
        rgb = cv2.cvtColor(cv2.resize(view, (SIZE, SIZE), interpolation=self._flag), cv2.COLOR_BGR2RGB)
        cv2.subtract(rgb, self._mean, dst=self._tensor[0], dtype=cv2.CV_32F)
        cv2.multiply(self._tensor[0], self._factor, dst=self._tensor[0])
        return self._tensor


class ToolkitPreparation:
    """The same by the recipe and the input tensor, as the runner does it, with the presence score."""

    def __init__(self, spec: InputSpec) -> None:
        """Allocate the tensor."""
        tensor = TensorSpec(name="input", dtype="float32", shape=tensor_shape(spec), scale=0.0, zero_point=0)
        self._spec, self._input = spec, InputTensor(spec, tensor)

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the tensor of a uint8 BGR frame: float32, shape (1, 224, 224, 3)."""
        return np.asarray(self._input.fill(prepare_image(frame, self._spec).pixels), np.float32)


def prepare(interpolation: str, frames_file: str, count: str) -> dict[str, float]:
    """Time frames that are in memory already."""
    frames, spec = list(np.load(frames_file)), colour_input(interpolation)
    return _best_of_both(ToolkitPreparation(spec), BarePreparation(spec, frames[0]), frames, int(count))


def decode(path: str, count: str) -> dict[str, float]:
    """Time a photograph, decoded as far as the network needs it against all of it."""
    content = Path(path).read_bytes()
    least = least_edge(colour_input("area"))
    return _best_of_both(
        lambda data: decode_image(data, least=least),
        lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR),
        [content],
        int(count),
    )


def _best_of_both(
    toolkit: Callable[[Any], object], bare: Callable[[Any], object], inputs: Sequence[Any], count: int
) -> dict[str, float]:
    """Call both sides on the same inputs in turn; seconds of the fastest call of each."""
    best = {"toolkit_s": float("inf"), "baseline_s": float("inf")}
    for number in range(_UNTIMED + count):
        given = inputs[number % len(inputs)]
        for name, call in (("baseline_s", bare), ("toolkit_s", toolkit)):
            started = time.perf_counter()
            call(given)
            taken = time.perf_counter() - started
            if number >= _UNTIMED:
                best[name] = min(best[name], taken)
    return best


if __name__ == "__main__":
    cv2.setNumThreads(1)
    part, *arguments = sys.argv[1:]
    sys.stderr.write(json.dumps(decode(*arguments) if part == "decode" else prepare(part, *arguments)) + "\n")
