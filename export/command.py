"""Both export commands: data, conversion, comparison and gate."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.artifact.pixels import input_table
from edge.artifact.quantization import dequantize
from edge.artifact.spec import ModelSpec
from edge.classify.interval import is_chance_level
from edge.classify.loaded_model import LoadedModel
from edge.cli import console, extras
from edge.cli.outputs import require_folder
from edge.errors import ExportError, RuntimeMissingError, ToolkitError
from edge.system import atomic_file
from edge.system.process import log_native_stderr
from export.calibration import (
    Calibration,
    Dataset,
    balanced_count,
    calibrate_on_all,
    choose_calibration,
    load_dataset,
)
from export.file_format import RECIPES
from export.flags import CALIBRATION_COUNT, ExportOptions, flags_of_files, options_from, parser
from export.image_folders import load_images, noise
from export.taught import export_taught, is_deployable
from export.verify import Parity, check_gate, compare, table

if TYPE_CHECKING:
    from export.file_format import Format
    from export.source import Source

_LOGGER = logging.getLogger(__name__)
_TOOLS = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "numpy")
_MAX_REASON = 300  # characters of a converter's own message
_HALF_A_STEP = 0.51  # of a grid: the error of rounding, and of float32


def main(file_format: Format, argv: Sequence[str] | None, *, epilog: str) -> int:
    """Parse the flags, export, print the table."""
    flags = parser(file_format, epilog=epilog)
    parsed = flags.parse_args(argv)
    console.start_logging(parsed)
    options = options_from(parsed)
    if options.out is not None and options.out.suffix.lower() != file_format.suffix:
        flags.error(f"--out {options.out}: expected a name that ends in {file_format.suffix}")
    if options.out is None:
        require_folder(options.artifacts)
    if options.model is not None and is_deployable(options.model):
        path = export_taught(file_format, options.model, options)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, with TFLite metadata and nothing of the images")
        return 0
    extras.require("export")
    import_tensorflow()
    from export.model_source import load_file
    from export.network.keras_file import is_model
    from export.source import find_run, load_source

    if options.model is not None and is_model(options.model):
        source = load_file(options.model, options.described, options.imports)
    else:
        run = find_run(
            options.model, options.runs
        )  # first, because what is no run needs no other flags but another file
        if given := flags_of_files(parsed):
            flags.error(f"{', '.join(given)}: for a .keras or .h5 file or a SavedModel; a run holds its own")
        source = load_source(run)
    path = export(file_format, source, options)
    _LOGGER.info("next: edge-classify --model %s", path)
    return 0


def export(file_format: Format, source: Source, options: ExportOptions) -> Path:
    """Make the file, compare it with its source on the test images, keep it if it passes, print the table.

    Raises:
        ExportError: the model can't be converted.
        DatasetError: the folder of images can't be used.
        GateError: the file lost too much accuracy; no file is left behind.
    """
    recipe = RECIPES[options.quantize]
    dataset, calibration = _images(source, options, needs_calibration=recipe.needs_calibration)
    _LOGGER.info("converting %s (%s)", source.path, recipe.meaning)
    network, source_spec = source.for_device(for_integers=recipe.needs_calibration, keeps_softmax=options.keeps_softmax)
    reader = options.reader or file_format.readers[0]
    try:
        content = file_format.convert(network, options.quantize, calibration, spec=source_spec, reader=reader)
    except ToolkitError:
        raise
    except Exception as error:  # a model of the user's own: the converters raise whatever they like
        text = " ".join(str(error).split())[:_MAX_REASON]
        raise ExportError(
            f"{source.path} can't be converted to {file_format.suffix} as {options.quantize}: {text}; a layer that the "
            "format has no operator for must be built from others"
        ) from error
    path = options.out or options.artifacts / f"{source.name}_{options.quantize}{file_format.suffix}"
    with atomic_file.replacing(path) as temporary:
        spec = _spec(source_spec, options.quantize, calibration, file_format.needs(content))
        temporary.write_bytes(file_format.embed(content, spec))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)
        _require_full_range(options.quantize, loaded)
        parity = _compare(source, loaded, dataset)
        if not source.is_run:
            _warn_of_chance(parity, len(spec.labels))
        check_gate(parity, max_loss_points=options.max_loss, name=path.name)
        temporary.write_bytes(file_format.embed(content, _completed(spec, loaded, parity)))
        loaded = LoadedModel.load(temporary, runtime=file_format.runtime)  # as the device will
    operators = file_format.operators(content)
    for row in table(path, loaded, parity, operators, meaning=recipe.meaning, max_loss_points=options.max_loss):
        print(row)
    return path


def _images(source: Source, options: ExportOptions, *, needs_calibration: bool) -> tuple[Dataset, Calibration | None]:
    """Return the images to compare on, and those to calibrate with where the mode needs some."""
    if source.is_run:
        trained_on = source.spec.provenance.dataset
        dataset = load_dataset(trained_on, run=source.path, seed=options.seed, download=_download)
        if dataset.notice:
            print(dataset.notice, flush=True)
        if not needs_calibration:
            return dataset, None
        count = options.calibration_count or balanced_count(dataset, CALIBRATION_COUNT)
        return dataset, choose_calibration(dataset, source.spec.input, count=count, seed=options.seed)
    spec, count, seed = source.spec, options.calibration_count or CALIBRATION_COUNT, options.seed
    if options.data is None and options.calibration is None:
        if needs_calibration:
            raise ExportError(
                f"int8 of {source.path} needs images: a folder of them for each class with --data DIR, or any with "
                "--calibration DIR; --quantize none needs no images"
            )
        return noise(spec, seed=seed), None
    dataset = load_images(options.data, options.calibration, spec, count=count, seed=seed)
    return dataset, calibrate_on_all(dataset, spec.input, seed=seed) if needs_calibration else None


def _require_full_range(mode: str, loaded: LoadedModel) -> None:
    """Refuse an int8 file whose input doesn't tell black from white in all steps; other modes take floats."""
    tensor, spec = loaded.runtime.input_tensor, loaded.spec.input
    if mode != "int8":
        return
    mean, std = np.asarray(spec.mean, np.float32), np.asarray(spec.std, np.float32)
    black, white = (0 - mean) / std, (255 - mean) / std
    step = float(white.max() - black.min()) / 255  # channels of different ranges share one grid
    table = input_table(spec, tensor)[[0, 255]]
    error = np.abs(dequantize(table, tensor) - np.stack([black, white])).max()
    if tensor.dtype != "uint8" or error > _HALF_A_STEP * step or tensor.scale > 1.01 * step:
        raise ExportError(
            f"the int8 file takes {tensor.dtype} with scale {tensor.scale} and zero point {tensor.zero_point}: "
            f"expected uint8 in steps of {step:.6g} from black to white"
        )


