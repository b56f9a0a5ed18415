"""What both export commands do: flags, data, conversion, comparison, gate, and the table they print."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edge.artifact.quantization import takes_pixels
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.classify.loaded_model import LoadedModel
from edge.cli import console
from edge.errors import ExportError, RuntimeMissingError
from edge.system import atomic_file
from edge.system.process import log_native_stderr
from export.calibration import Calibration, Dataset, balanced_count, choose_calibration, load_dataset
from export.recipe import RECIPES, modes
from export.verify import Parity, check_gate, compare

if TYPE_CHECKING:
    from export.source import Source

_LOGGER = logging.getLogger(__name__)
_CALIBRATION_COUNT = 300
_TOOLS = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "numpy")


class Format(Protocol):
    """A file format: how to make it and how to look into it."""

    name: str
    suffix: str
    runtime: str
    readers: Sequence[str]

    def convert(self, model: Any, mode: str, calibration: Calibration | None, *, output: str, reader: str) -> bytes:
        """Convert a Keras model with a batch of one, which puts out logits or probabilities, for one of the readers."""
        ...

    def embed(self, content: bytes, spec: ModelSpec) -> bytes:
        """Put the spec inside."""
        ...

    def operators(self, content: bytes) -> list[str]:
        """Name the operators, in the order of execution."""
        ...

    def needs(self, content: bytes) -> dict[str, Any]:
        """What a library must know to run the file, as the specification holds it."""
        ...


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """All choices of an export; the flags map onto the fields."""

    run: Path | None = None
    """Run directory; None: the newest, or the pretrained model."""
    quantize: str = "int8"
    """One of `export.recipe.RECIPES`."""
    out: Path | None = None
    """File to write; None: <artifacts>/<run>_<mode><suffix>."""
    artifacts: Path = Path("artifacts")
    runs: Path = Path("runs")
    calibration_count: int | None = None
    """Training images, the same number of each class; None: 300, or as near below it as the classes allow."""
    seed: int = 0
    """Of the choice of calibration images."""
    max_loss: float = 0.5
    """Top-1 accuracy that may be lost, in percentage points."""
    reader: str | None = None
    """Library that is to run the file; None: the format's first."""


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
    meanings = "; ".join(f"{mode}: {RECIPES[mode].meaning}" for mode in modes(file_format.name))
    flags.add_argument("run", type=Path, nargs="?", help="run directory (default: newest, else pretrained)")
    flags.add_argument("--quantize", choices=modes(file_format.name), default=default.quantize, help=meanings)
    flags.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: artifacts/<run>_<mode>)")
    flags.add_argument("--artifacts", type=Path, default=default.artifacts, metavar="DIR", help="folder to write to")
    flags.add_argument("--runs", type=Path, default=default.runs, metavar="DIR", help="folder of the run directories")
    flags.add_argument("--calibration-count", type=console.positive_int, default=default.calibration_count,
                       metavar="N", help=f"calibration images (default: {_CALIBRATION_COUNT})")  # fmt: skip
    flags.add_argument("--seed", type=console.natural, default=default.seed, help="of the choice of calibration images")
    flags.add_argument("--max-loss", type=_points, default=default.max_loss, metavar="POINTS",
                       help="points of top-1 accuracy that may be lost; more: exit code 3, no file")  # fmt: skip
    flags.set_defaults(reader=file_format.readers[0])
    if len(file_format.readers) > 1:
        flags.add_argument("--for", dest="reader", choices=file_format.readers,
                           help="library that is to run the file; tflite-runtime reads no dense layers with a scale "
                           "for each channel")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def export(file_format: Format, source: Source, options: ExportOptions) -> Path:
    """Make the file, compare it with its source on the whole test set, keep it if it passes, print the table.

    Raises:
        ExportError: it can't be converted.
        GateError: it lost too much; nothing is left behind.
    """
    dataset = load_dataset(source.spec.provenance.dataset, run=source.folder, seed=options.seed, download=_download)
    if dataset.notice:
        print(dataset.notice, flush=True)
    recipe = RECIPES[options.quantize]
    calibration = None
    if recipe.needs_calibration:
        count = options.calibration_count or balanced_count(dataset, _CALIBRATION_COUNT)
        calibration = choose_calibration(dataset, count=count, seed=options.seed)
    _LOGGER.info("converting %s (%s)", source.folder, recipe.meaning)
    network, meaning = source.for_device(for_integers=recipe.needs_calibration)
    content = file_format.convert(
        network,
        options.quantize,
        calibration,
        output=meaning.output,
        reader=options.reader or file_format.readers[0],
    )
    default_path = options.artifacts / f"{source.folder.name}_{options.quantize}{file_format.suffix}"
    path = options.out or default_path
    with atomic_file.replacing(path) as temporary:
        spec = _spec(meaning, options.quantize, calibration, file_format.needs(content))
        temporary.write_bytes(file_format.embed(content, spec))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)
        _require_pixel_input(options.quantize, loaded.runtime.input_tensor)
        parity = _compare(source, loaded, dataset)
        check_gate(parity, max_loss_points=options.max_loss, name=path.name)
        temporary.write_bytes(file_format.embed(content, _completed(spec, loaded, parity)))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)  # as the device will
    for row in table(path, loaded, parity, file_format.operators(content), options):
        print(row)
    return path


