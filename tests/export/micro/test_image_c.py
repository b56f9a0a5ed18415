"""Recipe `image-v1` in C: the bytes of the committed vectors, and of edge/vision on frames of every format."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.vision import prepare
from tests.export.micro.compiled import (
    GREY8,
    RGB565_BE,
    RGB565_LE,
    RGB888,
    Target,
    as_frame,
    build,
    loaded_model,
    packed,
    written,
)

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures" / "image_v1.json").read_text(encoding="utf-8"))["vectors"]
# A compiler that may join a product and a sum must round as the definition says all the same.
JOINING = ("-std=gnu99", "-O3", "-ffp-contract=fast")


def prepared(program: Path, frames: list[bytes], size: InputSpec) -> list[tuple[NDArray[np.uint8], float]]:
    """Return pixels in the tensor's order, and presence score, of each frame."""
    done = subprocess.run([program], input=b"".join(frames), capture_output=True, check=True)
    count = size.height * size.width * size.channels
    assert len(done.stdout) == len(frames) * (count + 8)
    parts = [done.stdout[at : at + count + 8] for at in range(0, len(done.stdout), count + 8)]
    return [(np.frombuffer(part[:count], np.uint8), struct.unpack("<d", part[count:])[0]) for part in parts]


def in_order(pixels: NDArray[np.uint8], size: InputSpec) -> NDArray[np.uint8]:
    """Return pixels of edge/vision, grey or BGR, as they lie in the tensor."""
    if size.channels == 1:
        return pixels.reshape(-1)
    ordered = pixels[..., ::-1] if size.colour_order == "RGB" else pixels
    return (ordered.transpose(2, 0, 1) if size.layout == "NCHW" else ordered).reshape(-1)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
@pytest.mark.parametrize("flags", [(), JOINING], ids=["c99", "joining"])
def test_the_committed_vectors_hold(
    tmp_path: Path, vector: dict[str, Any], flags: tuple[str, ...], target: Target
) -> None:
    size = InputSpec(**vector["input"])
    if flags and target.machine == "x86_64":
        flags = (*flags, "-march=native")
    written(tmp_path, loaded_model(size))
    program = build(tmp_path, main="prepare.cpp", sources="lib_image.c", flags=flags, target=target)
    frame = np.array(vector["frame_bgr"], np.uint8)[..., ::-1]

    ((pixels, _),) = prepared(program, [as_frame(frame, RGB888)], size)

    np.testing.assert_array_equal(pixels, in_order(np.array(vector["pixels"], np.uint8), size))


@pytest.mark.parametrize(
    "settings",
    [
        {"resize": "crop", "crop": 0.875},
        {"resize": "letterbox", "layout": "NCHW"},
        {"resize": "letterbox", "interpolation": "linear", "channels": 1},
        {"resize": "stretch", "interpolation": "nearest", "colour_order": "BGR"},
        {"resize": "crop", "interpolation": "linear", "height": 24, "width": 40, "colour_order": "BGR"},
        {"resize": "stretch", "channels": 1, "height": 96, "width": 96},
    ],
    ids=str,
)
def test_every_format_and_size_gives_the_bytes_of_edge_vision(
    tmp_path: Path, settings: dict[str, Any], target: Target
) -> None:
    size = InputSpec(**{"height": 20, "width": 28, "channels": 3, "recipe": IMAGE_RECIPE} | settings)
    written(tmp_path, loaded_model(size))
    program = build(tmp_path, main="prepare.cpp", sources="lib_image.c", target=target)
    rng = np.random.default_rng(0)
    frames, expected = [], []
    for height, width in ((60, 80), (80, 60), (1, 1), (3, 200), (20, 28), (40, 56), (17, 23), (240, 320)):
        rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
        if height == 60:
            rgb[:] = rgb[:1, :1]  # one even colour: nothing stands out
        (high, of_high), (low, of_low) = packed(rgb, high_first=True), packed(rgb, high_first=False)
        for image, shown, frame_format, gap in (
            (rgb, rgb[..., ::-1], RGB888, 0),
            (rgb, rgb[..., ::-1], RGB888, 5),
            (high, of_high[..., ::-1], RGB565_BE, 0),
            (low, of_low[..., ::-1], RGB565_LE, 2),
            (rgb[..., 0], rgb[..., 0], GREY8, 1),
        ):
            frames.append(as_frame(image, frame_format, gap=gap))
            expected.append(prepare(np.ascontiguousarray(shown), size))

    for number, (pixels, presence) in enumerate(prepared(program, frames, size)):
        np.testing.assert_array_equal(pixels, in_order(expected[number].pixels, size), err_msg=f"frame {number}")
        assert presence == pytest.approx(expected[number].presence_score, abs=1e-12)
