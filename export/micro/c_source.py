"""C and C++ sources that hold a network's constants: settings, the model as an array, labels and the known answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.decision_spec import SCORES
from edge.artifact.input_spec import INTERPOLATIONS, RESIZE_MODES
from edge.artifact.pixels import input_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.classify.loaded_model import LoadedModel
    from export.micro.network import MicroNetwork

_TOLERANCE = 8  # steps of 255 that an optimised kernel's rounding may differ by; a wrong kernel differs by dozens
_NUMBERS_A_LINE = 16


@dataclass(frozen=True, slots=True)
class Settings:
    """Constants that aren't in the model file."""

    tflm_header: str
    """Header by which Arduino finds TensorFlow Lite Micro, with its brackets."""
    tflm_library: str
    """Name of that library."""
    arena_bytes: int
    least_arena_bytes: int
    """Bytes that the tensors fit in on a 64-bit computer."""
    ram_bytes: int
    """All static memory."""


def identifier(text: str) -> str:
    """Return a name in C that is like a text: ASCII letters, digits and _, a letter first."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"model_{name}".rstrip("_")


def settings_header(name: str, loaded: LoadedModel, network: MicroNetwork, settings: Settings) -> str:
    """Return the header with all constants, each with the library's name in capitals before it."""
    spec, rule, artifact = loaded.spec.input, loaded.spec.decision, loaded.artifact
    output, macro = loaded.runtime.output_tensor, name.upper()
    constants: dict[str, object] = {
        "FILE": literal(plain_name(artifact.path.name)),
        "FILE_BYTES": f"{artifact.size_bytes}L",
        "SHA256": literal(artifact.sha256),
        "TFLM_HEADER": settings.tflm_header,
        "TFLM_LIBRARY": literal(settings.tflm_library),
        "ARENA_BYTES": settings.arena_bytes,
        "LEAST_ARENA_BYTES": settings.least_arena_bytes,
        "RAM_BYTES": f"{settings.ram_bytes}L",
        "OPERATORS": len(network.operators),
        "HEIGHT": spec.height,
        "WIDTH": spec.width,
        "CHANNELS": spec.channels,
        "IS_BGR": int(spec.colour_order == "BGR"),
        "IS_PLANAR": int(spec.layout == "NCHW" and spec.channels == 3),
        **_choice(macro, "RESIZE", RESIZE_MODES, spec.resize),
        "CROP_THOUSANDTHS": round(spec.crop * 1000),
        **_choice(macro, "INTERPOLATION", INTERPOLATIONS, spec.interpolation),
        "INPUT_IS_SIGNED": int(loaded.runtime.input_tensor.dtype == "int8"),
        "INPUT_IS_IDENTITY": int((_table(loaded) == np.arange(256)[:, np.newaxis]).all()),
        "CLASSES": len(loaded.spec.labels),
        "OUTPUT_IS_SIGNED": int(output.dtype == "int8"),
        "OUTPUT_SCALE": _float(output.scale),
        "OUTPUT_ZERO_POINT": f"({output.zero_point})",
        "OUTPUT_IS_LOGITS": int(loaded.spec.output == "logits"),
        "TEMPERATURE": _float(rule.temperature),
        **_choice(macro, "SCORE", SCORES, rule.score),
        "THRESHOLD": f"({float(rule.threshold)!r})",
        "PRESENCE_THRESHOLD": f"{float(rule.presence_threshold)!r}",
        "KNOWN_ANSWER_TOLERANCE": _TOLERANCE,
    }
    lines = [f"#define {macro}_{constant} {value}" for constant, value in constants.items()]
    guard = f"{macro}_SETTINGS_H"
    about = "/* Constants of the network, its input and its decision, from the specification in the model file. */"
    return "\n".join([about, f"#ifndef {guard}", f"#define {guard}", "", *lines, "", "#endif", ""])


def data_header(name: str, loaded: LoadedModel) -> str:
    """Return the declarations of what `data_source` defines."""
    guard = f"{name.upper()}_MODEL_DATA_H"
    return f"""/* The network, the table of its input, and its answer to a known input. */
#ifndef {guard}
#define {guard}

#include <stdint.h>

extern const unsigned char g_{name}_model_data[];
extern const unsigned int g_{name}_model_data_size;
extern const uint8_t g_{name}_input_table[{loaded.spec.input.channels}][256];
extern const int16_t g_{name}_known_answer[{len(loaded.spec.labels)}];

#endif
"""


def data_source(name: str, loaded: LoadedModel, network: MicroNetwork, known_answer: NDArray[Any]) -> str:
    """Return the network as an aligned array, the bytes of each input level, the known answer and the labels."""
    labels = "".join(f"    {literal(label)},\n" for label in loaded.spec.labels)
    channels = "".join(f"    {{\n{_numbers(channel)}    }},\n" for channel in _table(loaded).T)
    classes = len(loaded.spec.labels)
    return f"""// The network of the file with SHA-256 {loaded.artifact.sha256}.
#include "{name}_model_data.h"

#include "{name}_decision.h"

alignas(16) const unsigned char g_{name}_model_data[] = {{
{_numbers(np.frombuffer(network.content, np.uint8))}}};
const unsigned int g_{name}_model_data_size = {len(network.content)};

const uint8_t g_{name}_input_table[{loaded.spec.input.channels}][256] = {{
{channels}}};

const int16_t g_{name}_known_answer[{classes}] = {{
{_numbers(known_answer)}}};

const char *const {name}_labels[{classes}] = {{
{labels}}};
"""


def plain_name(text: str) -> str:
    """Return a file's name for comments and JSON: _ in place of anything but letters, digits, spaces, dots and -."""
    return re.sub(r"[^A-Za-z0-9_. -]", "_", text)


def literal(text: str) -> str:
    """Return a C string: bytes that aren't plain ASCII, and those with a meaning of their own, as octal numbers."""
    plain = set(range(0x20, 0x7F)) - set(b'"\\?')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


def _choice(macro: str, kind: str, names: Sequence[str], chosen: str) -> dict[str, object]:
    """Return a number for each name of an enumeration, and the chosen one under its kind."""
    numbers: dict[str, object] = {name.upper(): number for number, name in enumerate(names)}
    return numbers | {kind: f"{macro}_{chosen.upper()}"}


def _float(value: float) -> str:
    """Return a C literal of the nearest float32; nine digits give the same float32 back."""
    text = f"{np.float32(value):.9g}"
    return (text if re.search(r"[.e]", text) else f"{text}.0") + "f"


def _table(loaded: LoadedModel) -> NDArray[np.uint8]:
    """Return the byte of the input tensor for each level of each channel: uint8, shape (256, channels)."""
    return np.ascontiguousarray(input_table(loaded.spec.input, loaded.runtime.input_tensor)).view(np.uint8)


def _numbers(values: NDArray[Any]) -> str:
    """Return whole numbers as lines of an initialiser."""
    numbers = values.reshape(-1).tolist()
    lines = (numbers[at : at + _NUMBERS_A_LINE] for at in range(0, len(numbers), _NUMBERS_A_LINE))
    return "".join(f"    {', '.join(map(str, line))},\n" for line in lines)
