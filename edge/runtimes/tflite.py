"""TFLite interpreter of LiteRT or of tflite-runtime; imports neither."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.runtimes.protocol import explain_too_old
from edge.system.process import log_native_stderr

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TfliteRuntime:
    """A TFLite interpreter with one input and one output (see `edge.runtimes.protocol.Runtime`)."""

    def __init__(self, path: Path, *, name: str, package: str, make_interpreter: Callable[[], Any]) -> None:
        """Make the library's Interpreter, allocate the tensors and read their facts.

        Raises:
            ModelFileError: the library refuses the file, or it has several inputs or outputs.
        """
        self.name = name
        self._package = package
        try:
            with log_native_stderr():
                self._interpreter = make_interpreter()
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(self._refusal(path, error)) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelFileError(
                f"{path} has {len(inputs)} inputs and {len(outputs)} outputs: a detector or the like, no classifier, "
                "which has one of each"
            )
        self.input_tensor = _tensor_spec(inputs[0])
        self.output_tensor = _tensor_spec(outputs[0])
        self._input_index: int = inputs[0]["index"]
        self._output_index: int = outputs[0]["index"]

    def resize_input(self, shape: tuple[int, ...]) -> None:
        """Fix the free axes of the input (see `edge.runtimes.protocol.Runtime`)."""
        try:
            self._interpreter.resize_tensor_input(self._input_index, shape, strict=True)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(f"the model doesn't take the shape {shape}: {' '.join(str(error).split())}") from error
        self.input_tensor = replace(self.input_tensor, shape=shape)
        self.output_tensor = _tensor_spec(self._interpreter.get_output_details()[0])

    @property
    def version(self) -> str:
        """Version of the library; read on demand, because importlib.metadata is slow to import."""
        from importlib.metadata import version

        return version(self._package)

    def _refusal(self, path: Path, error: Exception) -> str:
        reason = " ".join(str(error).split()) or "no reason given"
        explained = explain_too_old(path, reason, self.name, self.version)
        return explained or f"{self.name} {self.version} can't load {path}: {reason}"

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once (see `edge.runtimes.protocol.Runtime`)."""
        self._interpreter.set_tensor(self._input_index, input_tensor)
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self._output_index)
        return output


def _tensor_spec(detail: dict[str, Any]) -> TensorSpec:
    scale, zero_point = detail["quantization"]
    free = [axis for axis, size in enumerate(detail.get("shape_signature", ())) if size < 0 and axis]
    return TensorSpec(
        name=str(detail["name"]),
        dtype=np.dtype(detail["dtype"]).name,
        shape=tuple(0 if axis in free else int(size) for axis, size in enumerate(detail["shape"])),
        scale=float(scale),
        zero_point=int(zero_point),
    )
