"""Description of a model file: what its bytes, its specification or its metadata say, and what is missing."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.artifact.file import Artifact
from edge.artifact.formats.network_summary import NetworkSummary
from edge.artifact.input_spec import ModelOptions
from edge.artifact.metadata import OUR_MARK
from edge.artifact.spec import ModelSpec
from edge.classify.class_count import class_count
from edge.classify.infer_spec import InferredSpec, infer_spec
from edge.classify.kind import CLASSIFIER, Kind, kind_of
from edge.errors import ModelFileError, ToolkitError
from edge.runtimes import open_runtime
from edge.runtimes.protocol import FORMATS, LIBRARIES
from edge.verify.gate import check_network, verify

if TYPE_CHECKING:
    from edge.runtimes import Runtime

EMBEDDED, CHANGED, LOST, ABSENT = "embedded", "changed", "lost", "absent"
STATES = (EMBEDDED, CHANGED, LOST, ABSENT)
IN_THE_FILE = "its specification"
"""Source of every part of a spec that the file carries."""
Pairs = tuple[tuple[str, str], ...]

_TIED_TO_A_PROCESSOR = "com.microsoft.nchwc."
_PLACEHOLDER_PIXELS = ((0.0,), (255.0,))
_FLAGS = {"labels": "--labels FILE", "pixels": "--pixels RANGE"}
_MISSING_SIZE: Pairs = (("input size", "--input-size WxH"),)
_OF_AN_EMBEDDED_ONE: Pairs = tuple(
    (part, IN_THE_FILE)
    for part in ("labels", "pixels", "recipe", "resize", "colour", "output", "temperature", "threshold")
)


@dataclass(frozen=True, slots=True)
class Description:
    """Facts about a model file."""

    artifact: Artifact
    summary: NetworkSummary
    kind: Kind
    state: str
    """State of the specification: embedded (it fits the network), changed (the network is another one), lost (the file
    was exported by this toolkit and has none any more) or absent."""
    spec: ModelSpec | None
    """The embedded or inferred specification; values of missing parts are placeholders. None: nothing could be told."""
    sources: Pairs
    """Pairs of a part of the spec and where it was found."""
    missing: Pairs
    """Pairs of what must be given before the file runs, and the flag that gives it."""
    runtimes: tuple[tuple[str, bool], ...]
    """Pairs of a runtime that reads this format, and whether it is installed."""
    notes: tuple[str, ...]
    """Sentences without a full stop."""


def describe(artifact: Artifact, options: ModelOptions, *, runtime: str = "auto") -> Description:
    """Describe a model file.

    Args:
        artifact: the file, read with `may_be_changed`.
        options: what the user says about a file without a specification.
        runtime: one of `edge.runtimes.RUNTIMES`, or auto; it runs a file without a specification on a few patterns.

    Raises:
        ModelFileError: the network is malformed.
    """
    summary = artifact.summarise()
    notes: list[str] = []
    hints: list[str] = []
    try:
        check_network(artifact)
    except ModelFileError as error:
        notes.append(f"the runner refuses it: {error}")
    if any(name.startswith(_TIED_TO_A_PROCESSOR) for name in summary.operators):
        hints.append("its com.microsoft.nchwc operators run only on processors of the kind that it was optimised on")
    metadata = artifact.metadata
    has_labels = options.labels is not None or bool(artifact.spec or (metadata and metadata.labels))
    kind = kind_of(summary, task=metadata.task if metadata else "", has_labels=has_labels)
    state = _state(artifact)
    spec, sources, missing = artifact.spec, _OF_AN_EMBEDDED_ONE if artifact.spec else (), _MISSING_SIZE
    if spec or not _is_free(summary, kind) or options.input_size:
        missing = ()
    if spec is None and kind.name == CLASSIFIER and not notes and not missing:
        try:
            inferred, sources, missing = _inferred(artifact, options, runtime)
            spec, hints = inferred.spec, [*hints, *inferred.notes]
        except ToolkitError as error:
            notes.append(str(error))
    return Description(
        artifact, summary, kind, state, spec, sources, missing, _runtimes(artifact.format),
        (*notes, *hints, *(metadata.notes if metadata else ())),
    )  # fmt: skip


def _is_free(summary: NetworkSummary, kind: Kind) -> bool:
    """Return True for a classifier whose input leaves its height or width open."""
    return kind.name == CLASSIFIER and any(isinstance(size, str) for size in summary.inputs[0].shape[1:])


def _state(artifact: Artifact) -> str:
    if artifact.spec:
        return CHANGED if artifact.is_changed else EMBEDDED
    return LOST if artifact.metadata and OUR_MARK in artifact.metadata.description else ABSENT


def _runtimes(file_format: str) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (name, importlib.util.find_spec(library) is not None)
        for name, library in LIBRARIES.items()
        if FORMATS[name] == file_format
    )


def _inferred(artifact: Artifact, options: ModelOptions, runtime: str) -> tuple[InferredSpec, Pairs, Pairs]:
    """Infer a spec, with placeholders for what is missing; return it, the known sources and the missing parts."""
    loaded = open_runtime(verify(artifact, runtime))
    inferred, missing = _inferred_with_placeholders(artifact, loaded, options)
    unknown = (*missing, "recipe") if "labels" in missing and inferred.spec.input.channels == 1 else missing
    sources = tuple((part, where) for part, where in inferred.sources if part not in unknown)
    return (
        inferred,
        (*sources, ("threshold", "assumed")),
        tuple((part, _FLAGS[part]) for part in missing),
    )


def _inferred_with_placeholders(
    artifact: Artifact, loaded: Runtime, options: ModelOptions
) -> tuple[InferredSpec, tuple[str, ...]]:
    """Try to infer the spec without placeholders, then with as few as possible."""
    for names in ((), ("pixels",), ("labels",), ("labels", "pixels")):
        with suppress(ToolkitError):
            return infer_spec(artifact, loaded, _completed(artifact, loaded, options, names)), names
    return infer_spec(artifact, loaded, options), ()  # the error of what no placeholder mends


def _completed(artifact: Artifact, loaded: Runtime, options: ModelOptions, names: tuple[str, ...]) -> ModelOptions:
    if "labels" in names and options.labels is None:
        count = class_count(artifact.path, loaded.output_tensor)
        options = replace(options, labels=tuple(f"class {number}" for number in range(count)))
    if "pixels" in names and options.pixels is None:
        options = replace(options, pixels=_PLACEHOLDER_PIXELS)
    return options
