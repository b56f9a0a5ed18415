"""`python -m export.tflite`: Keras model -> TFLite file, by TensorFlow's converter, with the spec inside."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.embed import embed_in_tflite
from edge.artifact.formats import tflite_summary
from edge.artifact.pixels import to_real
from edge.artifact.spec import ModelSpec
from edge.cli import console
from edge.errors import ExportError
from edge.runtimes import protocol
from edge.system.process import log_native_stderr
from export import command, metadata
from export.calibration import Calibration

_EXAMPLES = """examples:
  python -m export.tflite --quantize int8                 the newest run, or the pretrained model
  python -m export.tflite runs/mine --quantize float16
  python -m export.tflite --quantize int8 --max-loss 0.2  stricter: exit code 3 and no file if it loses more
  python -m export.tflite --quantize dynamic --for tflite-runtime   for an older board, without LiteRT

any Keras model, compared on a folder of images for each class:
  python -m export.tflite mine.keras --labels labels.txt --data photos/ --pixels signed
  python -m export.tflite keras_model.h5 --labels labels.txt --data photos/ --pixels signed   Teachable Machine's
  python -m export.tflite saved_model/ --labels labels.txt --calibration images/ --pixels 0-1 --resize stretch
  python -m export.tflite mine.keras --labels labels.txt --data photos/ --import my_layers --softmax

a file that was taught on a device, for other programs:
  python -m export.tflite mine.tflite --softmax           TFLite metadata, probabilities, nothing of the images

then: edge-classify --model artifacts/NAME_int8.tflite
"""


class TfliteFormat:
    """TFLite, as a `export.command.Format`."""

    name = "tflite"
    suffix = ".tflite"
    runtime = "litert"
    readers: Sequence[str] = ("litert", "tflite-runtime")

    def convert(
        self,
        model: Any,
        mode: str,
        calibration: Calibration | None,
        *,
        spec: ModelSpec | None = None,  # noqa: ARG002  # the converter names its tensors itself
        reader: str = "litert",
    ) -> bytes:
        """Convert a Keras model; refuse an int8 file that isn't integer throughout, or one too new for its reader."""
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        if mode != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if mode == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if mode == "int8":
            if calibration is None:
                raise ExportError("int8 needs calibration images")
            converter.representative_dataset = lambda: _one_by_one(calibration)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.uint8
        if reader == "tflite-runtime":
            # Dense layers with a scale for each channel are FULLY_CONNECTED version 12, of TensorFlow 2.17.
            converter._experimental_disable_per_channel_quantization_for_dense_layers = True
        flatbuffer = convert_quietly(converter)
        if mode == "int8":
            _check_integer_only(flatbuffer)
        if reader == "tflite-runtime":
            _check_age(self.needs(flatbuffer))
        return flatbuffer

    def embed(self, content: bytes, spec: ModelSpec) -> bytes:
        """Insert TFLite metadata, and append a ZIP with `model_spec.json` and `labels.txt` as it asks for."""
        about = metadata.of_spec(spec)
        if metadata.is_told_by_tflite(about):
            content = metadata.insert_tflite(content, metadata.tflite_metadata(about))
        return embed_in_tflite(content, spec)

    def operators(self, content: bytes) -> list[str]:
        """Return each operator with its version, such as "CONV_2D v3", in the order of execution."""
        model = _parse(content)
        codes = [_code_name(code) for code in model.operatorCodes]
        return [codes[operator.opcodeIndex] for operator in model.subgraphs[0].operators]

    def needs(self, content: bytes) -> dict[str, Any]:
        """Return the newest version of each operator, and the oldest TensorFlow Lite that reads them."""
        return tflite_summary.summarise(content).needs


def convert_quietly(converter: Any) -> bytes:
    """Return the flatbuffer of TensorFlow's converter, which prints to stdout, the place of results."""
    with log_native_stderr(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # It expects explicit ranges for a uint8 input; those of the calibration images are checked later.
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs were expected")
        flatbuffer: bytes = converter.convert()
    return flatbuffer


def _check_age(needs: dict[str, Any]) -> None:
    least = needs.get("tensorflow_lite", "")
    if protocol.is_newer(least, protocol.LAST_TFLITE_RUNTIME):
        raise ExportError(
            f"the file needs TensorFlow Lite {least}, the last tflite-runtime is {protocol.LAST_TFLITE_RUNTIME}: try "
            "--quantize int8, or run it with LiteRT (without --for)"
        )


def _one_by_one(calibration: Calibration) -> Iterator[list[NDArray[np.float32]]]:
    for image in calibration.images:
        yield [to_real(image, calibration.input)[np.newaxis]]


def _parse(flatbuffer: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(flatbuffer, 0))


def _code_name(code: Any) -> str:
    from ai_edge_litert import schema_py_generated as schema

    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    # Codes above 126 stand in a second field; the older one is then 127.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return f"{names.get(number, number)} v{code.version}"


def _check_integer_only(flatbuffer: bytes) -> None:
    from ai_edge_litert import schema_py_generated as schema

    integers = {schema.TensorType.UINT8, schema.TensorType.INT8, schema.TensorType.INT32}
    tensors = _parse(flatbuffer).subgraphs[0].tensors
    floats = [tensor.name.decode() for tensor in tensors if tensor.type not in integers]
    if floats:
        raise ExportError(f"the int8 file still computes in floating point, at {', '.join(floats[:3])}")


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Export one model as a TFLite file."""
    return command.main(TfliteFormat(), argv, epilog=_EXAMPLES)


if __name__ == "__main__":
    console.run(main)
