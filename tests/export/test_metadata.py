"""Metadata that was written, read back: by our reader, LiteRT's own schema and interpreter, and MediaPipe."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import LABELS_MEMBER, read_artifact
from edge.artifact.formats import onnx_metadata, tflite_metadata
from edge.artifact.formats.tflite import check_network
from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.artifact.metadata import Metadata
from edge.artifact.spec import ModelSpec, Provenance, TensorSpec
from edge.errors import ExportError
from export import metadata

pytest.importorskip("flatbuffers")
schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

COLOURS = Metadata(
    labels=("red", "green", "blue"), mean=(0.0,), std=(255.0,), colour_order="RGB", height=32, width=48,
    task="classify", name="colours", description="Größe", version="1.2", author="us", license="MIT",
)  # fmt: skip


@pytest.fixture
def network(fixtures: Path) -> bytes:
    """Return an int8 network of LiteRT's converter, with metadata of its own."""
    return read_artifact(fixtures / "tiny_int8.tflite").network


def facts(about: Metadata) -> Metadata:
    """Return the claims alone."""
    return replace(about, found_in=(), notes=())


def parsed(network: bytes) -> Any:
    """Return the model as LiteRT's schema reads it."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))


@pytest.mark.parametrize(
    "about",
    [
        COLOURS,
        replace(COLOURS, mean=(123.5, 116.25, 103.0), std=(58.0, 57.5, 57.25)),
        Metadata(labels=("a", "b"), task="classify", colour_order="GREY"),
        Metadata(labels=("a", "b"), task="classify"),
    ],
)
def test_tflite_metadata_is_read_back(network: bytes, about: Metadata) -> None:
    labels = "\n".join(about.labels).encode()
    content = metadata.insert_tflite(network, metadata.tflite_metadata(about))
    assert facts(tflite_metadata.read(content, {LABELS_MEMBER: labels})) == about


def test_a_model_keeps_all_that_it_has(network: bytes) -> None:
    before, after = parsed(network), parsed(metadata.insert_tflite(network, b"M" * 33))
    assert bytes(after.buffers.pop().data) == b"M" * 33
    entry = after.metadata.pop()
    assert (entry.name, entry.buffer) == (b"TFLITE_METADATA", len(before.buffers))
    assert [vars(entry) for entry in after.metadata] == [vars(entry) for entry in before.metadata]
    assert [bytes(buffer.data if buffer.data is not None else b"") for buffer in after.buffers] == [
        bytes(buffer.data if buffer.data is not None else b"") for buffer in before.buffers
    ]
    assert (after.version, after.description, len(after.operatorCodes)) == (
        3,
        before.description,
        len(before.operatorCodes),
    )
    assert [tensor.name for tensor in after.subgraphs[0].tensors] == [
        tensor.name for tensor in before.subgraphs[0].tensors
    ]
    assert len(after.signatureDefs or []) == len(before.signatureDefs or [])


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 500])
def test_constants_stay_where_they_may_be_read(network: bytes, size: int) -> None:
    content = metadata.insert_tflite(network, b"\1" * size)
    assert content.endswith(network)
    assert (len(content) - len(network)) % 64 == 0
    if size:
        assert content.removesuffix(network).rindex(b"\1" * size) % 16 == 0
    assert check_network(content) == check_network(network)


def test_older_metadata_is_replaced(network: bytes) -> None:
    once = metadata.insert_tflite(network, metadata.tflite_metadata(replace(COLOURS, name="old")))
    twice = metadata.insert_tflite(once, metadata.tflite_metadata(COLOURS))
    assert tflite_metadata.read(twice, {}).name == "colours"
    assert len(parsed(twice).metadata) == len(parsed(once).metadata)


def test_a_model_without_any_metadata_gets_some(network: bytes) -> None:
    flatbuffers = pytest.importorskip("flatbuffers")
    model = parsed(network)
    model.metadata, model.description, model.signatureDefs = None, None, None
    builder = flatbuffers.Builder(8192)
    builder.Finish(model.Pack(builder), b"TFL3")
    content = metadata.insert_tflite(bytes(builder.Output()), b"M" * 5)
    after = parsed(content)
    assert ([entry.name for entry in after.metadata], after.description, after.signatureDefs) == (
        [b"TFLITE_METADATA"], None, None,
    )  # fmt: skip
    assert check_network(content) == check_network(network)


def test_the_interpreter_answers_as_before(network: bytes) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    answers = []
    for content in (network, metadata.insert_tflite(network, metadata.tflite_metadata(COLOURS))):
        runner = interpreter.Interpreter(model_content=content)
        runner.allocate_tensors()
        runner.set_tensor(
            runner.get_input_details()[0]["index"], np.arange(28 * 28, dtype=np.uint8).reshape(1, 28, 28, 1)
        )
        runner.invoke()
        answers.append(runner.get_tensor(runner.get_output_details()[0]["index"]))
    assert np.array_equal(*answers)


def test_an_order_without_a_word_is_refused() -> None:
    with pytest.raises(ExportError, match="BGR"):
        metadata.tflite_metadata(replace(COLOURS, colour_order="BGR"))


def test_a_specification_is_told_in_the_words_of_metadata() -> None:
    spec = ModelSpec(labels=("shoe", "shirt"), provenance=Provenance(run_name="mine"))
    about = metadata.of_spec(spec)
    assert (about.labels, about.name, about.colour_order, about.height, about.mean, about.std) == (
        ("shoe", "shirt"), "mine", "GREY", 28, (0.0,), (255.0,),
    )  # fmt: skip


SIGNED = InputSpec(channels=3, recipe=IMAGE_RECIPE, colour_order="BGR", mean=(127.5,), std=(127.5,))


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "pixels"),
    [
        ("float32", 0.0, 0, ((127.5,) * 3, (127.5,) * 3)),
        ("uint8", 2 / 255, 127, ((0.0,), (1.0,))),  # but for the half that no zero point can be
        ("uint8", 2 / 255, 130, (None, None)),
        ("int8", 2 / 255, -1, (None, None)),
    ],
)
def test_integers_that_are_no_pixels_are_not_told(dtype: str, scale: float, zero_point: int, pixels: Any) -> None:
    spec = ModelSpec(
        labels=("a", "b"), input=SIGNED, input_tensor=TensorSpec("x", dtype, (1, 28, 28, 3), scale, zero_point)
    )
    about = metadata.of_stored(spec)
    assert (about.mean, about.std) == pixels
    assert about.colour_order == "BGR"
    assert metadata.of_stored(replace(spec, input_tensor=None)) == metadata.of_spec(spec)


def test_integers_that_are_the_pixels_are_told() -> None:
    tensor = TensorSpec("x", "uint8", (1, 28, 28, 1), 1 / 255, 0)
    about = metadata.of_stored(ModelSpec(labels=("a", "b"), input_tensor=tensor))
    assert (about.mean, about.std) == ((0.0,), (1.0,))
    assert metadata.onnx_props(about)["Image.NominalPixelRange"] == "NominalRange_0_255"


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        ((0.0,), (255.0,), {"Image.NominalPixelRange": "Normalized_0_1"}),
        ((0.0,), (1.0,), {"Image.NominalPixelRange": "NominalRange_0_255"}),
        ((127.5,) * 3, (127.5,) * 3, {"Image.NominalPixelRange": "Normalized_1_1"}),
        ((51.0, 102.0, 0.0), (25.5, 51.0, 255.0), {"mean": "[0.2, 0.4, 0.0]", "std": "[0.1, 0.2, 1.0]"}),
        (None, None, {}),
    ],
)
def test_onnx_metadata_has_the_names_that_others_read(
    mean: tuple[float, ...] | None, std: tuple[float, ...] | None, expected: dict[str, str]
) -> None:
    props = metadata.onnx_props(replace(COLOURS, mean=mean, std=std))
    assert props == {
        "task": "classify", "description": "Größe", "version": "1.2", "author": "us", "license": "MIT",
        "names": "{0: 'red', 1: 'green', 2: 'blue'}", "imgsz": "[32, 48]", "Image.BitmapPixelFormat": "Rgb8",
        "Image.ColorSpaceGamma": "SRGB", **expected,
    }  # fmt: skip
    read = onnx_metadata.of_props(props, "there")
    assert (read.labels, read.height, read.width, read.colour_order, read.notes) == (COLOURS.labels, 32, 48, "RGB", ())
    assert (read.mean, read.std) == (mean and pytest.approx(mean[: len(read.mean or ())]),
                                     std and pytest.approx(std[: len(read.std or ())]))  # fmt: skip


@pytest.mark.e2e
@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")  # the converter says it of any
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_mediapipe_reads_labels_and_pixels(tmp_path: Path, dtype: str) -> None:
    mediapipe = pytest.importorskip("mediapipe", reason="mediapipe isn't installed, which would read the file")
    path = tmp_path / "colours.tflite"
    content = metadata.insert_tflite(brightest_channel(dtype), metadata.tflite_metadata(COLOURS))
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(LABELS_MEMBER, "\n".join(COLOURS.labels))
    path.write_bytes(buffer.getvalue())
    vision = mediapipe.tasks.vision
    options = vision.ImageClassifierOptions(base_options=mediapipe.tasks.BaseOptions(model_asset_path=str(path)))
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for number, label in enumerate(COLOURS.labels):
            picture = np.zeros((40, 60, 3), np.uint8)
            picture[..., number] = 255
            answer = classifier.classify(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture))
            best = answer.classifications[0].categories[0]
            assert best.category_name == label
            assert best.score == pytest.approx(1, abs=0.01)  # of 0-1 pixels, softmax of (10, 0, 0)


def brightest_channel(dtype: str) -> bytes:
    """Return a network whose answer is the softmax of ten times the mean of each channel."""
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")
    image = keras.Input((32, 48, 3), batch_size=1)
    scores = keras.layers.Dense(3, use_bias=False)(keras.layers.GlobalAveragePooling2D()(image))
    model = keras.Model(image, keras.layers.Softmax()(scores))
    model.set_weights([10 * np.eye(3, dtype=np.float32)])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if dtype == "uint8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        pictures = [
            np.full((1, 32, 48, 3), color, np.float32) for color in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))
        ]
        converter.representative_dataset = lambda: ([picture] for picture in pictures)
    return bytes(converter.convert())
