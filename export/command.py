"""Both export commands: recipes of quantization, flags, data, conversion, comparison and gate."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edge.artifact.pixels import input_table
from edge.artifact.spec import ModelSpec
from edge.classify.loaded_model import LoadedModel
from edge.cli import console
from edge.errors import ExportError, RuntimeMissingError
from edge.system import atomic_file
from edge.system.process import log_native_stderr
from export.calibration import Calibration, Dataset, balanced_count, choose_calibration, load_dataset
from export.verify import Parity, check_gate, compare, table

if TYPE_CHECKING:
    from export.source import Source

_LOGGER = logging.getLogger(__name__)
_CALIBRATION_COUNT = 300
_WHITE = 255
_TOOLS = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "numpy")


class Format(Protocol):
    """A file format: conversion, embedding of the spec, and facts about a file."""

    name: str
    suffix: str
    runtime: str
    readers: Sequence[str]

    def convert(self, model: Any, mode: str, calibration: Calibration | None, *, output: str, reader: str) -> bytes:
        """Convert a Keras model to the bytes of a file.

        Args:
            model: float32 (1, height, width, 1) in 0-1 -> float32 (1, classes).
            mode: quantization, a key of RECIPES.
            calibration: images for the ranges of activations; required for int8.
            output: meaning of the output, logits or probabilities.
            reader: library that will run the file, one of `readers`.

        Raises:
            ExportError: the model can't be converted in this mode, or not for this reader.
        """
        ...

    def embed(self, content: bytes, spec: ModelSpec) -> bytes:
        """Return the file with the spec inside."""
        ...

    def operators(self, content: bytes) -> list[str]:
        """Return the operators, in the order of execution."""
        ...

    def needs(self, content: bytes) -> dict[str, Any]:
        """Return the requirements on a library that runs the file, as the spec holds them."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """One value of --quantize."""

    mode: str
    """Name: none, float16, dynamic or int8."""
    meaning: str
    """Treatment of weights and activations, for people."""
    needs_calibration: bool
    """True if images are run through the network for the ranges of its activations."""
    formats: tuple[str, ...]
    """File formats that have it: tflite, onnx."""


RECIPES = {
    recipe.mode: recipe
    for recipe in (
        Recipe("none", "float32 weights and activations", needs_calibration=False, formats=("tflite", "onnx")),
        Recipe("float16", "float16 weights, float32 arithmetic", needs_calibration=False, formats=("tflite",)),
        # On a CNN, ONNX's dynamic mode gives slow ConvInteger nodes and can ruin accuracy: not offered.
        Recipe("dynamic", "int8 weights, activations quantized while running", needs_calibration=False,
               formats=("tflite",)),
        Recipe("int8", "int8 weights per channel and 8-bit activations, uint8 pixels in", needs_calibration=True,
               formats=("tflite", "onnx")),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """All choices of an export; the flags map onto the fields."""

    run: Path | None = None
    """Run directory (None: the newest, or the pretrained model)."""
    quantize: str = "int8"
    """Mode of quantization, a key of RECIPES."""
    out: Path | None = None
    """File to write (None: <artifacts>/<run>_<mode><suffix>)."""
    artifacts: Path = Path("artifacts")
    runs: Path = Path("runs")
    calibration_count: int | None = None
    """Number of calibration images, the same of each class (None: 300, or the most below it that the classes allow)."""
    seed: int = 0
    """Random seed of the choice of calibration images."""
    max_loss: float = 0.5
    """Top-1 accuracy that may be lost, in percentage points."""
    reader: str | None = None
    """Library that will run the file (None: the first of the format)."""


def main(file_format: Format, argv: Sequence[str] | None, *, epilog: str) -> int:
    """Parse the flags, export, print the table."""
    flags = parser(file_format, epilog=epilog)
    parsed = flags.parse_args(argv)
    console.start_logging(parsed)
    options = ExportOptions(**{name: getattr(parsed, name) for name in ExportOptions.__slots__})
    _import_tensorflow()
    from export.source import find_run, load_source

    source = load_source(find_run(options.run, options.runs))
    path = export(file_format, source, options)
    _LOGGER.info("next: edge-classify --model %s", path)
    return 0


def parser(file_format: Format, *, epilog: str) -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `ExportOptions`."""
    default = ExportOptions()
    flags = console.Parser(
        prog=f"python -m export.{file_format.name}",
        description=f"Turn a trained run into one self-describing {file_format.suffix} file and compare the two.",
        epilog=epilog,
    )
    modes = tuple(mode for mode, recipe in RECIPES.items() if file_format.name in recipe.formats)
    meanings = "; ".join(f"{mode}: {RECIPES[mode].meaning}" for mode in modes)
    flags.add_argument("run", type=Path, nargs="?", help="run directory (default: newest, else pretrained)")
    flags.add_argument("--quantize", choices=modes, default=default.quantize, help=meanings)
    flags.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: artifacts/<run>_<mode>)")
    flags.add_argument("--artifacts", type=Path, default=default.artifacts, metavar="DIR", help="folder to write to")
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    flags.add_argument("--calibration-count", type=console.positive_int, default=default.calibration_count,
                       metavar="N", help=f"calibration images (default: {_CALIBRATION_COUNT})")  # fmt: skip
    flags.add_argument(
        "--seed", type=console.natural, default=default.seed, help="random seed of the choice of calibration images"
    )
    flags.add_argument("--max-loss", type=_points, default=default.max_loss, metavar="POINTS",
                       help="points of top-1 accuracy that may be lost; more: exit code 3, no file")  # fmt: skip
    flags.set_defaults(reader=file_format.readers[0])
    if len(file_format.readers) > 1:
        flags.add_argument("--for", dest="reader", choices=file_format.readers,
                           help="library that will run the file; tflite-runtime reads no dense layers with a scale "
                           "for each channel")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def export(file_format: Format, source: Source, options: ExportOptions) -> Path:
    """Make the file, compare it with its source on the whole test set, keep it if it passes, print the table.

    Raises:
        ExportError: the model can't be converted.
        GateError: the file lost too much accuracy; no file is left behind.
    """
    dataset = load_dataset(source.spec.provenance.dataset, run=source.folder, seed=options.seed, download=_download)
    if dataset.notice:
        print(dataset.notice, flush=True)
    recipe = RECIPES[options.quantize]
    calibration = None
    if recipe.needs_calibration:
        count = options.calibration_count or balanced_count(dataset, _CALIBRATION_COUNT)
        calibration = choose_calibration(dataset, source.spec.input, count=count, seed=options.seed)
    _LOGGER.info("converting %s (%s)", source.folder, recipe.meaning)
    network, source_spec = source.for_device(for_integers=recipe.needs_calibration)
    reader = options.reader or file_format.readers[0]
    content = file_format.convert(network, options.quantize, calibration, output=source_spec.output, reader=reader)
    path = options.out or options.artifacts / f"{source.folder.name}_{options.quantize}{file_format.suffix}"
    with atomic_file.replacing(path) as temporary:
        spec = _spec(source_spec, options.quantize, calibration, file_format.needs(content))
        temporary.write_bytes(file_format.embed(content, spec))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)
        _require_full_range(options.quantize, loaded)
        parity = _compare(source, loaded, dataset)
        check_gate(parity, max_loss_points=options.max_loss, name=path.name)
        temporary.write_bytes(file_format.embed(content, _completed(spec, loaded, parity)))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)  # as the device will
    operators = file_format.operators(content)
    for row in table(path, loaded, parity, operators, meaning=recipe.meaning, max_loss_points=options.max_loss):
        print(row)
    return path


