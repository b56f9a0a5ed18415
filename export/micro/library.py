"""Files of an Arduino library: C and C++ from the templates beside this file, the network as an array, settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.input_spec import IMAGE_RECIPE, describe_resize
from edge.artifact.pixels import input_table
from export.micro.c_source import Settings, data_header, data_source, plain_name, settings_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.classify.loaded_model import LoadedModel
    from export.micro.network import MicroNetwork

TFLM_LIBRARY = "Chirale_TensorFLowLite"
"""Port of TensorFlow Lite Micro in Arduino's Library Manager; its name is spelled like that."""
TFLM_HEADER = "<Chirale_TensorFlowLite.h>"
"""Its header."""
_TEMPLATES = Path(__file__).parent / "library"
_FILES = {
    "library.properties": "library.properties",
    "README.md": "README.md",
    "classifier.h": "src/{name}.h",
    "classifier.cpp": "src/{name}.cpp",
    "decision.h": "src/{name}_decision.h",
    "decision.c": "src/{name}_decision.c",
    "classify.ino": "examples/classify/classify.ino",
}
_IMAGE_FILES = {"image.h": "src/{name}_image.h", "image.c": "src/{name}_image.c"}
_PLACE_BYTES = 12  # a column's weights, in image.c
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """Figures of a network that was run in TensorFlow Lite Micro."""

    version: str
    """Version of tflite-micro."""
    least_arena: int
    """Bytes that the tensors fit in."""
    arena_bytes: int
    """The same with a margin."""
    known_answer: NDArray[Any]
    """Output to `known_pixels`, in the dtype of the output, shape (classes,)."""
    facts: Mapping[str, str]
    """Placeholder of README.md -> text, of the comparison with LiteRT."""


def known_pixels(loaded: LoadedModel) -> NDArray[np.uint8]:
    """Return the numbers of the known input, 0-255, in the tensor's order: uint8, shape of the input tensor."""
    at = np.arange(np.prod(loaded.runtime.input_tensor.shape), dtype=np.uint64)
    return (at * 37 + (at >> np.uint64(5)) * 11).astype(np.uint8).reshape(loaded.runtime.input_tensor.shape)


def known_input(loaded: LoadedModel) -> NDArray[Any]:
    """Return the known input in the network's numbers: dtype and shape of the input tensor."""
    spec, tensor = loaded.spec.input, loaded.runtime.input_tensor
    pixels, table = known_pixels(loaded), input_table(loaded.spec.input, tensor)
    axis = 1 if spec.layout == "NCHW" else 3
    channel = np.arange(spec.channels).reshape([-1 if place == axis else 1 for place in range(4)])
    return np.asarray(table[pixels, channel], tensor.dtype)


def ram_bytes(loaded: LoadedModel, arena_bytes: int) -> int:
    """Return the static memory of the library: the arena, a float a class, and a frame's columns."""
    columns = _PLACE_BYTES * loaded.spec.input.width if _has_frames(loaded) else 0
    return arena_bytes + _FLOAT_BYTES * len(loaded.spec.labels) + columns


def render(name: str, loaded: LoadedModel, network: MicroNetwork, checked: Checked) -> dict[str, str]:
    """Return the files of the library: path within its folder -> content.

    Args:
        name: of the library, as `export.micro.c_source.identifier` makes it.
        loaded: the file in LiteRT, with its specification.
        network: the same network for TensorFlow Lite Micro.
        checked: what was measured of it.
    """
    has_frames = _has_frames(loaded)
    words = _words(name, loaded, network, checked)
    templates = _FILES | (_IMAGE_FILES if has_frames else {})
    files = {
        path.format(name=name): _rendered(
            (_TEMPLATES / template).read_text(encoding="utf-8"), name, words, has_frames=has_frames
        )
        for template, path in templates.items()
    }
    ram = ram_bytes(loaded, checked.arena_bytes)
    facts = Settings(TFLM_HEADER, TFLM_LIBRARY, checked.arena_bytes, checked.least_arena, ram)
    generated = {
        "settings.h": settings_header(name, loaded, network, facts),
        "model_data.h": data_header(name, loaded),
        "model_data.cpp": data_source(name, loaded, network, checked.known_answer),
    }
    return files | {f"src/{name}_{path}": text for path, text in generated.items()}


def _has_frames(loaded: LoadedModel) -> bool:
    return loaded.spec.input.recipe == IMAGE_RECIPE


