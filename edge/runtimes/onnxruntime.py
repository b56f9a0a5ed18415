"""Adapter of ONNX Runtime: the only file of `edge` that imports it."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.formats.onnx_input import input_quantization
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError, RuntimeMissingError
from edge.runtimes.protocol import require_one_of_each

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}
_ERRORS_ONLY, _FATAL_ONLY = 3, 4  # onnxruntime's log severity: 2 would print a warning for every device without a GPU
_PROVIDERS = ["CPUExecutionProvider"]
_EXACT_KERNELS = "session.x64quantprecision"  # "1": kernels that can't saturate, where the usual ones would
# A model of one MatMulInteger: uint8 (1, 2) times the int8 weights 127 and 127; its answer to 255, 255 fits no 16 bits.
_PROBE = (
    b'\x08\x04\x12\x00:Y\n\x18\n\x01x\n\x01w\x12\x01y"\rMatMulInteger\x12\x04u8s8*\r\x08\x02\x08\x01\x10\x03B\x01wJ\x02\x7f\x7f'
    b"Z\x13\n\x01x\x12\x0e\n\x0c\x08\x02\x12\x08\n\x02\x08\x01\n\x02\x08\x02"
    b"b\x13\n\x01y\x12\x0e\n\x0c\x08\x06\x12\x08\n\x02\x08\x01\n\x02\x08\x01B\x04\n\x00\x10\n"
)
_PROBE_ANSWER = 2 * 127 * 255
_LOGGER = logging.getLogger(__name__)


def disable_telemetry() -> None:
    """Disable ONNX Runtime's telemetry, unless the user has set its variable; must run before its import.

    Since 1.29 its Linux wheels report every session to their maker and write an identity of the machine into ~/.cache.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def int8_saturates() -> bool:
    """Return whether the int8 kernels cut off sums on this processor, as they do on x86 without VNNI.

    Raises:
        RuntimeMissingError: onnxruntime isn't installed.
    """
    onnxruntime = _import()
    session = onnxruntime.InferenceSession(_PROBE, _options(onnxruntime, 1), providers=_PROVIDERS)
    answer = session.run(None, {"x": np.full((1, 2), 255, np.uint8)})[0]
    return int(answer[0, 0]) != _PROBE_ANSWER


class OnnxRuntime:
    """An ONNX Runtime session with one input and one output (see `edge.runtimes.protocol.Runtime`)."""

    name = "onnxruntime"

    def __init__(
        self, path: Path, network: bytes, *, threads: int, may_saturate: bool = True, fused: bool = True
    ) -> None:
        """Load the network and read its tensors' facts.

        Args:
            path: the file, for error messages.
            network: the model without its metadata.
            threads: number of inference threads.
            may_saturate: True if its int8 weights may be too large for kernels of processors without VNNI, where
                exact ones are requested then.
            fused: False runs each operator of the file by itself, which is slow, exact and the same everywhere.

        Raises:
            ModelFileError: ONNX Runtime refuses the file, or its input or output isn't a classifier's.
            RuntimeMissingError: onnxruntime isn't installed.
        """
        onnxruntime = _import()
        self.version = str(onnxruntime.__version__)
        try:
            if fused:
                self._session = _session(onnxruntime, network, path, threads=threads, may_saturate=may_saturate)
            else:
                options = _options(onnxruntime, threads)
                options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
                self._session = onnxruntime.InferenceSession(network, options, providers=_PROVIDERS)
        except Exception as error:  # its exceptions derive from Exception alone, each from its own class
            summary = " ".join(str(error).split())[:200]
            raise ModelFileError(f"onnxruntime {self.version} can't load {path}: {summary}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            require_one_of_each(path, *([node.shape for node in nodes] for nodes in (inputs, outputs)))
        self.input_tensor = _tensor_spec(path, inputs[0])
        if self.input_tensor.dtype != "float32":
            scale, zero_point = input_quantization(network)  # ONNX Runtime doesn't tell
            self.input_tensor = replace(self.input_tensor, scale=scale, zero_point=zero_point)
        self.output_tensor = _tensor_spec(path, outputs[0])
        self._learn_output_shape()

    def _learn_output_shape(self) -> None:
        """Run the network once where its graph doesn't say how many numbers it puts out."""
        if 0 in self.output_tensor.shape and 0 not in self.input_tensor.shape:
            blank = np.zeros(self.input_tensor.shape, self.input_tensor.dtype)
            self.output_tensor = replace(self.output_tensor, shape=self.invoke(blank).shape)

    def resize_input(self, shape: tuple[int, ...]) -> None:
        """Fix the free axes of the input (see `edge.runtimes.protocol.Runtime`)."""
        if len(shape) != len(self.input_tensor.shape) or any(
            fixed not in (0, size) for fixed, size in zip(self.input_tensor.shape, shape, strict=True)
        ):
            raise ModelFileError(f"the model doesn't take the shape {shape}: expected {self.input_tensor.shape}")
        self.input_tensor = replace(self.input_tensor, shape=shape)
        self._learn_output_shape()

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        """Run the model once (see `edge.runtimes.protocol.Runtime`)."""
        outputs = self._session.run([self.output_tensor.name], {self.input_tensor.name: input_tensor})
        return np.asarray(outputs[0])


def load(path: Path, network: bytes, *, threads: int, may_saturate: bool = True) -> OnnxRuntime:
    """Load an ONNX network; arguments and errors as in `OnnxRuntime`."""
    return OnnxRuntime(path, network, threads=threads, may_saturate=may_saturate)


def _import() -> Any:
    disable_telemetry()
    try:
        import onnxruntime
    except ImportError as error:
        raise RuntimeMissingError(
            f"the runtime onnxruntime isn't usable here ({error}): pip install 'edge-classify[onnx]'"
        ) from error
    return onnxruntime


def _options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Idle worker threads would otherwise spin between frames and take whole cores from the camera.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _session(onnxruntime: Any, network: bytes, path: Path, *, threads: int, may_saturate: bool) -> Any:
    """Open a session, with exact kernels where they are needed; a file whose constants are shared may refuse them."""
    if may_saturate:
        options = _options(onnxruntime, threads)
        options.log_severity_level = _FATAL_ONLY  # a refusal is no error yet
        options.add_session_config_entry(_EXACT_KERNELS, "1")
        with suppress(Exception):  # the next session raises the same error
            return onnxruntime.InferenceSession(network, options, providers=_PROVIDERS)
    session = onnxruntime.InferenceSession(network, _options(onnxruntime, threads), providers=_PROVIDERS)
    if may_saturate and int8_saturates():
        _LOGGER.warning(
            "%s: this processor has no VNNI and the file refuses exact int8 kernels, so its answers may be wrong: "
            "export it again with `python -m export.onnx`, or use a .tflite file",
            path,
        )
    return session


def _tensor_spec(path: Path, node: Any) -> TensorSpec:
    if node.type not in _DTYPES:
        raise ModelFileError(f"tensor {node.name!r} of {path} is a {node.type}: expected {' or '.join(_DTYPES)}")
    # A size that is a name ("batch") is free; the runner feeds one image at a time.
    shape = tuple(size if isinstance(size, int) else int(axis == 0) for axis, size in enumerate(node.shape))
    return TensorSpec(name=node.name, dtype=_DTYPES[node.type], shape=shape)
