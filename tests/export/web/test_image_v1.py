"""The page's recipe `image-v1`, in Node.js: the committed vectors and the runner's own pixels, byte for byte."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.input_spec import IMAGE_RECIPE, INTERPOLATIONS, RESIZE_MODES, InputSpec
from edge.vision.image import fitting, middle, prepare_image
from export.web.check import frame_for_page

VECTORS = Path(__file__).parents[2] / "fixtures" / "image_v1.json"
PREPARE = """
import { prepare } from "./image_v1.js";
console.log(JSON.stringify(data.map(([{ width, height, data: base64 }, input]) => {
  const frame = { width, height, data: new Uint8ClampedArray(Buffer.from(base64, "base64")) };
  const { pixels, region, presence } = prepare(frame, input);
  return { pixels: [...pixels], region, presence };
})));
"""
BOXES = """
import { fitting, middle } from "./image_v1.js";
console.log(JSON.stringify(data.map(([sizes, share]) => [middle(...sizes, share), fitting(...sizes)])));
"""


def as_input(spec: InputSpec) -> dict[str, Any]:
    """Return the input as the page reads it."""
    names = ("height", "width", "channels", "resize", "crop", "interpolation")
    return {name: getattr(spec, name) for name in names}


def bgr(answer: dict[str, Any], spec: InputSpec) -> NDArray[np.uint8]:
    """Return the page's pixels, RGB, as the runner has them."""
    pixels = np.array(answer["pixels"], np.uint8)
    if spec.channels == 1:
        return pixels.reshape(spec.height, spec.width)
    return pixels.reshape(spec.height, spec.width, 3)[..., ::-1]


def prepared(in_node: Callable[..., Any], cases: list[tuple[NDArray[np.uint8], InputSpec]]) -> list[dict[str, Any]]:
    """Prepare frames with the page's code."""
    return list(in_node(PREPARE, [[frame_for_page(frame), as_input(spec)] for frame, spec in cases]))


def test_the_committed_vectors_hold(in_node: Callable[..., Any]) -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    assert len(vectors) >= 8
    cases = [(np.array(vector["frame_bgr"], np.uint8), InputSpec(**vector["input"])) for vector in vectors]
    for vector, (_, spec), answer in zip(vectors, cases, prepared(in_node, cases), strict=True):
        np.testing.assert_array_equal(bgr(answer, spec), np.array(vector["pixels"], np.uint8), err_msg=vector["name"])


@pytest.mark.parametrize("resize", RESIZE_MODES)
def test_any_size_channel_and_interpolation_is_the_runner_s(in_node: Callable[..., Any], resize: str) -> None:
    rng = np.random.default_rng(7)
    sizes = [(64, 48), (48, 64), (31, 97), (5, 3), (1, 1), (33, 33), (243, 20), (160, 120)]
    targets = [(32, 32), (33, 17), (8, 40), (256, 20)]
    cases = []
    for (width, height), (across, down), interpolation in itertools.product(sizes, targets, INTERPOLATIONS):
        channels, crop = rng.choice([1, 3]).item(), rng.choice([1.0, 0.875, 0.0005]).item()
        spec = InputSpec(
            down, across, channels, recipe=IMAGE_RECIPE, resize=resize, crop=crop, interpolation=interpolation
        )
        cases.append((rng.integers(0, 256, (height, width, 3), np.uint8), spec))
    for (frame, spec), answer in zip(cases, prepared(in_node, cases), strict=True):
        expected = prepare_image(frame, spec)
        np.testing.assert_array_equal(bgr(answer, spec), expected.pixels, err_msg=f"{frame.shape} {spec}")
        assert tuple(answer["region"]) == expected.region
        assert answer["presence"] == pytest.approx(expected.presence_score, abs=1e-9)


def test_means_of_large_frames_are_exact(in_node: Callable[..., Any]) -> None:
    # 4000 x 3000 pixels of 255: sums beyond 32 bits.
    frame = np.full((3000, 4000, 3), 255, np.uint8)
    frame[::2, ::2] = 254
    spec = InputSpec(7, 9, 3, recipe=IMAGE_RECIPE, resize="stretch")
    np.testing.assert_array_equal(bgr(prepared(in_node, [(frame, spec)])[0], spec), prepare_image(frame, spec).pixels)


def test_crop_and_letterbox_lie_where_the_runner_s_do(in_node: Callable[..., Any]) -> None:
    rng = np.random.default_rng(3)
    cases = [(tuple(rng.integers(1, 3000, 4).tolist()), rng.integers(1, 1001).item() / 1000) for _ in range(500)]
    cases += [((641, 479, 2, 1), 1.0), ((3, 3, 224, 224), 0.1), ((640, 480, 224, 224), 0.875), ((9, 9, 3, 3), 0.0125)]
    for (sizes, share), (crop, letterbox) in zip(cases, in_node(BOXES, cases), strict=True):
        assert tuple(crop) == middle(*sizes, share)
        assert tuple(letterbox) == fitting(*sizes)