def _rendered(template: str, name: str, words: Mapping[str, str], *, has_frames: bool) -> str:
    """Return a template with the lines for this recipe, which a mark begins, and with names and words filled in."""
    kept, dropped = ("/*IMAGE*/", "/*GARMENT*/")[:: 1 if has_frames else -1]
    lines = [line.removeprefix(kept) for line in template.splitlines(keepends=True) if not line.startswith(dropped)]
    texts = {"MACRO_": f"{name.upper()}_", "NAME": name, **words}
    pattern = "|".join(["MACRO_", "NAME", *(rf"\b{word}\b" for word in words)])  # at once: a name may hold another
    return re.sub(pattern, lambda found: texts[found[0]], "".join(lines))


def _words(name: str, loaded: LoadedModel, network: MicroNetwork, checked: Checked) -> dict[str, str]:
    """Return the placeholders of the templates with their texts."""
    spec, artifact, runtime = loaded.spec, loaded.artifact, loaded.runtime
    resolved = "".join(
        f"    if (resolver.{method}() != kTfLiteOk) return {name}_NO_KERNEL;\n" for method in network.resolver_methods
    )
    return {
        **checked.facts,
        "MODEL_FILE": plain_name(artifact.path.name),
        "OPERATOR_LINES": resolved.rstrip("\n"),
        "OPERATOR_LIST": ", ".join(network.operators),
        "INPUT_SHAPE": f"{runtime.input_tensor.dtype} {runtime.input_tensor.shape} in",
        "OUTPUT_SHAPE": f"{runtime.output_tensor.dtype} {runtime.output_tensor.shape} out ({spec.output})",
        "PIXEL_ORDER": _pixel_order(loaded),
        "LABELS": ", ".join(spec.labels).replace("|", "\\|"),
        "CLASS_COUNT": str(len(spec.labels)),
        "RECIPE": _recipe(loaded),
        "TEMPERATURE": f"{spec.decision.temperature:g}",
        "SCORE": spec.decision.score,
        "THRESHOLD": f"{spec.decision.threshold:.4g}",
        "NETWORK_BYTES": f"{len(network.content):,}",
        "WEIGHTS_BYTES": f"{network.weights_bytes:,}",
        "LEAST_ARENA": f"{checked.least_arena:,}",
        "ARENA_BYTES": f"{checked.arena_bytes:,}",
        "RAM_BYTES": f"{ram_bytes(loaded, checked.arena_bytes):,}",
        "TFLM_VERSION": checked.version,
        "TFLM_LIBRARY": TFLM_LIBRARY,
        "SHA256": artifact.sha256,
        "USAGE": _FRAME_USAGE.format(name=name) if _has_frames(loaded) else _PIXEL_USAGE.format(name=name),
        "INPUT_NOTE": _FRAME_NOTE.format(name=name) if _has_frames(loaded) else _GARMENT_NOTE,
    }


_FRAME_USAGE = """{name}_frame frame = {{pixels, 320, 240, 0, {name}_RGB565_BE}};
if ({name}_classify(&frame, &result) == {name}_OK) Serial.println(result.label);"""
_PIXEL_USAGE = "if ({name}_classify_pixels(pixels, &result) == {name}_OK) Serial.println(result.label);"
_FRAME_NOTE = """Frames may be RGB888, RGB565 with either byte first, or grey (`{name}_format`). They are fitted and
resized in integers, the same bytes as edge-classify computes; a test holds both to the same vectors."""
_GARMENT_NOTE = """The recipe garment-v2, which finds a garment in a frame and draws it as Fashion-MNIST does, needs
OpenCV and isn't in this library. It takes the prepared pixels: grey, bright on black, the garment upright and as large
as fits. For a camera on the board, train on your own images with `--recipe image`."""


def _recipe(loaded: LoadedModel) -> str:
    spec = loaded.spec.input
    if not _has_frames(loaded):
        return f"{spec.recipe}: takes prepared pixels, {spec.height} rows of {spec.width}"
    return f"{spec.recipe}: resize {describe_resize(spec)}, interpolation {spec.interpolation}"


def _pixel_order(loaded: LoadedModel) -> str:
    spec = loaded.spec.input
    if spec.channels == 1:
        return "grey, row by row"
    order = ", ".join(spec.colour_order)
    return f"{order}, one plane each" if spec.layout == "NCHW" else f"{order} of each pixel, row by row"
