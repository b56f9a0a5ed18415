"""Reads the standard TFLite metadata: a flatbuffer of its own in a buffer, and the label files in the ZIP behind it.

Numbers and order are those of metadata_schema.fbs (github.com/google-ai-edge/mediapipe), version 1.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.artifact.formats import MalformedModelError, tflite
from edge.artifact.formats.flatbuffer import Field, Flatbuffer, Layouts, Values
from edge.artifact.labels import decode_labels
from edge.artifact.metadata import Metadata, normalization
from edge.errors import ModelFileError

ENTRY = "TFLITE_METADATA"
"""Name of the entry in the model's own list of metadata."""
IDENTIFIER = b"M001"
AXIS_LABELS, VALUE_LABELS, SCORE_CALIBRATION = 2, 3, 4
"""Types of an associated file."""
IMAGE, BOUNDING_BOX = 2, 3
"""Types of a tensor's content."""
NORMALIZATION = 1
"""Type of a process unit."""
COLOUR_SPACES = {1: "RGB", 2: "GREY"}

_FOUND_IN = "TFLite metadata"
_MODEL: Layouts = tflite.LAYOUTS | {  # a "table" is not followed: here the metadata alone is read
    "Model": tuple(
        field if field.name in ("version", "buffers", "metadata") else Field(field.name, "table")
        for field in tflite.LAYOUTS["Model"]
    )
}
LAYOUTS: Layouts = {
    "ModelMetadata": (
        Field("name", "string"), Field("description", "string"), Field("version", "string"),
        Field("subgraph_metadata", "[SubGraphMetadata]"), Field("author", "string"), Field("license", "string"),
        Field("associated_files", "[AssociatedFile]"), Field("min_parser_version", "string"),
    ),
    "SubGraphMetadata": (
        Field("name", "string"), Field("description", "string"), Field("input_tensor_metadata", "[TensorMetadata]"),
        Field("output_tensor_metadata", "[TensorMetadata]"), Field("associated_files", "[AssociatedFile]"),
        Field("input_process_units", "table"), Field("output_process_units", "table"),
        Field("input_tensor_groups", "table"), Field("output_tensor_groups", "table"),
        Field("custom_metadata", "table"),
    ),
    "TensorMetadata": (
        Field("name", "string"), Field("description", "string"), Field("dimension_names", "table"),
        Field("content", "Content"), Field("process_units", "[ProcessUnit]"), Field("stats", "table"),
        Field("associated_files", "[AssociatedFile]"),
    ),
    "Content": (
        Field("content_properties_type", "uint8"), Field("content_properties", "table"), Field("range", "table"),
    ),
    "ImageProperties": (Field("color_space", "int8"), Field("default_size", "ImageSize")),
    "ImageSize": (Field("width", "uint32"), Field("height", "uint32")),
    "ProcessUnit": (Field("options_type", "uint8"), Field("options", "table")),
    "NormalizationOptions": (Field("mean", "[float32]"), Field("std", "[float32]")),
    "AssociatedFile": (
        Field("name", "string"), Field("description", "string"), Field("type", "int8"), Field("locale", "string"),
        Field("version", "string"),
    ),
}  # fmt: skip
"""Table -> fields; those of kind "table" are of no use to an image classifier and not followed."""


def metadata_bytes(network: bytes) -> bytes | None:
    """Return the metadata's own flatbuffer; None if the model has none.

    Args:
        network: the model's flatbuffer, with or without what is appended to it.

    Raises:
        MalformedModelError: an offset leads outside, or there are several.
    """
    model = Flatbuffer(network, _MODEL).root("Model")
    numbers = [entry.get("buffer", 0) for entry in model.get("metadata", []) if entry.get("name") == ENTRY]
    buffers = model.get("buffers", [])
    if not numbers:
        return None
    if len(numbers) > 1 or numbers[0] >= len(buffers):
        raise MalformedModelError(f"its {ENTRY} is there twice, or in a buffer that isn't there")
    return bytes(buffers[numbers[0]].get("data", b""))


