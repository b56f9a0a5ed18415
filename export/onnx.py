"""`python -m export.onnx`: Keras model -> ONNX file, by tf2onnx and ONNX Runtime's quantizer, with the spec inside."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.embed import embed_in_onnx, onnx_entry
from edge.artifact.input_spec import InputSpec
from edge.artifact.pixels import to_real
from edge.artifact.spec import ModelSpec
from edge.cli import console
from edge.errors import ExportError
from edge.runtimes.onnxruntime import disable_telemetry
from edge.runtimes.protocol import SATURATES
from edge.system.process import log_native_stderr
from export import command, metadata
from export.calibration import Calibration

if TYPE_CHECKING:
    import onnx

_OPSET = 17  # the newest one tested with both onnxruntime's quantizer and tf2onnx 1.17
_INPUT = "image"
_MOVES_PIXELS_ONLY = ("Reshape", "Transpose", "Squeeze", "Unsqueeze")  # they take uint8 as well as float
_EXAMPLES = """examples:
  python -m export.onnx --quantize int8                   the newest run, or the pretrained model
  python -m export.onnx runs/mine --quantize none

any Keras model, compared on a folder of images for each class:
  python -m export.onnx mine.keras --labels labels.txt --data photos/ --pixels signed
  python -m export.onnx saved_model/ --labels labels.txt --calibration images/ --pixels 0-1 --resize stretch

then: edge-classify --model artifacts/NAME_int8.onnx
"""


class OnnxFormat:
    """ONNX, as a `export.command.Format`."""

    name = "onnx"
    suffix = ".onnx"
    runtime = "onnxruntime"
    readers: Sequence[str] = ("onnxruntime",)

    def convert(
        self,
        model: Any,
        mode: str,
        calibration: Calibration | None,
        *,
        spec: ModelSpec | None = None,
        reader: str = "",  # noqa: ARG002  # there is no other
    ) -> bytes:
        """Convert a Keras model; the same network and images give the same bytes."""
        from export import onnx_graph

        with log_native_stderr():
            proto = float_model(model)
        if mode == "int8":
            if calibration is None:
                raise ExportError("int8 needs calibration images")
            proto = take_pixels(quantize(proto, calibration), calibration.input)
        spec = spec or ModelSpec(output="logits")
        pixels = onnx_graph.describe_input(spec.input)
        proto = onnx_graph.tidy(proto, name=str(model.name), output=spec.output, pixels=pixels)
        content: bytes = proto.SerializeToString(deterministic=True)
        return content

    def embed(self, content: bytes, spec: ModelSpec) -> bytes:
        """Set the spec and what other tools read as `metadata_props`; the digest is of the model without them."""
        import onnx

        proto = onnx.load_model_from_string(content)
        del proto.metadata_props[:]
        network: bytes = proto.SerializeToString(deterministic=True)
        props = metadata.onnx_props(metadata.of_stored(spec))
        return embed_in_onnx(network, spec, (onnx_entry(name, text) for name, text in props.items()))

    def operators(self, content: bytes) -> list[str]:
        """Return each node's operator, in the order of execution."""
        import onnx

        return [node.op_type for node in onnx.load_model_from_string(content).graph.node]

    def needs(self, content: bytes) -> dict[str, Any]:
        """Return the versions of operator sets and file format, and for int8 weights their largest pair."""
        import onnx

        from export import saturation

        model = onnx.load_model_from_string(content)
        needs = {"opset": {entry.domain or "ai.onnx": entry.version for entry in model.opset_import},
                 "ir_version": model.ir_version}  # fmt: skip
        pair = saturation.largest_pair(model)
        limits = {"largest_weight_pair": pair, SATURATES: pair > saturation.LARGEST_PAIR} if pair else {}
        return needs | limits


def float_model(model: Any) -> onnx.ModelProto:
    """Convert a Keras model with a batch of one; by `from_function`, as `from_keras` of tf2onnx fails on Keras 3.

    The graph is frozen first: tf2onnx takes constants that no variable holds, as those of a Normalization layer, for
    inputs.
    """
    import tensorflow as tf
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = [tf.TensorSpec(model.input_shape, tf.float32, name=_INPUT)]
    answer = tf.function(lambda image: model(image, training=False), input_signature=signature)
    frozen = convert_variables_to_constants_v2(answer.get_concrete_function())
    function = tf.function(lambda image: frozen(image)[0], input_signature=signature)
    logging.getLogger("tf2onnx").setLevel(logging.WARNING)
    proto, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=_OPSET)
    return proto


