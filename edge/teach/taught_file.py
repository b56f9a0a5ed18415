"""Model file that was taught: the network of features with a linear layer, its specification and its examples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge import __version__
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.embed import embed_in_tflite
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.formats.tflite_append import append_linear
from edge.artifact.formats.tflite_summary import summarise
from edge.artifact.spec import ModelSpec, Provenance
from edge.classify.loaded_model import LoadedModel
from edge.errors import ModelFileError
from edge.system import atomic_file
from edge.teach.backbone import INPUT, Backbone
from edge.teach.examples import MEMBER, Examples, read_examples

if TYPE_CHECKING:
    from edge.teach.evaluation import Evaluation
    from edge.teach.logistic import Head

_CLOSE = 1e-3  # logits: XNNPACK adds in another order than numpy
_COMPARED = 3  # images


class Taught(NamedTuple):
    """Classes of a taught file, and what they were learned from."""

    names: tuple[str, ...]
    examples: Examples
    spec: ModelSpec


def read_taught(path: Path, backbone_sha256: str) -> Taught:
    """Read a file to teach it more.

    Args:
        path: of the file.
        backbone_sha256: digest of the network of features that this version has.

    Raises:
        ModelFileError: it can't be read, wasn't taught, keeps no examples, or has another network of features.
        SpecError: its specification is malformed.
    """
    spec = require_taught(read_artifact(path))
    if spec.provenance.source_sha256 != backbone_sha256:
        raise ModelFileError(
            f"{path} was taught with another network of features (SHA-256 {spec.provenance.source_sha256[:12]}..., "
            f"this edge-classify has {backbone_sha256[:12]}...): teach it anew from its images"
        )
    examples = read_examples(path, len(spec.labels))
    if examples is None:
        raise ModelFileError(f"{path} keeps no examples (--forget), so nothing can be added: teach it anew from images")
    return Taught(spec.labels, examples, spec)


def require_taught(artifact: Artifact) -> ModelSpec:
    """Return the specification of a file that was taught.

    Raises:
        ModelFileError: it was made in another way.
    """
    if artifact.spec is None:
        raise ModelFileError(
            f"{artifact.path} holds no specification: it was cut short, or `edge-classify teach` didn't make it; copy "
            "it again, or teach a file from a folder of images"
        )
    if artifact.format != "tflite" or not artifact.spec.provenance.taught:
        raise ModelFileError(
            f"{artifact.path} wasn't made by `edge-classify teach`: teach a file from a folder of images"
        )
    return artifact.spec


def write_taught(
    path: Path, taught: Taught, head: Head, evaluation: Evaluation, backbone: Backbone, *, keeps_examples: bool
) -> int:
    """Write a taught file whole or not at all, after a trial of it; return its size in bytes.

    Args:
        path: of the file.
        taught: classes and examples; of the specification the origin alone counts.
        head: layer that was learned from the examples.
        evaluation: gives threshold and figures.
        backbone: network of features.
        keeps_examples: False leaves them out of the file.

    Raises:
        ModelFileError: the runtime doesn't compute what numpy does.
        OSError: it can't be written.
    """
    network = append_linear(backbone.network, head.weights, head.bias)
    summary = summarise(network)
    spec = replace(
        taught.spec,
        labels=taught.names,
        output="logits",
        input=INPUT,
        decision=DecisionSpec(score=evaluation.score, threshold=evaluation.threshold),
        provenance=Provenance(
            dataset=taught.spec.provenance.dataset,
            source_sha256=backbone.sha256,
            quantization=summary.quantization,
            versions={"edge-classify": __version__, "numpy": np.__version__},
            needs=summary.needs,
            taught=evaluation.facts(),
        ),
    )
    members = {MEMBER: taught.examples.to_bytes()} if keeps_examples else {}
    with atomic_file.replacing(path) as temporary:
        temporary.write_bytes(embed_in_tflite(network, spec))
        loaded = LoadedModel.load(temporary)
        _require_same_logits(loaded, backbone, head)
        complete = replace(spec, input_tensor=loaded.runtime.input_tensor, output_tensor=loaded.runtime.output_tensor)
        temporary.write_bytes(embed_in_tflite(network, complete, members))
    return path.stat().st_size


def forget(path: Path, out: Path) -> int:
    """Write a taught file without its examples; return its size in bytes.

    Raises:
        ModelFileError: it can't be read, or wasn't taught.
        OSError: it can't be written.
    """
    artifact = read_artifact(path)
    content = embed_in_tflite(artifact.network, require_taught(artifact))
    atomic_file.write_bytes(out, content)
    return len(content)


def _require_same_logits(loaded: LoadedModel, backbone: Backbone, head: Head) -> None:
    """Compare the file with the layer on drawn noise, before it replaces anything."""
    rng = np.random.default_rng(0)
    for _ in range(_COMPARED):
        pixels = rng.integers(0, 256, (INPUT.height, INPUT.width, 3), dtype=np.uint8)
        wanted = head.logits(backbone.features_of(pixels))
        if (error := float(np.abs(loaded.scores(pixels) - wanted).max())) > _CLOSE * max(
            1.0, float(np.abs(wanted).max())
        ):
            raise ModelFileError(
                f"{loaded.runtime.name} differs from numpy by {error:.3g} in a logit of the taught network: report it, "
                "with the version of the runtime"
            )