def _require_full_range(mode: str, loaded: LoadedModel) -> None:
    """Refuse an int8 file whose input doesn't tell black from white in all steps; other modes take floats."""
    tensor = loaded.runtime.input_tensor
    if mode != "int8":
        return
    if tensor.dtype != "uint8" or np.ptp(input_table(loaded.spec.input, tensor).astype(int)) != _WHITE:
        raise ExportError(
            f"the int8 file takes {tensor.dtype} with scale {tensor.scale} and zero point {tensor.zero_point}: "
            "expected uint8 whose 256 values are those of pixels"
        )


def _compare(source: Source, loaded: LoadedModel, dataset: Dataset) -> Parity:
    _LOGGER.info("comparing with Keras on %d test images of %s", len(dataset.test.labels), dataset.name)
    probabilities = np.stack([loaded.probabilities(image) for image in dataset.test.images])
    return compare(source.probabilities(dataset.test.images), probabilities, dataset.test.labels, dataset=dataset.name)


def _spec(source: ModelSpec, mode: str, calibration: Calibration | None, needs: dict[str, Any]) -> ModelSpec:
    """Return the source's spec with the facts that precede the file."""
    provenance = replace(
        source.provenance,
        quantization=mode,
        calibration=calibration.manifest if calibration else {},
        versions=source.provenance.versions | {name: version(name) for name in _TOOLS},
        needs=needs,
    )
    return replace(source, provenance=provenance)


def _completed(spec: ModelSpec, loaded: LoadedModel, parity: Parity) -> ModelSpec:
    """Return the spec with the facts read back from the file and measured on it."""
    return replace(
        spec,
        input_tensor=loaded.runtime.input_tensor,
        output_tensor=loaded.runtime.output_tensor,
        provenance=replace(spec.provenance, parity=parity.as_dict()),
    )


def _download() -> object:
    import keras

    return keras.datasets.fashion_mnist.load_data()


def _import_tensorflow() -> None:
    """Import the converter without its notices; TensorFlow is the backend of every model."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stdout.flush()
    try:
        with log_native_stderr():
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
    except ImportError as error:
        raise RuntimeMissingError(f"export needs TensorFlow ({error}): pip install 'edge-classify[export]'") from error


def _points(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"expected percentage points, 0-100, got {text}")
    return value
