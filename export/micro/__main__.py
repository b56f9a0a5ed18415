"""`python -m export.micro`: int8 TFLite file -> Arduino library for TensorFlow Lite Micro."""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge import demo
from edge.artifact.file import model_path
from edge.artifact.input_spec import GARMENT_RECIPE
from edge.classify.loaded_model import LoadedModel
from edge.cli import console, extras
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.outputs import output_folder, require_folder
from edge.errors import EXIT_DONE, ExportError, GateError
from edge.system import atomic_file
from edge.vision import prepare
from export.micro.c_source import identifier
from export.micro.comparison import Comparison, compare
from export.micro.interpreter import MicroInterpreter, least_arena, version
from export.micro.library import Checked, known_input, ram_bytes, render
from export.micro.network import MicroNetwork, read_network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.spec import ModelSpec

MARGIN = 0.1
"""Share of the arena that is added to it, for scratch memory of kernels that are written for a board."""
LEAST_AGREEMENT = 0.95
"""Share of drawn images with LiteRT's answer below which no library is written; they are harder than real ones."""
_GRID = 256  # bytes that the arena is rounded up to
_IMAGES = 50
_LARGE_ARENA, _LARGE_NETWORK = 256 * 1024, 1024 * 1024  # bytes: memory and flash of a large board without extra chips
_LOGGER = logging.getLogger(__name__)

_EXAMPLES = """examples:
  python -m export.micro edge --out fashion/              the built-in model
  python -m export.micro artifacts/micro_int8.tflite --out Garments/
  python -m export.micro model.tflite --labels labels.txt --resize crop --out Birds/

then: copy the folder into the Arduino sketchbook's libraries, and open its example "classify"
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m export.micro",
        description="Turn an int8 TFLite file into an Arduino library for TensorFlow Lite Micro: the network, the way "
        "from a camera's frame to its input in plain C, the decision, and a sketch. Compares TensorFlow Lite Micro "
        "with LiteRT first, and finds the memory that the tensors need.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("artifact", type=model_path, metavar="ARTIFACT",
                       help="int8 .tflite file, as `python -m export.tflite --quantize int8` writes it, or a built-in "
                       "model's name")  # fmt: skip
    flags.add_argument("--out", type=output_folder, metavar="NAME",
                       help="folder of the library, a new one; its last part is the library's name (default: "
                       "artifacts/ and the name of the file)")  # fmt: skip
    add_model_flags(flags)
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Check, compare and write the library; print what it takes."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    folder = options.out or Path("artifacts") / identifier(options.artifact.stem)
    name = identifier(folder.resolve().name)
    if folder.exists():
        raise ExportError(f"{folder} exists already: choose another name for --out, or remove it")
    require_folder(folder)
    _, network = read_network(options.artifact)
    extras.require("micro")
    loaded = LoadedModel.load(options.artifact, runtime="litert", options=model_options_from(options))
    _LOGGER.info("looking for the smallest arena in tflite-micro %s", version())
    arena = least_arena(network.content, note=lambda size: _LOGGER.debug("trying %d bytes", size))
    arena_bytes = arena_with_margin(arena)
    interpreter = MicroInterpreter(network.content, arena_bytes=arena_bytes)
    images, what = drawn_images(loaded.spec)
    compared = compare(interpreter, loaded, images)
    _require_agreement(options.artifact, compared, what)
    answer = interpreter.invoke(known_input(loaded)).reshape(-1)
    checked = Checked(version(), arena, arena_bytes, answer, _facts(loaded, compared, what))
    files = render(name, loaded, network, checked)
    with atomic_file.new_folder(folder) as temporary:
        for path, text in files.items():
            target = temporary / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    for row in _table(folder, name, loaded, network, checked):
        print(row)
    _warn_of_size(name, network, arena_bytes)
    return EXIT_DONE


def arena_with_margin(least_bytes: int) -> int:
    """Return the size of the arena in bytes that the library reserves, for the least that the tensors fit in."""
    return _GRID * math.ceil((1 + MARGIN) * least_bytes / _GRID)


def drawn_images(spec: ModelSpec) -> tuple[NDArray[np.uint8], str]:
    """Return images that both runtimes are compared on, as `LoadedModel.scores` takes them, and a word for them."""
    size = spec.input
    if size.recipe == GARMENT_RECIPE and (size.height, size.width) == (28, 28):
        return demo.draw_dataset(_IMAGES, seed=0)[0], "drawn garments"
    if size.recipe == GARMENT_RECIPE:
        return np.random.default_rng(0).integers(0, 256, (_IMAGES, size.height, size.width), np.uint8), "random pixels"
    frames = [demo.draw_frame(number).image for number in range(_IMAGES)]
    return np.stack([prepare(frame, size).pixels for frame in frames]), "drawn garments"


def _require_agreement(path: Path, compared: Comparison, what: str) -> None:
    if compared.same < LEAST_AGREEMENT * compared.images:
        raise GateError(
            f"TensorFlow Lite Micro {version()} gives another answer than LiteRT on "
            f"{compared.images - compared.same} of {compared.images} images ({what}): {path} isn't exported"
        )


def _facts(loaded: LoadedModel, compared: Comparison, what: str) -> dict[str, str]:
    return {
        "LITERT_VERSION": loaded.runtime.version,
        "SAME": str(compared.same),
        "IMAGES": str(compared.images),
        "IMAGES_ARE": what,
        "STEPS": str(compared.largest_steps),
    }


def _table(folder: Path, name: str, loaded: LoadedModel, network: MicroNetwork, checked: Checked) -> list[str]:
    """Return what was written and what it takes, as lines of two columns."""
    recipe, facts = loaded.spec.input.recipe, checked.facts
    rows = (
        ("library", f"{folder}, for #include <{name}.h>"),
        ("flash", f"{len(network.content):,} bytes for the network, {network.weights_bytes:,} of them weights; and "
                  "TensorFlow Lite Micro's kernels"),
        ("arena", f"{checked.least_arena:,} bytes, and a margin of {MARGIN:.0%}: {checked.arena_bytes:,}. A 64-bit "
                  "computer needs a little more than a board"),
        ("RAM", f"{ram_bytes(loaded, checked.arena_bytes):,} bytes: the arena and tables"),
        ("operators", ", ".join(network.operators)),
        ("input", f"prepared pixels: the recipe {recipe} isn't in the library" if recipe == GARMENT_RECIPE else
                  f"frames, by the recipe {recipe}"),
        ("checked with", f"tflite-micro {checked.version}"),
        ("same answer", f"{facts['SAME']} of {facts['IMAGES']} images ({facts['IMAGES_ARE']}) as LiteRT "
                        f"{facts['LITERT_VERSION']}, outputs at most {facts['STEPS']} steps apart"),
    )  # fmt: skip
    return [f"{title:<14}{text}" for title, text in rows]


def _warn_of_size(name: str, network: MicroNetwork, arena_bytes: int) -> None:
    if arena_bytes > _LARGE_ARENA or len(network.content) > _LARGE_NETWORK:
        _LOGGER.warning(
            "most boards have less: this takes one with external flash, and external RAM for %s_begin_in(), such as "
            "an ESP32-S3 with PSRAM; `python -m train --preset micro` makes networks of 64 kB",
            name,
        )


if __name__ == "__main__":
    console.run(main)
