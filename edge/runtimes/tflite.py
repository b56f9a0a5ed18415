"""TFLite interpreter of LiteRT or of tflite-runtime; imports neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.runtimes.protocol import explain_too_old, require_one_of_each
from edge.system.process import log_native_stderr

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TfliteRuntime:
    """A TFLite interpreter with one input and one output (see `edge.runtimes.protocol.Runtime`)."""

    def __init__(self, path: Path, *, name: str, package: str, make_interpreter: Callable[[], Any]) -> None:
        """Make the library's Interpreter, read the tensors' facts, and allocate them where their sizes are known.

        Raises:
            ModelFileError: the library refuses the file, or it has several inputs or outputs.
        """
        self.name = name
        self._path, self._package = path, package
        try:
            with log_native_stderr():
                self._interpreter = make_interpreter()
                if not _is_free(self._interpreter.get_input_details()):
                    self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(self._refusal(error)) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            require_one_of_each(path, *([tuple(tensor["shape"]) for tensor in side] for side in (inputs, outputs)))
        self.input_tensor = _tensor_spec(inputs[0])
        self.output_tensor = _tensor_spec(outputs[0])
        self._input_index: int = inputs[0]["index"]
        self._output_index: int = outputs[0]["index"]

    def resize_input(self, shape: tuple[int, ...]) -> None:
        """Fix the free axes of the input (see `edge.runtimes.protocol.Runtime`)."""
        try:
            with log_native_stderr():
                self._interpreter.resize_tensor_input(self._input_index, shape, strict=True)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            if 0 in self.input_tensor.shape:
                raise ModelFileError(f"{self._refusal(error)} (at the size {shape})") from error
            raise ModelFileError(
                f"{self._path} doesn't take the shape {shape}: expected {self.input_tensor.shape}"
            ) from error
        self.input_tensor = replace(self.input_tensor, shape=shape)
        self.output_tensor = _tensor_spec(self._interpreter.get_output_details()[0])

    @property
    def version(self) -> str:
        """Version of the library; read on demand, because importlib.metadata is slow to import."""
        from importlib.metadata import version

        return version(self._package)

    def _refusal(self, error: Exception) -> str:
        reason = " ".join(str(error).split()) or "no reason given"
        explained = explain_too_old(self._path, reason, self.name, self.version)
        return explained or f"{self.name} {self.version} can't load {self._path}: {reason}"

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once (see `edge.runtimes.protocol.Runtime`)."""
        self._interpreter.set_tensor(self._input_index, input_tensor)
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self._output_index)
        return output


def _is_free(inputs: Sequence[dict[str, Any]]) -> bool:
    """Return True if heights or widths are still to be chosen: the file's are 1, for which convolutions may fail."""
    return any(map(_free_axes, inputs))


def _free_axes(detail: dict[str, Any]) -> list[int]:
    """Return the axes without a size, apart from the batch's."""
    return [axis for axis, size in enumerate(detail.get("shape_signature", ())) if size < 0 and axis]


def _tensor_spec(detail: dict[str, Any]) -> TensorSpec:
    scale, zero_point = detail["quantization"]
    free = _free_axes(detail)
    return TensorSpec(
        name=str(detail["name"]),
        dtype=np.dtype(detail["dtype"]).name,
        shape=tuple(0 if axis in free else int(size) for axis, size in enumerate(detail["shape"])),
        scale=float(scale),
        zero_point=int(zero_point),
    )
