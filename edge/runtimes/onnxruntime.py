"""Adapter of ONNX Runtime: the only file of `edge` that imports it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.errors import ModelFileError, RuntimeMissingError
from edge.quantization import PIXEL_SCALE
from edge.spec import TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}
_ERRORS_ONLY = 3  # onnxruntime's log severity: 2 would print a warning for every device without a GPU


def send_nothing_home() -> None:
    """Have ONNX Runtime tell nobody what it runs, unless the user has said otherwise; before it is imported.

    Since 1.29 its Linux wheels report every session to their maker and write an identity of the machine into ~/.cache.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


class OnnxRuntime:
    """An ONNX Runtime session with one input and one output (see `edge.runtimes.protocol.Runtime`)."""

    name = "onnxruntime"

    def __init__(self, path: Path, network: bytes, *, threads: int) -> None:
        """Load the network and read its tensors' facts.

        Args:
            path: its file, for error messages.
            network: the model without its metadata.
            threads: for the arithmetic.

        Raises:
            ModelFileError: ONNX Runtime refuses the file, or its input or output isn't a classifier's.
            RuntimeMissingError: onnxruntime isn't installed.
        """
        send_nothing_home()
        try:
            import onnxruntime
        except ImportError as error:
            raise RuntimeMissingError(
                f"the runtime onnxruntime isn't usable here ({error}): pip install 'edge-classify[onnx]'"
            ) from error
        self.version = str(onnxruntime.__version__)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # Idle worker threads would otherwise spin between frames and take whole cores from the camera.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions derive from Exception alone, each from its own class
            summary = " ".join(str(error).split())[:200]
            raise ModelFileError(f"onnxruntime {self.version} can't load {path}: {summary}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelFileError(
                f"{path} has {len(inputs)} inputs and {len(outputs)} outputs: a classifier has one of each"
            )
        self.input_tensor = _tensor_spec(path, inputs[0])
        self.output_tensor = _tensor_spec(path, outputs[0])

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once (see `edge.runtimes.protocol.Runtime`)."""
        outputs = self._session.run([self.output_tensor.name], {self.input_tensor.name: input_tensor})
        return np.asarray(outputs[0])


def load(path: Path, network: bytes, *, threads: int) -> OnnxRuntime:
    """Load an ONNX network; arguments and errors as in `OnnxRuntime`."""
    return OnnxRuntime(path, network, threads=threads)


def _tensor_spec(path: Path, node: Any) -> TensorSpec:
    if node.type not in _DTYPES:
        raise ModelFileError(f"tensor {node.name!r} of {path} is a {node.type}: expected {' or '.join(_DTYPES)}")
    # A size that is a name ("batch") is free; the runner feeds one image at a time.
    shape = tuple(size if isinstance(size, int) else 1 for size in node.shape)
    # A uint8 ONNX input is pixels by this project's contract; ONNX Runtime doesn't tell a graph's scales.
    scale = float(np.float32(PIXEL_SCALE)) if node.type == "tensor(uint8)" else 0.0
    return TensorSpec(name=node.name, dtype=_DTYPES[node.type], shape=shape, scale=scale)
