"""A colour classifier of other people's making, in five forms, against bare scripts on the same runtimes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.input_spec import ModelOptions
from edge.artifact.pixels import InputTensor
from edge.classify.classifier import Classifier
from edge.errors import ModelFileError, SpecError
from edge.images.decode import decode_image
from tests.models.lite0_forms import CLASSES, FORMS, SIZE, photographs, pixels, scaled

pytestmark = pytest.mark.e2e

PHOTOGRAPHS = 200
NAMES = tuple(f"class {number}" for number in range(CLASSES))
RANGE = ((127.0,), (128.0,))
CROP = 0.875


def options(form: str) -> ModelOptions:
    """Return what such a file doesn't say itself."""
    return ModelOptions(labels=NAMES, pixels=None if form in ("tflite_uint8", "tflite_int8") else RANGE)


def bare(form: str, path: Path) -> Callable[[NDArray[np.uint8]], NDArray[np.generic]]:
    """Return a script of a few lines that runs the file on RGB pixels."""
    if form.startswith("onnx"):
        onnxruntime = pytest.importorskip("onnxruntime")
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.add_session_config_entry("session.x64quantprecision", "1")  # else it saturates without VNNI
        session = onnxruntime.InferenceSession(str(path), settings)
        return lambda image: session.run(None, {"image": scaled(image).transpose(0, 3, 1, 2)})[0]
    interpreter = pytest.importorskip("ai_edge_litert.interpreter").Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    as_stored = {
        "tflite_float": scaled,
        "tflite_uint8": lambda image: image[np.newaxis],
        "tflite_int8": lambda image: (image[np.newaxis].astype(np.int16) - 128).astype(np.int8),
    }[form]

    def run(image: NDArray[np.uint8]) -> NDArray[np.generic]:
        interpreter.set_tensor(source["index"], as_stored(image))
        interpreter.invoke()
        return np.array(interpreter.get_tensor(result["index"]))

    return run


def middle(path: Path) -> NDArray[np.uint8]:
    """Decode, crop and resize as a bare script does, by OpenCV's usual call; uint8 RGB."""
    picture = cv2.imread(str(path))
    assert picture is not None
    edge = round(min(picture.shape[:2]) * CROP)
    top, left = (picture.shape[0] - edge) // 2, (picture.shape[1] - edge) // 2
    view = picture[top : top + edge, left : left + edge]
    return np.asarray(cv2.cvtColor(cv2.resize(view, (SIZE, SIZE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize("form", FORMS)
def test_outputs_equal_a_bare_script_s_on_the_same_pixels(lite0_forms: dict[str, Path], form: str) -> None:
    model = Classifier.load(lite0_forms[form], options=options(form)).model
    script = bare(form, lite0_forms[form])
    tensor = InputTensor(model.spec.input, model.runtime.input_tensor)
    for path in photographs(20):
        image = pixels(path)
        ours = model.runtime.invoke(tensor.fill(np.ascontiguousarray(image[..., ::-1])))
        np.testing.assert_array_equal(ours, script(image))


@pytest.mark.parametrize("form", FORMS)
def test_the_same_class_from_file_to_answer(lite0_forms: dict[str, Path], form: str) -> None:
    classifier = Classifier.load(lite0_forms[form], options=options(form))
    assert (classifier.spec.input.resize, classifier.spec.input.crop) == ("crop", CROP)
    assert classifier.spec.output == ("probabilities" if form in ("tflite_float", "tflite_uint8") else "logits")
    script = bare(form, lite0_forms[form])
    same = 0
    for path in photographs(PHOTOGRAPHS):
        answer = classifier.classify(decode_image(path.read_bytes())).top_k[0][0]
        scores = script(middle(path))[0]
        same += answer in [NAMES[index] for index in np.flatnonzero(scores == scores.max())]  # integers tie
    assert same >= 0.99 * PHOTOGRAPHS


def test_what_the_file_does_not_say_is_asked_for(lite0_forms: dict[str, Path]) -> None:
    with pytest.raises(ModelFileError, match="--pixels"):
        Classifier.load(lite0_forms["onnx_float"], options=ModelOptions(labels=NAMES))
    with pytest.raises(ModelFileError, match="1000 class names with --labels"):
        Classifier.load(lite0_forms["tflite_uint8"])
    with pytest.raises(SpecError, match="1000 outputs.* 3 labels"):
        Classifier.load(lite0_forms["tflite_uint8"], options=ModelOptions(labels=("a", "b", "c")))