def quantize(
    proto: onnx.ModelProto, calibration: Calibration, *, is_limited: bool = True, **settings: Any
) -> onnx.ModelProto:
    """Quantize a float model: QDQ, int8 weights per channel, uint8 activations, calibrated ranges.

    Args:
        proto: with one input called image.
        calibration: images for the ranges of activations.
        is_limited: true for weights so small that no kernel saturates (see `export.saturation`).
        settings: overrides of the arguments of `onnxruntime.quantization.quantize_static`.
    """
    disable_telemetry()
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    from export import saturation

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
        def __init__(self) -> None:
            self._inputs = ({_INPUT: to_real(image, calibration.input)[None]} for image in calibration.images)

        def get_next(self) -> dict[str, Any] | None:
            return next(self._inputs, None)

    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, quantized = (str(Path(folder) / name) for name in ("plain.onnx", "ready.onnx", "int8.onnx"))
        onnx.save(proto, plain)
        quant_pre_process(plain, prepared)
        limited = onnx.load(prepared)
        scales = saturation.limit_pairs(limited) if is_limited else {}
        onnx.save(limited, prepared)
        quantize_static(
            prepared, quantized, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, extra_options={"TensorQuantOverrides": scales},
            **{"weight_type": QuantType.QInt8} | settings,
        )  # fmt: skip
        return onnx.load(quantized)


def take_pixels(proto: onnx.ModelProto, spec: InputSpec) -> onnx.ModelProto:
    """Make the graph's input the uint8 pixels.

    The first QuantizeLinear is removed. Where the quantizer has no integer kernel for what comes first, such as the
    subtraction of a mean, the pixels are turned into its numbers instead.

    Args:
        proto: QDQ graph with one float32 input called image.
        spec: pixels of the input.
    """
    import onnx

    graph = proto.graph
    first = _first_quantize(graph)
    if first is None:
        _dequantize_input(graph, spec)
    else:
        for node in graph.node:
            node.input[:] = [first.input[0] if name == first.output[0] else name for name in node.input]
        graph.node.remove(first)
    graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    del graph.value_info[:]  # it holds the old types
    return proto


def _first_quantize(graph: onnx.GraphProto) -> onnx.NodeProto | None:
    """Follow the input through nodes that only move pixels to the QuantizeLinear behind them; None for another node."""
    name = _INPUT
    while True:
        readers = [node for node in graph.node if name in node.input]
        if len(readers) == 1 and readers[0].op_type == "QuantizeLinear":
            return readers[0]
        if len(readers) != 1 or readers[0].op_type not in _MOVES_PIXELS_ONLY:
            return None
        name = readers[0].output[0]


def _dequantize_input(graph: onnx.GraphProto, spec: InputSpec) -> None:
    """Put a DequantizeLinear behind the input, on a grid from black to white that holds zero."""
    from onnx import helper, numpy_helper

    ends = to_real(np.array([0, 255], np.uint8)[:, None, None, None].repeat(spec.channels, 3), spec)
    least, most = min(0.0, float(ends.min())), max(0.0, float(ends.max()))
    scale = np.float32((most - least) / 255)
    grid = {"pixel_scale": scale, "pixel_zero_point": np.uint8(round(-least / float(scale)))}
    for node in graph.node:
        node.input[:] = ["pixels_as_numbers" if name == _INPUT else name for name in node.input]
    graph.initializer.extend(numpy_helper.from_array(np.array(value), name) for name, value in grid.items())
    graph.node.insert(0, helper.make_node("DequantizeLinear", [_INPUT, *grid], ["pixels_as_numbers"]))


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Export one model as an ONNX file."""
    return command.main(OnnxFormat(), argv, epilog=_EXAMPLES)


if __name__ == "__main__":
    console.run(main)
