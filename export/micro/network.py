"""Facts about a network that TensorFlow Lite Micro must run, and the refusal of one that it can't."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.artifact.file import Artifact, read_artifact
from edge.artifact.formats.flatbuffer import Flatbuffer
from edge.artifact.formats.tflite import LAYOUTS
from edge.artifact.formats.tflite_summary import summarise
from edge.errors import ExportError
from edge.verify.gate import check_network

_KERNELS = """
    ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO CAST CEIL
    CONCATENATION CONV_2D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FILL
    FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION
    L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM
    MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU
    RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH
    TRANSPOSE TRANSPOSE_CONV UNPACK ZEROS_LIKE
"""
KERNELS = tuple(_KERNELS.split())
"""Operators that TensorFlow Lite Micro has kernels for, of those that an image classifier may hold."""
_METHODS = {"BATCH_MATMUL": "AddBatchMatMul", "CUMSUM": "AddCumSum", "PADV2": "AddPadV2"}  # spelled out of the rule
_INTEGERS = ("uint8", "int8")
_INT8 = "`python -m export.tflite --quantize int8` makes the file of a training or of a Keras file"


@dataclass(frozen=True, slots=True)
class MicroNetwork:
    """A network for TensorFlow Lite Micro."""

    content: bytes
    """Flatbuffer, without what is appended to the file."""
    operators: tuple[str, ...]
    """Its operators, each once, in alphabetical order."""
    weights_bytes: int
    """Bytes of all constants: weights, biases and shapes."""

    @property
    def resolver_methods(self) -> tuple[str, ...]:
        """Methods of MicroMutableOpResolver that add its operators, such as AddConv2D."""
        return tuple(_METHODS.get(name) or _method(name) for name in self.operators)


def read_network(path: Path) -> tuple[Artifact, MicroNetwork]:
    """Read a model file and refuse one that TensorFlow Lite Micro can't run; no native code sees it.

    Raises:
        ExportError: no TFLite file, was taught, computes in floating point, or holds an operator without a kernel.
        ModelFileError: missing, damaged, or no model.
        SpecError: its specification is malformed.
    """
    artifact = read_artifact(path)
    if artifact.format != "tflite":
        raise ExportError(f"{path} is an ONNX file, TensorFlow Lite Micro reads TFLite: {_INT8}")
    if artifact.spec is not None and artifact.spec.provenance.taught:
        raise ExportError(
            f"{path} was taught, and its last layer computes in floating point: train a network for a microcontroller "
            f"on the same folder (python -m train --data DIR --preset micro); {_INT8}"
        )
    check_network(artifact)
    summary = summarise(artifact.network)
    if summary.quantization != "int8":
        kind = {"none": "float32", "dynamic": "floating point with int8 weights"}.get(summary.quantization, "float16")
        raise ExportError(f"{path} computes in {kind}, a microcontroller needs int8: {_INT8}")
    for end, tensors in (("takes", summary.inputs), ("puts out", summary.outputs)):
        for tensor in tensors:
            if tensor.dtype not in _INTEGERS:
                raise ExportError(f"{path} {end} {tensor.dtype}, expected uint8 or int8: {_INT8}")
    operators = tuple(sorted(set(summary.operators)))
    if missing := [name for name in operators if name not in KERNELS]:
        raise ExportError(
            f"{path} needs {', '.join(missing)}, which TensorFlow Lite Micro has no kernel for: build that layer from "
            "others"
        )
    return artifact, MicroNetwork(artifact.network, operators, _constant_bytes(artifact.network))


def _method(operator: str) -> str:
    """Return the resolver's method by the rule of its names: CONV_2D -> AddConv2D."""
    parts = operator.split("_")
    return "Add" + "".join(part if part[0].isdigit() else part.capitalize() for part in parts)


def _constant_bytes(network: bytes) -> int:
    model = Flatbuffer(network, LAYOUTS).root("Model")
    buffers = model.get("buffers", [])
    used = {tensor.get("buffer", 0) for tensor in model["subgraphs"][0].get("tensors", [])}
    return int(sum(np.size(buffers[index].get("data", ())) for index in used))
