"""Each vocabulary of metadata_props, its units worked by hand, and claims that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.onnx_metadata import of_props, read
from edge.artifact.metadata import Metadata


def found(**props: Any) -> dict[str, Any]:
    """Return the fields that are known."""
    about = of_props({name.replace("__", "."): value for name, value in props.items()}, "there")
    assert not about.notes
    return {name: getattr(about, name) for name, _ in about.found_in}


def test_ultralytics_tells_names_size_task_and_its_convention() -> None:
    props = {
        "description": "Ultralytics YOLO11n-cls model", "author": "Ultralytics", "date": "2026-01-01T00:00:00",
        "version": "8.4.0", "license": "AGPL-3.0 License", "stride": "1", "task": "classify", "batch": "1",
        "imgsz": "[224, 160]", "names": "{0: 'tench', 1: \"it's\"}", "args": "{'nms': False}", "channels": "3",
    }  # fmt: skip
    about = of_props(props, "metadata_props")
    assert (about.labels, about.height, about.width, about.task) == (("tench", "it's"), 224, 160, "classify")
    assert (about.mean, about.std, about.colour_order) == ((0.0,), (255.0,), "RGB")
    assert about.crop == 1.0  # its predictor cuts out the whole middle, not 0.875 of it
    assert (about.source_of("labels"), about.source_of("mean")) == ("metadata_props", "Ultralytics' convention")
    assert (about.author, about.license, about.version) == ("Ultralytics", "AGPL-3.0 License", "8.4.0")


@pytest.mark.parametrize("task", ["detect", "segment", "pose", "obb"])
def test_a_detector_is_told_and_gets_no_convention(task: str) -> None:
    assert found(task=task, author="Ultralytics", imgsz="640") == {
        "task": task, "author": "Ultralytics", "height": 640, "width": 640,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("NominalRange_0_255", {"mean": (0.0,), "std": (1.0,)}),
        ("Normalized_0_1", {"mean": (0.0,), "std": (255.0,)}),
        ("Normalized_1_1", {"mean": (127.5,), "std": (127.5,)}),
    ],
)
@pytest.mark.parametrize(("pixel_format", "order"), [("Gray8", "GREY"), ("Rgb8", "RGB"), ("Bgr8", "BGR")])
def test_azure_tells_channels_and_range(name: str, pixels: dict[str, Any], pixel_format: str, order: str) -> None:
    props = {"Image__BitmapPixelFormat": pixel_format, "Image__NominalPixelRange": name}
    assert found(**props, Image__ColorSpaceGamma="SRGB") == {"colour_order": order, **pixels}


def test_hugging_face_tells_labels_and_pixels_of_0_to_1() -> None:
    known = found(
        id2label='{"0": "cat", "1": "dog"}', image_mean="[0.485, 0.456, 0.406]", image_std="[0.229, 0.224, 0.225]",
        crop_pct="0.875",
    )  # fmt: skip
    assert (known["labels"], known["crop"]) == (("cat", "dog"), 0.875)
    assert known["mean"] == pytest.approx((123.675, 116.28, 103.53))
    assert known["std"] == pytest.approx((58.395, 57.12, 57.375))


@pytest.mark.parametrize(
    ("mean", "std", "means", "stds"),
    [
        ("0", "1", (0.0,), (255.0,)),
        ("[0.5, 0.5, 0.5]", "0.5", (127.5,) * 3, (127.5,) * 3),
        ("127.5", "127.5", (127.5,), (127.5,)),
        ("[0, 0, 0]", "[255, 255, 255]", (0.0,) * 3, (255.0,) * 3),
        ("[-0.5]", "[0.5]", (-127.5,), (127.5,)),
    ],
)
def test_units_are_told_by_size(mean: str, std: str, means: tuple[float, ...], stds: tuple[float, ...]) -> None:
    assert found(mean=mean, std=std) == {"mean": means, "std": stds}


@pytest.mark.parametrize(
    "props",
    [
        {"Image.BitmapPixelFormat": "Rgba8"}, {"Image.NominalPixelRange": "NominalRange_16_235"},
        {"Image.ColorSpaceGamma": "Linear"}, {"names": "{0: 'cat'"}, {"names": "{0: 'cat', 2: 'dog'}"},
        {"names": "7"}, {"imgsz": "[0, 4]"}, {"imgsz": "[1, 2, 3]"}, {"imgsz": "big"}, {"imgsz": "1e9"},
        {"crop_pct": "1.5"}, {"crop_pct": "true"}, {"mean": "[0.5]"}, {"mean": "[0.5]", "std": "[0]"},
        {"mean": "[1, 2]", "std": "[1, 2]"}, {"mean": "'x'", "std": "1"}, {"mean": "{}", "std": "1"},
        {"mean": "[[1]]", "std": "1"}, {"mean": "NaN", "std": "1"}, {"std": "1e999", "mean": "1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_claim_that_makes_no_sense_is_noted_and_the_rest_is_read(props: dict[str, str]) -> None:
    about = of_props({"task": "classify", **props}, "there")
    assert dict(about.found_in) == {"task": "there"}
    assert len(about.notes) == 1


def test_a_description_can_not_write_on_the_terminal() -> None:
    about = of_props({"description": "a\x1b[31m\nb" + "c" * 9999, "task": "\x07"}, "there")
    assert about.description.startswith("a [31m b")
    assert len(about.description) < 600
    assert about.description.isprintable()
    assert about.task.isprintable()


def test_the_onnx_library_writes_what_is_read(fixtures: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(fixtures / "tiny_int8.onnx")
    onnx.helper.set_model_props(model, {"names": "{0: 'a', 1: 'b'}", "task": "classify", "other": "[[["})
    about = read(model.SerializeToString())
    assert about == Metadata.found("metadata_props", {"task": "classify", "labels": ("a", "b")})
    entry = model.metadata_props.add()
    entry.key = "names"
    with pytest.raises(MalformedModelError):
        read(model.SerializeToString())


def test_a_model_without_metadata_says_nothing() -> None:
    assert read(b"\x08\x08") == Metadata()
