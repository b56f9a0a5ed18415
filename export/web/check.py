"""Comparison of the page's code with the runner, in Node.js: the same frames, the same input, the same classes."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edge import demo
from edge.classify.classifier import Classifier
from edge.errors import ExportError, GateError
from export.web.folder import SCRIPT_PATH

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOGGER = logging.getLogger(__name__)
_DRAWN, _NOISE_SIZES = 16, ((333, 217), (64, 48), (120, 400), (1, 1))
_LEAST_AGREEMENT = 0.99
_TIMEOUT_S = 300
_MAX_REASON = 400  # characters of Node's own message
_SCRIPT = """
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import "./site.js";
import { Classifier } from "./classifier.js";
import { openNetwork } from "./network.js";

const site = globalThis.SITE;
const unpacked = (path) => new Uint8Array(gunzipSync(readFileSync(path)));
const factory = createRequire(import.meta.url)("./runtime.cjs");
const [wasm, model] = [site.runtime.wasm, site.model.path].map(unpacked);
const network = await openNetwork(factory, wasm, model, site.model.tensor);
const classifier = new Classifier(site.model, network);
const frames = JSON.parse(readFileSync("frames.json"));
console.log(JSON.stringify(frames.map(({ width, height, data }) => {
  const frame = { width, height, data: new Uint8ClampedArray(Buffer.from(data, "base64")) };
  const { label, pixels, presence, probabilities } = classifier.classify(frame);
  const input = createHash("sha256").update(new Uint8Array(classifier.fill(pixels).buffer)).digest("hex");
  return { label, input, presence, probabilities: [...probabilities] };
})));
"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Comparison of page and runner on the same frames."""

    frames: int
    same_input: int
    """Frames whose input tensor has the same bytes."""
    same_label: int
    """Frames with the same label, `unknown` and `nothing` among them."""
    largest_difference: float
    """Difference of any class's probability, 0-1."""


def compare(files: Mapping[str, bytes], classifier: Classifier) -> Agreement | None:
    """Classify drawn frames and noise with the page's code and with the runner; None where there is no Node.js.

    Raises:
        ExportError: the page's code fails on this model.
        GateError: it makes another input, or other classes.
    """
    if shutil.which("node") is None:
        _LOGGER.warning("node isn't here: the page wasn't compared with the runner; install Node.js and export again")
        return None
    frames = check_frames()
    frames_file = json.dumps([frame_for_page(frame) for frame in frames]).encode()
    # A classic script is a module of the old kind to Node.js.
    answers = run_in_node({**files, "runtime.cjs": files[SCRIPT_PATH], "frames.json": frames_file}, _SCRIPT)
    same_input = same_label = 0
    largest = 0.0
    for frame, answer in zip(frames, answers, strict=True):
        prediction = classifier.classify(frame)
        tensor = classifier.model.input_tensor(prediction.pixels)
        same_input += hashlib.sha256(tensor.tobytes()).hexdigest() == answer["input"]
        same_label += prediction.label == answer["label"]
        largest = max(largest, float(np.abs(prediction.probabilities - answer["probabilities"]).max()))
    agreement = Agreement(len(frames), same_input, same_label, largest)
    if same_input < len(frames) or same_label < _LEAST_AGREEMENT * len(frames):
        raise GateError(
            f"the page makes the runner's input of {same_input} and its answer of {same_label} of {len(frames)} "
            "frames: expected all of them; please report it with the model file"
        )
    return agreement


def check_frames() -> list[NDArray[np.uint8]]:
    """Return drawn garments, and noise of other shapes: uint8 BGR, shape (H, W, 3) each."""
    rng = np.random.default_rng(0)
    drawn = [demo.draw_frame(number).image for number in range(_DRAWN)]
    return drawn + [rng.integers(0, 256, (height, width, 3), np.uint8) for width, height in _NOISE_SIZES]


def frame_for_page(frame: NDArray[np.uint8]) -> dict[str, Any]:
    """Return a BGR frame as the page's code has it: width, height, and RGBA in base64."""
    rgba = cv2.cvtColor(frame, cv2.COLOR_BGR2RGBA)
    return {"width": frame.shape[1], "height": frame.shape[0], "data": base64.b64encode(rgba.tobytes()).decode()}


def run_in_node(files: Mapping[str, bytes], script: str) -> Any:
    """Write files into a temporary folder of modules, run a script among them, and return the JSON that it prints.

    Raises:
        ExportError: the script fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**files, "package.json": b'{"type": "module"}', "check.js": script.encode()}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        node = shutil.which("node") or "node"
        try:
            done = subprocess.run(
                [node, "check.js"], cwd=folder, capture_output=True, text=True, check=False,
                timeout=_TIMEOUT_S, errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"the page's code didn't end within {_TIMEOUT_S} s on this model") from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines()]
        reason = next((line for line in lines if "Error: " in line), " ".join(lines[-3:]))
        raise ExportError(f"the page can't run this model: {reason.partition('Error: ')[2] or reason}"[:_MAX_REASON])
    return json.loads(done.stdout)
