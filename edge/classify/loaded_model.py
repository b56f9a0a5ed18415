"""Model file that is ready to run: its runtime and its checked spec. Needs no OpenCV, which a device may lack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.quantization import dequantize, pixels_to_tensor
from edge.artifact.spec import InputSpec, ModelSpec, TensorSpec
from edge.classify.confidence_score import to_probabilities
from edge.errors import ModelFileError, SpecError
from edge.runtimes import Runtime, open_runtime
from edge.verify.gate import verify

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.trust import TrustPolicy


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

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        labels: tuple[str, ...] | None = None,
        policy: TrustPolicy | None = None,
    ) -> LoadedModel:
        """Read, verify and load a model file.

        Args:
            path: a .tflite or .onnx file.
            runtime: one of `edge.runtimes.RUNTIMES`, or auto.
            threads: number of inference threads.
            labels: class names of a file without an embedded spec, in index order.
            policy: digest or signature that the file must have; any other is refused before it is parsed.

        Raises:
            ModelFileError: the file can't be used, or isn't the required one.
            RuntimeMissingError: the library that runs it isn't installed.
            SpecError: the embedded spec is malformed, too new, or contradicts the file.
        """
        artifact = read_artifact(path, policy=policy)
        if artifact.spec is None and labels is None:
            raise ModelFileError(
                f"{path} carries no specification (not exported by this project, or cut short): export it with "
                "`python -m export.tflite`, or give `edge-classify` its class names with --labels FILE"
            )
        loaded = open_runtime(verify(artifact, runtime), threads=threads)
        return cls(artifact, loaded, artifact.spec or infer_spec(path, loaded, labels or ()))

    def with_decision(self, decision: DecisionSpec) -> LoadedModel:
        """Return the same network with other thresholds.

        Raises:
            SpecError: the thresholds don't fit the network's output.
        """
        return LoadedModel(self.artifact, self.runtime, replace(self.spec, decision=decision))

    def input_tensor(self, pixels: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Turn uint8 grey pixels, shape (height, width), 0-255, into the input tensor, (1, height, width, 1)."""
        return pixels_to_tensor(pixels[np.newaxis, :, :, np.newaxis], self.runtime.input_tensor)

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network on one image.

        Args:
            pixels: uint8 grey, shape (height, width) of the spec, 0-255.

        Returns:
            float32, shape (classes,): logits or probabilities, as the spec says.
        """
        output = self.runtime.invoke(self.input_tensor(pixels))
        return np.asarray(dequantize(output, self.runtime.output_tensor)[0], np.float32)

    def to_probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply softmax and temperature of the spec to scores of any shape (..., classes); float32, 0-1."""
        return to_probabilities(scores, output=self.spec.output, temperature=self.spec.decision.temperature)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32, shape (classes,), 0-1, of one image as `scores` takes it."""
        return self.to_probabilities(self.scores(pixels))


_MAX_SHOWN = 200  # characters of a forged spec
_ROUNDED_AWAY = 0.05  # largest error of a sum of probabilities in steps of 1/256


def validate_spec(path: Path, spec: ModelSpec, runtime: Runtime) -> None:
    """Compare the spec with the file, because a spec spliced onto another model must not pass.

    Raises:
        SpecError: they contradict each other.
    """
    expected = (1, spec.input.height, spec.input.width, spec.input.channels)
    if runtime.input_tensor.shape != expected:
        claimed = f"{expected}"[:_MAX_SHOWN]
        raise SpecError(f"{path} takes a tensor of shape {runtime.input_tensor.shape}, its spec says {claimed}")
    if runtime.output_tensor.shape != (1, len(spec.labels)):
        raise SpecError(
            f"{path} gives a tensor of shape {runtime.output_tensor.shape}, but there are {len(spec.labels)} labels: "
            f"expected (1, {len(spec.labels)})"
        )
    pairs = ((spec.input_tensor, runtime.input_tensor), (spec.output_tensor, runtime.output_tensor))
    for claim, fact in pairs:
        if claim is not None and not _agree(claim, fact):
            claimed = f"{claim}"[:_MAX_SHOWN]
            raise SpecError(f"the spec of {path} claims {claimed}, the file has {fact}: export it again")


def infer_spec(path: Path, runtime: Runtime, labels: tuple[str, ...]) -> ModelSpec:
    """Infer the spec of a file that carries none from its tensors; pixels stand for 0-1, as in every model here.

    Args:
        path: the file, for error messages.
        runtime: the loaded network.
        labels: class names, in the order of the outputs.

    Raises:
        ModelFileError: the tensor takes something else than one grey image.
        SpecError: the labels contradict each other or the file.
    """
    tensor = runtime.input_tensor
    if len(tensor.shape) != 4 or tensor.shape[0] != 1 or tensor.shape[3] != 1:
        raise ModelFileError(
            f"{path} takes a tensor of shape {tensor.shape}: expected (1, height, width, 1), one grey image"
        )
    size = InputSpec(height=tensor.shape[1], width=tensor.shape[2])
    return ModelSpec(labels=labels, input=size, output=_looks_like(runtime, size))


def _looks_like(runtime: Runtime, size: InputSpec) -> str:
    """Return the kind of output: probabilities if it adds up to 1 on a few images, else logits."""
    levels = np.linspace(0, 255, size.height * size.width)
    ramp = levels.astype(np.uint8).reshape(1, size.height, size.width, 1)
    for image in (ramp, 255 - ramp, np.zeros_like(ramp)):
        tensor = pixels_to_tensor(image, runtime.input_tensor)
        scores = dequantize(runtime.invoke(tensor), runtime.output_tensor)
        if scores.min() < 0 or abs(float(scores.sum()) - 1) > _ROUNDED_AWAY:
            return "logits"
    return "probabilities"


def _agree(claim: TensorSpec, fact: TensorSpec) -> bool:
    """Return True if type and quantization are the same; each runtime names tensors in its own way."""
    same_grid = claim.zero_point == fact.zero_point and np.isclose(claim.scale, fact.scale, rtol=1e-6, atol=0)
    return bool(claim.dtype == fact.dtype and claim.shape == fact.shape and same_grid)