def _compare(source: Source, loaded: LoadedModel, dataset: Dataset) -> Parity:
    _LOGGER.info("comparing with Keras on %d test images of %s", len(dataset.test.labels), dataset.name)
    probabilities = np.stack([loaded.probabilities(image) for image in dataset.test.images])
    labels = dataset.test.labels if dataset.is_labelled else None
    return compare(source.probabilities(dataset.test.images), probabilities, labels, dataset=dataset.name)


def _warn_of_chance(parity: Parity, classes: int) -> None:
    """Warn of a model that is no better than chance in Keras too: its input or labels are another's."""
    if parity.keras_top1_accuracy is None:
        return
    right = round(parity.keras_top1_accuracy * parity.images)
    if is_chance_level(right, parity.images, classes):
        _LOGGER.warning(
            "Keras itself is right for %d of %d images, and guessing may be too: is the input that of the training "
            "(--pixels, --colour, --resize), the order of --labels that of the outputs, and --data large enough?",
            *(right, parity.images),
        )


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


def import_tensorflow() -> None:
    """Import the converter without its notices; TensorFlow is the backend of every model.

    Raises:
        RuntimeMissingError: TensorFlow isn't installed.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stdout.flush()
    try:
        with log_native_stderr():
            importlib.import_module("tensorflow")
            importlib.import_module("keras")
    except ImportError as error:
        raise RuntimeMissingError(f"export needs TensorFlow ({error}): pip install 'edge-classify[export]'") from error
