"""The five forms are what they claim, and know what the network knows: tried by the bare runtimes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
litert = pytest.importorskip("ai_edge_litert.interpreter")
onnxruntime = pytest.importorskip("onnxruntime")

from tests.models.lite0_forms import CLASSES, FORMS, SIZE, photographs, pixels, scaled
from train.network.efficientnet_lite import efficientnet_lite0

pytestmark = pytest.mark.e2e

PHOTOGRAPHS = 100
JERSEY, JEAN = 610, 608
"""ImageNet's classes that T-shirts and trousers come nearest to."""

Runner = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def images(lite0_forms: dict[str, Path]) -> list[np.ndarray]:
    return [pixels(path) for path in photographs(PHOTOGRAPHS)]


@pytest.fixture(scope="module")
def logits(images: list[np.ndarray]) -> np.ndarray:
    """The network's own answers, float32, shape (photographs, 1000)."""
    network = efficientnet_lite0(activation="linear")
    return network.predict(np.concatenate([scaled(image) for image in images]), batch_size=20, verbose=0)


def tflite(path: Path, prepare: Runner) -> Runner:
    interpreter = litert.Interpreter(str(path), num_threads=2)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(image: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(source["index"], prepare(image))
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])[0].copy()

    return run


def onnx(path: Path) -> Runner:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")  # no kernels that saturate
    session = onnxruntime.InferenceSession(str(path), options)
    return lambda image: session.run(None, {"image": scaled(image).transpose(0, 3, 1, 2)})[0][0]


def runner(form: str, path: Path) -> Runner:
    prepare = {
        "tflite_float": scaled,
        "tflite_uint8": lambda image: image[np.newaxis],
        "tflite_int8": lambda image: (image[np.newaxis].astype(np.int16) - 128).astype(np.int8),
    }
    return tflite(path, prepare[form]) if form in prepare else onnx(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_answers_as_the_network_does(
    lite0_forms: dict[str, Path], images: list[np.ndarray], logits: np.ndarray, form: str
) -> None:
    run = runner(form, lite0_forms[form])

    outputs = np.stack([run(image) for image in images])

    assert outputs.shape == (PHOTOGRAPHS, CLASSES)
    agrees = outputs.argmax(1) == logits.argmax(1)
    first, second = -np.partition(-logits, 1, axis=1)[:, :2].T
    if form.endswith("float"):
        assert agrees.all()
        expected = logits if form.startswith("onnx") else np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)
    else:
        assert agrees.mean() >= 0.8  # many of these answers are close, for most garments are no class of ImageNet's
        assert agrees[first - second > 1].mean() >= 0.98


@pytest.mark.parametrize(
    ("form", "dtype", "scale", "zero_point"),
    [("tflite_uint8", np.uint8, 1 / 128, 127), ("tflite_int8", np.int8, 1 / 128, -1)],
)
def test_quantized_inputs_mean_minus_one_to_one(
    lite0_forms: dict[str, Path], form: str, dtype: type, scale: float, zero_point: int
) -> None:
    interpreter = litert.Interpreter(str(lite0_forms[form]))
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()

    assert source["quantization"] == (scale, zero_point)
    assert (source["dtype"], result["dtype"]) == (dtype, dtype)
    assert source["shape"].tolist() == [1, SIZE, SIZE, 3]


def test_the_onnx_forms_take_channels_first_and_any_batch(lite0_forms: dict[str, Path]) -> None:
    for form in ("onnx_float", "onnx_int8"):
        (source,) = onnxruntime.InferenceSession(str(lite0_forms[form])).get_inputs()
        assert isinstance(source.shape[0], str)
        assert (source.type, source.shape[1:]) == ("tensor(float)", [3, SIZE, SIZE])


def test_the_network_names_real_clothes(images: list[np.ndarray], logits: np.ndarray) -> None:
    """It was never trained on these photographs: ten of each folder."""
    folders = np.array([path.parent.name for path in photographs(PHOTOGRAPHS)])
    answers = logits.argmax(1)

    assert (answers[folders == "t-shirt"] == JERSEY).sum() >= 7
    assert (answers[folders == "pants"] == JEAN).sum() >= 4
    assert not np.isin(answers[np.isin(folders, ["hat", "shoes", "dress"])], [JERSEY, JEAN]).any()
