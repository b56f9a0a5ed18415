from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from edge.errors import ExportError
from export.tflite import TfliteFormat, _check_integer_only

FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_operators_are_named_with_their_versions_in_order() -> None:
    operators = TfliteFormat().operators((FIXTURES / "tiny_int8.tflite").read_bytes())

    names = [operator.split(" v")[0] for operator in operators]
    assert names == ["QUANTIZE", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX", "QUANTIZE"]
    assert all(operator.split(" v")[1].isdecimal() for operator in operators)


def test_a_file_that_computes_in_floats_is_no_int8_file() -> None:
    _check_integer_only((FIXTURES / "tiny_int8.tflite").read_bytes())
    with pytest.raises(ExportError, match="still computes in floating point"):
        _check_integer_only((FIXTURES / "tiny_none.tflite").read_bytes())


def test_int8_without_calibration_images_is_refused() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input(batch_shape=(1, 4, 4, 1)), keras.layers.Flatten()])
    with pytest.raises(ExportError, match="int8 needs calibration images"):
        TfliteFormat().convert(model, "int8", None)
