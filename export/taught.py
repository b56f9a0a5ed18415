"""Files of `edge-classify teach` for other programs: TFLite's own metadata, and nothing of the images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.artifact.decision_spec import OF_LOGITS
from edge.artifact.file import read_artifact
from edge.artifact.formats.tflite_append import append_softmax
from edge.classify.loaded_model import LoadedModel
from edge.errors import ExportError
from edge.system import atomic_file
from edge.teach.taught_file import require_taught

if TYPE_CHECKING:
    from export.file_format import Format
    from export.flags import ExportOptions


def is_deployable(path: Path) -> bool:
    """Return whether a path is that of a TFLite file, and no model to convert."""
    return path.suffix.lower() == ".tflite" and path.is_file()


def export_taught(file_format: Format, model: Path, options: ExportOptions) -> Path:
    """Write a taught file anew, whose layer is in the network's graph already, and print its size; return its path.

    Args:
        file_format: TFLite.
        model: the file.
        options: where to write, and whether to put out probabilities.

    Raises:
        ExportError: another format is asked for, or probabilities that the threshold can't be compared with.
        ModelFileError: the file wasn't taught, or can't be read.
        OSError: it can't be written.
    """
    if file_format.name != "tflite":
        raise ExportError(
            f"{model} is a TFLite file, which {file_format.name} isn't made of: run `python -m export.tflite`"
        )
    loaded = LoadedModel.load(model)
    spec, network = require_taught(read_artifact(model)), loaded.artifact.network
    if options.keeps_softmax and spec.decision.score in OF_LOGITS:
        raise ExportError(
            f"the threshold of {model} is of logits (score {spec.decision.score}), which a softmax loses: leave out "
            "--softmax, or teach it without counter-examples"
        )
    if options.keeps_softmax and spec.output == "logits":
        network, spec = append_softmax(network, len(spec.labels)), replace(spec, output="probabilities")
    path = options.out or options.artifacts / f"{model.stem}_int8.tflite"
    with atomic_file.replacing(path) as temporary:
        temporary.write_bytes(file_format.embed(network, replace(spec, output_tensor=None)))
        output = LoadedModel.load(temporary).runtime.output_tensor
        temporary.write_bytes(file_format.embed(network, replace(spec, output_tensor=output)))
    return path
