"""Specs of files that carry none: what is read, what is asked for, what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import Artifact
from edge.artifact.input_spec import PIXEL_RANGES, ModelOptions
from edge.artifact.metadata import Metadata
from edge.artifact.spec import FASHION_MNIST_LABELS, TensorSpec
from edge.classify.infer_spec import InferredSpec, infer_spec
from edge.errors import ModelFileError, SpecError

PATH = Path("m.tflite")
ARTIFACT = Artifact(PATH, "tflite", "ab" * 32, 1, None)
THREE = ("a", "b", "c")
Fake = Callable[..., Any]


def takes(dtype: str, shape: tuple[int, ...], scale: float = 0.0, zero_point: int = 0) -> TensorSpec:
    """Return the facts of an input."""
    return TensorSpec("x", dtype, shape, scale=scale, zero_point=zero_point)


def infer(runtime: Any, metadata: Metadata | None = None, **options: Any) -> InferredSpec:
    """Infer the spec of a file with three classes."""
    return infer_spec(ARTIFACT._replace(metadata=metadata), runtime, ModelOptions(**{"labels": THREE, **options}))


def test_a_quantized_colour_file_needs_its_labels_alone(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 6, 3), 1 / 128, 127))
    inferred = infer(runtime)
    spec = inferred.spec.input
    assert (spec.height, spec.width, spec.channels, spec.layout) == (4, 6, 3, "NHWC")
    assert (spec.recipe, spec.resize, spec.crop, spec.colour_order) == ("image-v1", "crop", 0.875, "RGB")
    assert (spec.mean[0], spec.std[0]) == (127.0, 128.0)
    assert inferred.spec.output == "probabilities"
    assert dict(inferred.sources)["pixels"] == "the input's quantization"
    sentence = inferred.sentence(PATH)
    assert all(
        part in sentence for part in ("m.tflite", "6x4", "127,127,127,128,128,128", "crop:0.875", "RGB", "3 labels")
    )


def test_a_float_file_is_asked_for_its_pixels(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", (1, 3, 4, 6)))
    with pytest.raises(ModelFileError, match="--pixels 0-1"):
        infer(runtime)
    spec = infer(runtime, pixels=((127.0,), (128.0,)), resize=("letterbox", 1.0), colour_order="BGR").spec.input
    assert (spec.layout, spec.mean, spec.std) == ("NCHW", (127.0,) * 3, (128.0,) * 3)
    assert (spec.resize, spec.colour_order) == ("letterbox", "BGR")


def test_an_order_of_colours_is_refused_for_a_grey_input(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 4, 1)))
    with pytest.raises(SpecError, match="--colour BGR"):
        infer(runtime, colour_order="BGR")


def test_plain_uint8_takes_pixels_as_they_are(fake_runtime: Fake) -> None:
    spec = infer(fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 4, 3)))).spec.input
    assert (spec.mean[0], spec.std[0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("dtype", "mean", "refused"),
    [
        pytest.param("uint8", 0.0, [PIXEL_RANGES["0-1"], PIXEL_RANGES["signed"], ((0.0,), (3.0,))], id="uint8"),
        pytest.param("int8", 128.0, [PIXEL_RANGES["0-1"], PIXEL_RANGES["0-255"]], id="int8"),
    ],
)
def test_integers_without_quantization_take_whole_numbers(
    fake_runtime: Fake, dtype: str, mean: float, refused: list[Any]
) -> None:
    tensor = takes(dtype, (1, 4, 4, 3))
    claims = Metadata.found("metadata", {"mean": (127.5,), "std": (127.5,)})
    for metadata in (None, claims):
        spec = infer(fake_runtime([0.2, 0.5, 0.3], takes=tensor), metadata).spec.input
        assert (spec.mean[0], spec.std[0]) == (mean, 1.0)
    for pixels in refused:  # 200 would be stored as 1, or as -56
        with pytest.raises(SpecError, match="--pixels"):
            infer(fake_runtime([0.2, 0.5, 0.3], takes=tensor), pixels=pixels)


@pytest.mark.parametrize("dtype", ["int16", "float16", "int32"])
def test_a_type_that_no_pixel_becomes_is_refused_before_the_network_runs(fake_runtime: Fake, dtype: str) -> None:
    with pytest.raises(ModelFileError, match=dtype):
        infer(fake_runtime([], takes=takes(dtype, (1, 4, 4, 3))), pixels=PIXEL_RANGES["0-1"])


def test_grey_files_of_fashion_mnist_s_labels_see_garments(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.0] * 10, takes=takes("uint8", (1, 28, 28, 1), 1 / 255))
    assert infer(runtime, labels=FASHION_MNIST_LABELS).spec.input.recipe == "garment-v2"
    assert infer(runtime, labels=tuple("abcdefghij")).spec.input.recipe == "image-v1"
    assert infer(runtime, labels=tuple("abcdefghij"), recipe="garment-v2").spec.input.recipe == "garment-v2"


def test_logits_are_told_from_probabilities(fake_runtime: Fake) -> None:
    facts = takes("uint8", (1, 4, 4, 3), 1 / 255)
    assert infer(fake_runtime([-3.0, 2.0, 2.0], takes=facts)).spec.output == "logits"
    assert infer(fake_runtime([0.5, 0.5, 0.01], takes=facts)).spec.output == "probabilities"


def test_sigmoids_are_taken_as_they_are_and_said(fake_runtime: Fake) -> None:
    facts = takes("uint8", (1, 4, 4, 3), 1 / 255)
    inferred = infer(fake_runtime([0.97, 0.2, 0.6], takes=facts))
    assert inferred.spec.output == "probabilities"
    assert "sigmoid" in dict(inferred.sources)["output"]
    assert "sigmoid" in inferred.sentence(PATH)
    assert "sigmoid" not in infer(fake_runtime([0.2, 0.3, 0.5], takes=facts)).sentence(PATH)


def test_a_score_above_1_is_a_logit(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.0, 0.4, 2.0], takes=takes("uint8", (1, 4, 4, 3), 1 / 255))
    assert infer(runtime).spec.output == "logits"


def test_imagenet_s_numbers_follow_the_order_of_the_colours(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", (1, 3, 4, 6)))
    given = PIXEL_RANGES["imagenet"]
    assert infer(runtime, pixels=given, colour_order="BGR").spec.input.mean == (103.53, 116.28, 123.675)
    by_metadata = infer(runtime, Metadata.found("there", {"colour_order": "BGR"}), pixels=given)
    assert by_metadata.spec.input.std == (57.375, 57.12, 58.395)
    assert infer(runtime, pixels=given).spec.input.mean == given[0]


def test_a_grid_of_256ths_is_that_of_probabilities_even_if_rounding_spoils_their_sum(fake_runtime: Fake) -> None:
    facts = takes("uint8", (1, 4, 4, 3), 1 / 255)
    names = tuple(f"class {number}" for number in range(1000))
    for dtype, zero_point in (("uint8", 0), ("int8", -128)):
        grid = TensorSpec("y", dtype, (1, 1000), scale=1 / 256, zero_point=zero_point)
        rounded = [zero_point + 100] + 999 * [zero_point]  # 0.39 of 1
        inferred = infer(fake_runtime(rounded, grid=grid, takes=facts), labels=names)
        assert inferred.spec.output == "probabilities"
    grid = TensorSpec("y", "uint8", (1, 1000), scale=1 / 16, zero_point=100)
    assert infer(fake_runtime([100] * 1000, grid=grid, takes=facts), labels=names).spec.output == "logits"


@pytest.mark.parametrize("count", [2, 4])
def test_a_wrong_number_of_labels_is_refused_with_both_numbers(fake_runtime: Fake, count: int) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 4, 3), 1 / 255))
    with pytest.raises(SpecError, match=f"3 outputs.* {count} labels"):
        infer(runtime, labels=tuple("abcdefg"[:count]))
    with pytest.raises(ModelFileError, match="--labels"):
        infer(runtime, labels=None)


CLAIMS = {"labels": ("x", "y", "z"), "mean": (0.0,), "std": (255.0,), "colour_order": "BGR", "crop": 0.9}


def test_metadata_is_taken_where_flags_say_nothing(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", (1, 3, 4, 6)))
    inferred = infer(runtime, Metadata.found("metadata_props", CLAIMS), labels=None)
    spec = inferred.spec
    assert spec.labels == ("x", "y", "z")
    assert (spec.input.mean[0], spec.input.std[0], spec.input.colour_order) == (0.0, 255.0, "BGR")
    assert (spec.input.resize, spec.input.crop) == ("crop", 0.9)
    assert {dict(inferred.sources)[part] for part in ("labels", "pixels", "colour", "resize")} == {"metadata_props"}

    flags = {"pixels": ((127.5,), (127.5,)), "colour_order": "RGB", "resize": ("stretch", 1.0)}
    given = infer(runtime, Metadata.found("metadata_props", CLAIMS), **flags)
    assert (given.spec.labels, given.spec.input.mean[0], given.spec.input.colour_order) == (THREE, 127.5, "RGB")
    assert {dict(given.sources)[part] for part in ("labels", "pixels", "colour", "resize")} == {"given"}


@pytest.mark.parametrize(
    ("claimed", "mean", "words"),
    [
        ((127.5, 127.5), 127.5, "there"),
        ((0.0, 1.0), 127.0, "the input's quantization, against the there"),  # 0 to 255, and the grid ends at 1
        ((0.0, 255.0), 0.0, "there, though the input's quantization says otherwise"),  # a half of the grid
    ],
    ids=["same", "saturates", "a half"],
)
def test_metadata_that_the_grid_contradicts_is_doubted(
    fake_runtime: Fake, claimed: tuple[float, float], mean: float, words: str
) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 6, 3), 1 / 127.5, 127))
    inferred = infer(runtime, Metadata.found("there", {"mean": claimed[:1], "std": claimed[1:]}))
    assert (inferred.spec.input.mean[0], dict(inferred.sources)["pixels"]) == (mean, words)


def test_a_symmetric_grid_may_be_wider_than_the_range_in_metadata(fake_runtime: Fake) -> None:
    mean, std = PIXEL_RANGES["imagenet"]
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("int8", (1, 3, 4, 6), 2.64 / 127))
    assert infer(runtime, Metadata.found("there", {"mean": mean, "std": std})).spec.input.mean == mean


def test_a_task_that_is_no_classification_is_refused(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("uint8", (1, 4, 4, 3), 1 / 255))
    with pytest.raises(ModelFileError, match="detect"):
        infer(runtime, Metadata.found("metadata_props", {"task": "detect"}))


def test_a_free_size_is_fixed_by_the_flag_or_the_metadata(fake_runtime: Fake) -> None:
    facts = takes("float32", (1, 3, 0, 0))
    scaled = {"pixels": ((0.0,), (255.0,))}
    with pytest.raises(ModelFileError, match="--input-size"):
        infer(fake_runtime([0.2, 0.5, 0.3], takes=facts), **scaled)
    size = infer(fake_runtime([0.2, 0.5, 0.3], takes=facts), input_size=(6, 8), **scaled).spec.input
    assert (size.height, size.width) == (6, 8)
    claims = Metadata.found("metadata_props", {"height": 10, "width": 12})
    size = infer(fake_runtime([0.2, 0.5, 0.3], takes=facts), claims, **scaled).spec.input
    assert (size.height, size.width) == (10, 12)


@pytest.mark.parametrize(
    ("claims", "options", "notes"),
    [
        ({"height": 32, "width": 48}, {}, ["48x32", "8x6"]),
        ({"width": 48}, {}, ["48x6", "8x6"]),
        ({"height": 6, "width": 8}, {}, []),
        ({}, {}, []),
        ({"height": 32, "width": 48}, {"input_size": (6, 8)}, []),
    ],
    ids=["another size", "another width", "the same", "none", "a flag that agrees with the shape"],
)
def test_a_size_in_metadata_that_the_shape_contradicts_is_said_and_not_taken(
    fake_runtime: Fake, claims: dict[str, int], options: dict[str, Any], notes: list[str]
) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", (1, 3, 6, 8)))

    inferred = infer(runtime, Metadata.found("props", claims), pixels=((0.0,), (255.0,)), **options)

    assert (inferred.spec.input.height, inferred.spec.input.width) == (6, 8)
    assert [re.findall(r"\d+x\d+", note) for note in inferred.notes] == [notes] * bool(notes)
    assert all("its props " in note for note in inferred.notes)


def test_a_size_in_metadata_that_half_a_shape_contradicts_is_not_blamed_on_a_flag(fake_runtime: Fake) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", (1, 0, 8, 3)))
    claims = Metadata.found("props", {"height": 32, "width": 48})
    with pytest.raises(SpecError, match="props, 48x32.* --input-size WxH$"):
        infer(runtime, claims, pixels=((0.0,), (255.0,)))
    assert infer(runtime, claims, pixels=((0.0,), (255.0,)), input_size=(6, 8)).spec.input.height == 6


@pytest.mark.parametrize("shape", [(1, 6, 8, 3), (1, 3, 6, 8), (1, 0, 8, 3)], ids=["NHWC", "NCHW", "free height"])
def test_a_size_that_the_file_has_already_is_not_another(fake_runtime: Fake, shape: tuple[int, ...]) -> None:
    runtime = fake_runtime([0.2, 0.5, 0.3], takes=takes("float32", shape))
    assert infer(runtime, pixels=((0.0,), (255.0,)), input_size=(6, 8)).spec.input.width == 8
    with pytest.raises(SpecError, match="--input-size 9x6"):
        infer(runtime, pixels=((0.0,), (255.0,)), input_size=(6, 9))
