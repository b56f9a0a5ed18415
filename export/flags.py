"""Flags of both export commands."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.input_spec import ModelOptions
from edge.cli import console
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.outputs import output_file, output_folder
from export.file_format import RECIPES

if TYPE_CHECKING:
    from export.file_format import Format

CALIBRATION_COUNT = 300
"""Calibration images where the user says no other number."""
_OF_FILES = ("labels", "pixels", "resize", "interpolation", "recipe", "colour", "input_size", "data", "calibration")
_DESCRIPTION = """Turn a trained network into one self-describing {suffix} file and compare the two.

The network is a run of `python -m train`, or any Keras model that takes one
image: a .keras or .h5 file, or the folder of a SavedModel."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """All choices of an export; the flags map onto the fields."""

    model: Path | None = None
    """Run directory, Keras file or folder of a SavedModel (None: the newest run, or the pretrained model)."""
    quantize: str = "int8"
    """Mode of quantization, a key of RECIPES."""
    out: Path | None = None
    """File to write (None: <artifacts>/<name>_<mode><suffix>)."""
    artifacts: Path = Path("artifacts")
    runs: Path = Path("runs")
    calibration_count: int | None = None
    """Number of calibration images, for a run the same of each class (None: 300, or the most below it that the classes
    allow)."""
    seed: int = 0
    """Random seed of the choice of images."""
    max_loss: float = 0.5
    """Top-1 accuracy that may be lost, in percentage points."""
    keeps_softmax: bool = False
    """True for a file that puts out probabilities; False: logits."""
    reader: str | None = None
    """Library that will run the file (None: the first of the format)."""
    described: ModelOptions = field(default_factory=ModelOptions)
    """Labels and input of a model that is no run."""
    data: Path | None = None
    """Folder that holds a folder of images for each class, of a model that is no run."""
    calibration: Path | None = None
    """Folder of calibration images, of a model that is no run."""
    imports: tuple[str, ...] = ()
    """Modules with custom layers."""


def parser(file_format: Format, *, epilog: str) -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `ExportOptions`."""
    default = ExportOptions()
    flags = console.Parser(
        prog=f"python -m export.{file_format.name}",
        description=_DESCRIPTION.format(suffix=file_format.suffix),
        epilog=epilog,
    )
    modes = tuple(mode for mode, recipe in RECIPES.items() if file_format.name in recipe.formats)
    meanings = "; ".join(f"{mode}: {RECIPES[mode].meaning}" for mode in modes)
    flags.add_argument("model", type=Path, nargs="?",
                       help="run directory, .keras or .h5 file, SavedModel folder, or .tflite file of `edge-classify "
                       "teach` (default: newest run, else pretrained)")  # fmt: skip
    flags.add_argument("--quantize", choices=modes, default=default.quantize, help=meanings)
    flags.add_argument(
        "--out", type=output_file, metavar="FILE", help="file to write (default: artifacts/<name>_<mode>)"
    )
    flags.add_argument(
        "--artifacts", type=output_folder, default=default.artifacts, metavar="DIR", help="folder to write to"
    )
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    flags.add_argument("--calibration-count", type=console.positive_int, default=default.calibration_count,
                       metavar="N", help=f"calibration images (default: {CALIBRATION_COUNT})")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=default.seed, help="random seed of the choice of images")
    flags.add_argument("--max-loss", type=_points, default=default.max_loss, metavar="POINTS",
                       help="points of top-1 accuracy that may be lost; more: exit code 3, no file. Where one image is "
                       "more than that, one may be lost")  # fmt: skip
    flags.add_argument("--softmax", dest="keeps_softmax", action="store_true",
                       help="put out probabilities, for programs that show the output as a score; edge-classify itself "
                       "takes logits, and computes the softmax alike on every machine")  # fmt: skip
    flags.set_defaults(reader=file_format.readers[0])
    if len(file_format.readers) > 1:
        flags.add_argument("--for", dest="reader", choices=file_format.readers,
                           help="library that will run the file; tflite-runtime reads no dense layers with a scale "
                           "for each channel")  # fmt: skip
    _add_model_flags(flags)
    console.add_logging_flags(flags)
    return flags


def options_from(parsed: argparse.Namespace) -> ExportOptions:
    """Return the choices that the flags make.

    Raises:
        ModelFileError: the label file can't be read.
    """
    named = {name for name in ExportOptions.__slots__ if name not in ("described", "imports")}
    return ExportOptions(
        **{name: getattr(parsed, name) for name in named},
        described=model_options_from(parsed),
        imports=tuple(parsed.imports),
    )


def flags_of_files(parsed: argparse.Namespace) -> list[str]:
    """Return the flags that were given and that a run has no use for."""
    names = [name for name in _OF_FILES if getattr(parsed, name) is not None]
    return [f"--{name.replace('_', '-')}" for name in names] + ["--import"] * bool(parsed.imports)


def _add_model_flags(flags: argparse.ArgumentParser) -> None:
    group = flags.add_argument_group("images for a model that is no run")
    group.add_argument("--data", type=Path, metavar="DIR",
                       help="folder that holds a folder of images for each class: some calibrate, the file is compared "
                       "on the others")  # fmt: skip
    group.add_argument("--calibration", type=Path, metavar="DIR",
                       help="folder of images to calibrate with; without --data no accuracy is compared")  # fmt: skip
    group.add_argument("--import", dest="imports", action="append", default=[], metavar="MODULE",
                       help="Python module with the model's custom layers; may be repeated")  # fmt: skip
    add_model_flags(flags)


def _points(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"expected percentage points, 0-100, got {text}")
    return value
