import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from edge.artifact.file import read_artifact
from edge.artifact.metadata_sources import collect_metadata
from edge.artifact.spec import ModelSpec
from edge.errors import ExportError
from edge.runtimes.protocol import LAST_TFLITE_RUNTIME, is_newer
from export.tflite import TfliteFormat, _check_age, _check_integer_only

SPEC = ModelSpec(labels=("Größe 38", "shoe"))
FIXTURES = Path(__file__).parents[1] / "fixtures"


def test_operators_are_named_with_their_versions_in_order() -> None:
    operators = TfliteFormat().operators((FIXTURES / "tiny_int8.tflite").read_bytes())

    names = [operator.split(" v")[0] for operator in operators]
    assert names == ["QUANTIZE", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "QUANTIZE"]
    assert all(operator.split(" v")[1].isdecimal() for operator in operators)


def test_a_file_that_computes_in_floats_is_no_int8_file() -> None:
    _check_integer_only((FIXTURES / "tiny_int8.tflite").read_bytes())
    with pytest.raises(ExportError, match="floating point"):
        _check_integer_only((FIXTURES / "tiny_none.tflite").read_bytes())


def test_int8_without_calibration_images_is_refused() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.layers.Input(batch_shape=(1, 4, 4, 1)), keras.layers.Flatten()])
    with pytest.raises(ExportError, match="int8 needs calibration images"):
        TfliteFormat().convert(model, "int8", None)


def test_for_tflite_runtime_dense_layers_are_of_a_version_that_it_reads() -> None:
    keras = pytest.importorskip("keras")
    layers = [keras.layers.Input(batch_shape=(1, 8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(64)]
    model, tflite = keras.Sequential(layers), TfliteFormat()

    today = tflite.needs(tflite.convert(model, "dynamic", None))
    older = tflite.needs(tflite.convert(model, "dynamic", None, reader="tflite-runtime"))

    assert (today["operators"]["FULLY_CONNECTED"], today["tensorflow_lite"]) == (12, "2.17.0")
    assert older["operators"]["FULLY_CONNECTED"] < 12
    assert not is_newer(older["tensorflow_lite"], LAST_TFLITE_RUNTIME)


def test_what_tflite_runtime_can_not_read_is_no_file_for_it() -> None:
    _check_age({"operators": {"ADD": 4}, "tensorflow_lite": "2.14.0"})
    with pytest.raises(ExportError, match=r"2\.17\.0, .*tflite-runtime is 2\.14\.0"):
        _check_age({"tensorflow_lite": "2.17.0"})


def test_a_zip_tool_finds_spec_and_labels_behind_the_flatbuffer() -> None:
    flatbuffer = read_artifact(FIXTURES / "tiny_int8.tflite").network

    content = TfliteFormat().embed(flatbuffer, SPEC)

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert [(member.filename, member.compress_type) for member in archive.infolist()] == [
            ("model_spec.json", zipfile.ZIP_STORED),  # MediaPipe refuses a file with anything deflated
            ("labels.txt", zipfile.ZIP_STORED),
        ]
        embedded = ModelSpec.from_json(archive.read("model_spec.json").decode())
        network = content[: archive.infolist()[0].header_offset]
        assert embedded == replace(SPEC, network_sha256=hashlib.sha256(network).hexdigest())
        assert archive.read("labels.txt").decode() == "Größe 38\nshoe\n"
    assert network.endswith(flatbuffer)
    about = collect_metadata(Path("none.tflite"), content, kind="tflite")
    assert (about.labels, about.colour_order, about.std) == (SPEC.labels, "GREY", (255.0,))


def test_the_same_model_gives_the_same_bytes() -> None:
    flatbuffer = read_artifact(FIXTURES / "tiny_int8.tflite").network
    assert TfliteFormat().embed(flatbuffer, SPEC) == TfliteFormat().embed(flatbuffer, SPEC)
