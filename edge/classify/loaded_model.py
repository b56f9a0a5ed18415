"""Model file that is ready to run: its runtime and its checked spec. Grey ones need no OpenCV."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.input_spec import ModelOptions
from edge.artifact.pixels import InputTensor, require_input_dtype, tensor_shape
from edge.artifact.quantization import dequantize
from edge.artifact.spec import ModelSpec, Provenance, TensorSpec
from edge.classify.class_count import class_count
from edge.classify.confidence_score import to_probabilities
from edge.errors import ModelFileError, SpecError
from edge.runtimes import Runtime, open_runtime
from edge.verify.gate import verify

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.formats.network_summary import NetworkSummary
    from edge.artifact.trust import TrustPolicy

_LOGGER = logging.getLogger(__name__)


class LoadedModel:
    """A network, its runtime and its spec; made by `LoadedModel.load`."""

    def __init__(self, artifact: Artifact, runtime: Runtime, spec: ModelSpec) -> None:
        """Join the parts.

        Raises:
            SpecError: the spec contradicts the file.
        """
        validate_spec(artifact.path, spec, runtime)
        self.artifact = artifact
        self.runtime = runtime
        self.spec = spec
        self._input = InputTensor(spec.input, runtime.input_tensor)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        options: ModelOptions | None = None,
        policy: TrustPolicy | None = None,
    ) -> LoadedModel:
        """Read, verify and load a model file.

        Args:
            path: a .tflite or .onnx file.
            runtime: one of `edge.runtimes.RUNTIMES`, or auto.
            threads: number of inference threads.
            options: facts about a file without an embedded spec.
            policy: digest or signature that the file must have; any other is refused before it is parsed.

        Raises:
            ModelFileError: the file can't be used, or isn't the required one.
            RuntimeMissingError: the library that runs it isn't installed.
            SpecError: the embedded spec is malformed, too new, or contradicts the file.
        """
        artifact = read_artifact(path, policy=policy)
        loaded = open_runtime(verify(artifact, runtime), threads=threads)
        if artifact.spec is not None:
            if options is not None and options != ModelOptions():
                _LOGGER.warning("%s carries its own specification: what flags say about its input is ignored", path)
            if 0 in loaded.input_tensor.shape:
                loaded.resize_input(tensor_shape(artifact.spec.input))
            return cls(artifact, loaded, artifact.spec)
        from edge.classify.infer_spec import infer_spec  # not at a start with a file of our own

        options = options or ModelOptions()
        summary = _summary_if_readable(artifact)
        if summary:
            _refuse_embedding(artifact, summary, options)
        notes = artifact.metadata.notes if artifact.metadata else ()
        try:
            inferred = infer_spec(artifact, loaded, options)
        except ModelFileError as error:  # for lack of what was left out, perhaps
            raise ModelFileError("; ".join([str(error), *notes])) from error
        _LOGGER.warning("%s", inferred.sentence(path))
        for note in (*inferred.notes, *notes):
            _LOGGER.warning("%s: %s", path.name, note)
        _warn_of_loss(artifact)
        provenance = Provenance(quantization=summary.quantization if summary else _quantization(loaded))
        return cls(artifact, loaded, replace(inferred.spec, provenance=provenance))

    def with_decision(self, decision: DecisionSpec) -> LoadedModel:
        """Return the same network with other thresholds.

        Raises:
            SpecError: the thresholds don't fit the network's output.
        """
        return LoadedModel(self.artifact, self.runtime, replace(self.spec, decision=decision))

    def input_tensor(self, pixels: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Turn pixels, as `scores` takes them, into an input tensor of their own."""
        return self._input.fill(pixels).copy()

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network on one image.

        Args:
            pixels: uint8, 0-255, of the spec's size: grey, shape (height, width), or BGR, shape (height, width, 3).

        Returns:
            float32, shape (classes,): logits or probabilities, as the spec says.

        Raises:
            ModelFileError: the network puts out NaN or infinity, or not a number for each class.
        """
        output = self.runtime.invoke(self._input.fill(pixels))
        scores = dequantize(output, self.runtime.output_tensor).reshape(-1)
        if scores.size != (count := len(self.spec.labels)):  # shapes computed while running may differ from the file's
            raise ModelFileError(
                f"{self.artifact.path} puts out {scores.size} numbers for one image, where it says {count}: it is "
                "damaged, or no classifier"
            )
        if not np.isfinite(scores).all():
            raise ModelFileError(
                f"{self.artifact.path} puts out numbers that aren't finite: its weights, or the range of its pixels, "
                "are wrong"
            )
        return scores

    def to_probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply softmax and temperature of the spec to scores of any shape (..., classes); float32, 0-1."""
        return to_probabilities(scores, output=self.spec.output, temperature=self.spec.decision.temperature)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32, shape (classes,), 0-1, of one image as `scores` takes it."""
        return self.to_probabilities(self.scores(pixels))


def _summary_if_readable(artifact: Artifact) -> NetworkSummary | None:
    """Return the facts of a network; None for one of trusted bytes with parts that the strict parser refuses.

    Raises:
        ModelFileError: it is malformed, and nobody vouches for it.
    """
    try:
        return artifact.summarise()
    except ModelFileError:
        if artifact.trusted_because is None:
            raise
        return None


def _quantization(runtime: Runtime) -> str:
    """Return what the tensors alone tell: int8 or none."""
    return "int8" if runtime.input_tensor.is_quantized or runtime.output_tensor.is_quantized else "none"


def _refuse_embedding(artifact: Artifact, summary: NetworkSummary, options: ModelOptions) -> None:
    """Refuse a network that ends as embeddings do; other kinds are told by the tensors of the loaded network."""
    from edge.classify.kind import EMBEDDING, kind_of

    claims = artifact.metadata
    has_labels = options.labels is not None or bool(claims and claims.labels)
    kind = kind_of(summary, task=claims.task if claims else "", has_labels=has_labels)
    if kind.name == EMBEDDING:
        raise ModelFileError(f"{artifact.path} is an embedding, not a classifier: {kind.reason}")


def _warn_of_loss(artifact: Artifact) -> None:
    """Warn of a file that was exported here and has lost its spec since."""
    from edge.artifact.metadata import OUR_MARK  # not for files with a spec: reading it delays their start

    if artifact.metadata and OUR_MARK in artifact.metadata.description:
        _LOGGER.warning(
            "%s was exported here, and a tool has dropped its specification with temperature and thresholds: "
            "`edge-classify describe %s --like ORIGINAL --write OUT` takes them over",
            *(artifact.path, artifact.path),
        )


_MAX_SHOWN = 200  # characters of a forged spec
_SAME_SCALE = 1e-6  # relative: JSON and the file write a float32 differently


def validate_spec(path: Path, spec: ModelSpec, runtime: Runtime) -> None:
    """Compare the spec with the file, because a spec spliced onto another model must not pass.

    Raises:
        SpecError: they contradict each other.
    """
    require_input_dtype(runtime.input_tensor)
    expected = tensor_shape(spec.input)
    if runtime.input_tensor.shape != expected:
        claimed = f"{expected}"[:_MAX_SHOWN]
        raise SpecError(f"{path} takes a tensor of shape {runtime.input_tensor.shape}, its spec says {claimed}")
    if (count := class_count(path, runtime.output_tensor)) != len(spec.labels):
        raise SpecError(f"{path} has {count} outputs, but there are {len(spec.labels)} labels: expected one for each")
    pairs = ((spec.input_tensor, runtime.input_tensor), (spec.output_tensor, runtime.output_tensor))
    for claim, fact in pairs:
        if claim is not None and not _agree(claim, fact):
            claimed = f"{claim}"[:_MAX_SHOWN]
            raise SpecError(f"the spec of {path} claims {claimed}, the file has {fact}: export it again")


def _agree(claim: TensorSpec, fact: TensorSpec) -> bool:
    """Return True if type and quantization are the same; each runtime names tensors in its own way."""
    same_grid = claim.zero_point == fact.zero_point and abs(claim.scale - fact.scale) <= _SAME_SCALE * abs(fact.scale)
    return bool(claim.dtype == fact.dtype and claim.shape == fact.shape and same_grid)
