"""EfficientNet-Lite0 in the five forms in which other people have such a model, made by bare calls of their libraries.

None is made by `export/`, so none has a spec inside. All know the 1000 classes of ImageNet and take RGB of 224x224:

| form | input | output |
|---|---|---|
| tflite_float | float32, NHWC, (pixel - 127) / 128 | float32 probabilities |
| tflite_uint8 | uint8, NHWC, scale 1/128, zero point 127: the pixels | uint8 probabilities, steps of 1/256 |
| tflite_int8 | int8, NHWC, scale 1/128, zero point -1: pixels less 128 | int8 logits |
| onnx_float | float32, NCHW, any batch, (pixel - 127) / 128 | float32 logits |
| onnx_int8 | the same, quantized inside (QDQ, signed); saturates on x86-64 without VNNI | float32 logits |

Tests ask for the fixture `lite0_forms`. `python -m tests.models.lite0_forms FOLDER` makes the files, too; it needs the
extras `export` and `transfer` and the photographs beside the checkout.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
PHOTOGRAPHS = ROOT.parent / "shared" / "photos"
FORMS = {
    "tflite_float": "lite0_float.tflite",
    "tflite_uint8": "lite0_uint8.tflite",
    "tflite_int8": "lite0_int8.tflite",
    "onnx_float": "lite0_float.onnx",
    "onnx_int8": "lite0_int8.onnx",
}
SIZE = 224
CLASSES = 1000
CALIBRATION_PHOTOGRAPHS = 40


def photographs(count: int = 200, *, part: str = "validation") -> list[Path]:
    """Return the same photographs every time, from the ten folders in turn; none where `shared/photos` is absent."""
    folders = [sorted(folder.glob("*.jpg")) for folder in sorted(PHOTOGRAPHS.glob(f"{part}/*"))]
    turns = (path for turn in itertools.zip_longest(*folders) for path in turn if path is not None)
    return list(itertools.islice(turns, count))


def pixels(path: Path) -> NDArray[np.uint8]:
    """Read a photograph as uint8 RGB, shape (224, 224, 3): the whole of it, stretched."""
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(cv2.cvtColor(cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))


def scaled(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what the float forms take, float32 (1, 224, 224, 3), -127/128 to 1."""
    return ((image.astype(np.float32) - 127) / 128)[np.newaxis]


def build(folder: Path) -> dict[str, Path]:
    """Make the forms that the folder doesn't hold yet, in a process of their own: name of the form -> file.

    TensorFlow's memory, warnings and pages of notices end with that process. Other processes wait for it.
    """
    paths = {form: folder / name for form, name in FORMS.items()}
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(path.is_file() for path in paths.values()):
            command = [sys.executable, "-m", "tests.models.lite0_forms", str(folder)]
            environment = os.environ | {"KERAS_BACKEND": "tensorflow"}
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return paths


def _make(folder: Path) -> None:
    from train.network.efficientnet_lite import efficientnet_lite0

    logits, probabilities = efficientnet_lite0(activation="linear"), efficientnet_lite0()
    _write(folder / FORMS["tflite_float"], _tflite(probabilities))
    _write(folder / FORMS["tflite_uint8"], _tflite(probabilities, "uint8"))
    _write(folder / FORMS["tflite_int8"], _tflite(logits, "int8"))
    _write_onnx(logits, folder / FORMS["onnx_float"])
    _quantize_onnx(folder / FORMS["onnx_float"], folder / FORMS["onnx_int8"])


def _write(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent."""
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _calibration() -> Iterator[NDArray[np.float32]]:
    """Yield photographs, and one that is black and white so that the input's range is that of all pixels."""
    yield scaled(np.repeat(np.uint8([0, 255]), SIZE * SIZE * 3 // 2).reshape(SIZE, SIZE, 3))
    for path in photographs(CALIBRATION_PHOTOGRAPHS, part="train"):
        yield scaled(pixels(path))


def _tflite(network: Any, kind: str = "") -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if kind:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image] for image in _calibration())
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(kind)
    content: bytes = converter.convert()
    return content


def _write_onnx(network: Any, path: Path) -> None:
    import tensorflow as tf
    import tf2onnx

    function = tf.function(lambda image: network(image, training=False))
    signature = [tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32, name="image")]
    proto, _ = tf2onnx.convert.from_function(function, signature, opset=17, inputs_as_nchw=["image:0"])
    _write(path, proto.SerializeToString())


def _quantize_onnx(source: Path, path: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Photographs(CalibrationDataReader):
        def __init__(self) -> None:
            self.images = _calibration()

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            image = next(self.images, None)
            return None if image is None else {"image": image.transpose(0, 3, 1, 2)}

    prepared, unfinished = path.with_suffix(".prepared"), path.with_suffix(".part")
    quant_pre_process(str(source), str(prepared))
    quantize_static(
        str(prepared), str(unfinished), Photographs(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip
    prepared.unlink()
    unfinished.replace(path)


if __name__ == "__main__":
    _make(Path(sys.argv[1]))