def read(network: bytes, members: Mapping[str, bytes]) -> Metadata:
    """Read the metadata of a TFLite model; all is empty if it has none.

    Args:
        network: the model's flatbuffer, with or without what is appended to it.
        members: name -> content of the text files in its ZIP.

    Raises:
        MalformedModelError: the flatbuffer is malformed, or of a newer kind.
    """
    content = metadata_bytes(network)
    if content is None:
        return Metadata()
    if content[4:8] != IDENTIFIER:
        raise MalformedModelError(f"its {ENTRY} isn't of the kind {IDENTIFIER.decode()}")
    buffer = Flatbuffer(content, LAYOUTS)
    model = buffer.root("ModelMetadata")
    texts = ("name", "description", "version", "author", "license")
    about = Metadata.found(_FOUND_IN, {name: model.get(name) for name in texts})
    graph: Values = next(iter(model.get("subgraph_metadata", [])), {})
    inputs, outputs = graph.get("input_tensor_metadata", []), graph.get("output_tensor_metadata", [])
    if len(inputs) == 1:
        about = about.or_else(_of_input(buffer, inputs[0]))
    about = about.or_else(Metadata.found(_FOUND_IN, {"task": _task(outputs)}))
    files = [file for part in (*outputs, graph, model) for file in part.get("associated_files", [])]
    return about.or_else(_labels(files, members))


def _of_input(buffer: Flatbuffer, tensor: Values) -> Metadata:
    """Return colour, size and normalization of the input; a normalization that can't be one is left out and noted."""
    known: dict[str, Any] = {}
    notes = []
    content = tensor.get("content", {})
    if content.get("content_properties_type") == IMAGE and "content_properties" in content:
        image = buffer.table(content["content_properties"], "ImageProperties")
        size = image.get("default_size", {})
        known = {"colour_order": COLOUR_SPACES.get(image.get("color_space", 0)),
                 "height": size.get("height") or None, "width": size.get("width") or None}  # fmt: skip
    for unit in tensor.get("process_units", []):
        if unit.get("options_type") != NORMALIZATION or "options" not in unit:
            continue
        options = buffer.table(unit["options"], "NormalizationOptions")
        try:
            known |= normalization(options.get("mean", ()), options.get("std", ()))
        except MalformedModelError as error:
            notes.append(f"the normalization in its {_FOUND_IN} is left out: {error}")
    return Metadata.found(_FOUND_IN, known, notes=notes)


def _task(outputs: list[Values]) -> str:
    """Tell a detector by its boxes or the kind of its labels, and a segmenter by the picture that it gives."""
    contents = [output.get("content", {}).get("content_properties_type", 0) for output in outputs]
    types = [file.get("type", 0) for output in outputs for file in output.get("associated_files", [])]
    if BOUNDING_BOX in contents or VALUE_LABELS in types:
        return "detect"
    return "segment" if IMAGE in contents else "classify" if AXIS_LABELS in types else ""


def _labels(files: list[Values], members: Mapping[str, bytes]) -> Metadata:
    """Read the first label file without a language, else the first."""
    calibrations = [file.get("name", "") for file in files if file.get("type") == SCORE_CALIBRATION]
    notes = [f"scores are to be calibrated by {name} in its ZIP, which isn't done" for name in calibrations]
    labels = [file for file in files if file.get("type") in (AXIS_LABELS, VALUE_LABELS)]
    labels.sort(key=lambda file: bool(file.get("locale")))
    if not labels:
        return Metadata(notes=tuple(notes))
    name = labels[0].get("name", "")
    if name not in members:
        return Metadata.found("", {}, notes=[*notes, f"the label file {name} of its {_FOUND_IN} isn't in its ZIP"])
    where = f"{name} in its ZIP, named by its {_FOUND_IN}"
    try:
        return Metadata.found(where, {"labels": decode_labels(members[name], f"{name} in its ZIP")}, notes=notes)
    except ModelFileError as error:
        return Metadata.found("", {}, notes=[*notes, f"its labels are left out: {error}"])
