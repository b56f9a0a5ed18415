"""Specification of a file that has none or an outdated one, and the writing of it into the file."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge import __version__
from edge.artifact.embed import embed_spec
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.pixels import tensor_shape
from edge.artifact.spec import ModelSpec, Provenance
from edge.artifact.trust import sha256
from edge.classify.kind import CLASSIFIER
from edge.classify.loaded_model import LoadedModel
from edge.describe.description import CHANGED, EMBEDDED, LOST, Description
from edge.errors import ModelFileError
from edge.runtimes import open_runtime
from edge.system import atomic_file
from edge.verify.gate import verify

if TYPE_CHECKING:
    from edge.artifact.formats.network_summary import NetworkSummary
    from edge.describe.comparison import Comparison
    from edge.runtimes import Runtime


def completed_model(
    description: Description, original: Path | None = None, *, runtime: str = "auto", is_allowed: bool = False
) -> LoadedModel:
    """Load a file with the spec that it has, or is to have.

    Args:
        description: the file.
        original: file of ours that it was made from, whose spec it takes over if it has none that fits.
        runtime: one of `edge.runtimes.RUNTIMES`, or auto.
        is_allowed: True to take over its own outdated spec, or to make one anew where one was lost.

    Raises:
        ModelFileError: something is missing that must be given, or the original has no spec.
        SpecError: the spec doesn't fit the network.
    """
    former = _former_spec(description, original, is_allowed=is_allowed)
    spec = former or description.spec
    if spec is None or (former is None and description.missing):
        raise ModelFileError(f"{description.artifact.path} can't be completed: {_what_is_missing(description)}")
    loaded = open_runtime(verify(description.artifact, runtime))
    if 0 in loaded.input_tensor.shape:
        loaded.resize_input(tensor_shape(spec.input))
    if former:
        spec = _spec_of_rewritten(former, description.summary, loaded)
    elif description.state != EMBEDDED:
        spec = _spec_of_foreign(spec, description.summary, loaded)
    return LoadedModel(description.artifact, loaded, spec)


def _former_spec(description: Description, original: Path | None, *, is_allowed: bool) -> ModelSpec | None:
    """Return the spec of the file before it was rewritten; None for one that fits, or was never there."""
    path, state = description.artifact.path, description.state
    former = read_artifact(original).spec if original else None
    if original and former is None:
        raise ModelFileError(f"{original} carries no specification to take over: describe {path} by flags")
    if former is None and state in (CHANGED, LOST) and not is_allowed:
        raise ModelFileError(
            f"{path} isn't what was exported: give its original with --like, or say with --changed-on-purpose that it "
            "isn't damaged"
        )
    if state == EMBEDDED:
        return None
    return former or (description.spec if state == CHANGED else None)


def _what_is_missing(description: Description) -> str:
    """Return what must be given, or why nothing helps."""
    if description.missing:
        return ", ".join(f"give {flag}" for _, flag in description.missing)
    if description.kind.name != CLASSIFIER:
        return f"{description.kind.reason}, which no classifier does"
    return "; ".join(description.notes)


def _spec_of_rewritten(before: ModelSpec, summary: NetworkSummary, runtime: Runtime) -> ModelSpec:
    """Return the original's labels, input, temperature and thresholds, with the facts of the new network."""
    origin = before.provenance
    state = {"network_sha256": before.network_sha256, "quantization": origin.quantization, "parity": origin.parity}
    return replace(
        before,
        input_tensor=runtime.input_tensor,
        output_tensor=runtime.output_tensor,
        network_sha256="",
        provenance=replace(
            origin,
            quantization=summary.quantization,
            parity={},  # it was the original's
            needs=_needs_of_rewritten(origin, summary),
            rewritten=(*origin.rewritten, state),
        ),
    )


def _needs_of_rewritten(before: Provenance, summary: NetworkSummary) -> dict[str, Any]:
    """Leave out the least TensorFlow Lite of another network: tools keep the figure of the original's exporter."""
    is_same = before.quantization == summary.quantization and before.needs.get("operators") == summary.needs.get(
        "operators"
    )
    return {name: value for name, value in summary.needs.items() if is_same or name != "tensorflow_lite"}


def _spec_of_foreign(inferred: ModelSpec, summary: NetworkSummary, runtime: Runtime) -> ModelSpec:
    """Return an inferred spec with the facts of the network."""
    return replace(
        inferred,
        input_tensor=runtime.input_tensor,
        output_tensor=runtime.output_tensor,
        provenance=Provenance(
            quantization=summary.quantization, needs=summary.needs, versions={"edge-classify": __version__}
        ),
    )


def with_comparison(model: LoadedModel, comparison: Comparison | None) -> LoadedModel:
    """Return a model whose spec records how its file was compared with its original, if it was rewritten."""
    states = model.spec.provenance.rewritten
    if comparison is None or not states or model.spec.network_sha256:
        return model
    rewritten = (*states[:-1], {**states[-1], "comparison": asdict(comparison)})
    spec = replace(model.spec, provenance=replace(model.spec.provenance, rewritten=rewritten))
    return LoadedModel(model.artifact, model.runtime, spec)


def write(model: LoadedModel, path: Path) -> None:
    """Write the model's file with its spec inside, and check that the new file gives the same scores.

    Args:
        model: with the spec to write.
        path: file to write, with the suffix of its format; it may be the model's own.

    Raises:
        ModelFileError: the file changed meanwhile, the suffix is another format's, or the new file doesn't load.
    """
    artifact = model.artifact
    if artifact.format == "onnx" and path.suffix.lower() != ".onnx":
        raise ModelFileError(f"an ONNX file is recognised by its name: write to a file that ends in .onnx, not {path}")
    content = _content(artifact)
    with atomic_file.replacing(path) as temporary:
        temporary.write_bytes(embed_spec(artifact, content, model.spec))
        written = LoadedModel.load(temporary, runtime=model.runtime.name)
        if not np.array_equal(written.scores(_ramp(model)), model.scores(_ramp(model))):
            raise ModelFileError(f"{path} would give other scores than {artifact.path}: please report it")


def _content(artifact: Artifact) -> bytes:
    content = artifact.path.read_bytes()
    if sha256(content) != artifact.sha256:
        raise ModelFileError(f"{artifact.path} was changed while it was read: run the command again")
    return content


def _ramp(model: LoadedModel) -> Any:
    """Return an image of all shades as the model takes it."""
    size = model.spec.input
    shape = (size.height, size.width) if size.channels == 1 else (size.height, size.width, 3)
    return np.resize(np.arange(256, dtype=np.uint8), shape)