def table(
    path: Path, loaded: LoadedModel, parity: Parity, operators: Sequence[str], options: ExportOptions
) -> list[str]:
    """The result as lines of two columns."""
    counted = ", ".join(f"{count} x {name}" if count > 1 else name for name, count in Counter(operators).items())
    runtime = loaded.runtime
    least = loaded.spec.provenance.needs.get("tensorflow_lite")
    rows = (
        ("file", str(path)),
        ("size", f"{loaded.artifact.size_bytes / 1000:,.1f} kB"),
        ("quantization", f"{options.quantize}: {RECIPES[options.quantize].meaning}"),
        ("input", _describe(runtime.input_tensor)),
        ("output", f"{_describe(runtime.output_tensor)}, {loaded.spec.output}"),
        (
            "compared on",
            f"{parity.images:,} test images of {parity.dataset}, in {runtime.name} {runtime.version}",
        ),
        ("top-1 of Keras", f"{parity.keras_top1_accuracy:.2%}"),
        ("top-1 of the file", f"{parity.top1_accuracy:.2%}"),
        ("loss", f"{parity.loss_points:+.2f} percentage points (allowed {options.max_loss:.2f})"),
        ("same answer", f"{parity.top1_agreement:.2%}"),
        ("largest difference", f"{parity.max_probability_difference:.2g} of a class's probability"),
        ("operators", counted),
        *([("least runtime", f"TensorFlow Lite {least}")] if least else []),
        ("SHA-256", loaded.artifact.sha256),
    )
    return [f"{name:<20}{value}" for name, value in rows]


def _require_pixel_input(mode: str, tensor: TensorSpec) -> None:
    """Refuse an int8 file that doesn't take pixels as they are; other modes take floats."""
    if mode == "int8" and not takes_pixels(tensor):
        raise ExportError(
            f"the int8 file takes {tensor.dtype} with scale {tensor.scale} and zero point {tensor.zero_point}: "
            "expected uint8, 1/255 and 0; do the calibration images reach from black to white?"
        )


def _describe(tensor: TensorSpec) -> str:
    grid = f", scale {tensor.scale:.8g}, zero point {tensor.zero_point}" if tensor.is_quantized else ""
    return f"{tensor.dtype} {tensor.shape}{grid}"


def _compare(source: Source, loaded: LoadedModel, dataset: Dataset) -> Parity:
    _LOGGER.info("comparing with Keras on %d test images of %s", len(dataset.test.labels), dataset.name)
    answers = np.stack([loaded.probabilities(image) for image in dataset.test.images])
    return compare(source.probabilities(dataset.test.images), answers, dataset.test.labels, dataset=dataset.name)


def _spec(source: ModelSpec, mode: str, calibration: Calibration | None, needs: dict[str, Any]) -> ModelSpec:
    """The source's spec with what is known before the file exists."""
    provenance = replace(
        source.provenance,
        quantization=mode,
        calibration=calibration.manifest if calibration else {},
        versions=source.provenance.versions | {name: version(name) for name in _TOOLS},
        needs=needs,
    )
    return replace(source, provenance=provenance)


def _completed(spec: ModelSpec, loaded: LoadedModel, parity: Parity) -> ModelSpec:
    """The spec with what was read back from the file and measured on it."""
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
    """Import what converts, quietly; TensorFlow is the backend whatever the model was trained on."""
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
