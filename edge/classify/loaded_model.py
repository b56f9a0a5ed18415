"""Model file that is ready to run: its runtime and its checked spec. Needs no OpenCV, which a device may lack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.probabilities import to_probabilities
from edge.artifact.quantization import dequantize, pixels_to_tensor
from edge.artifact.spec import ModelSpec
from edge.classify.spec_check import assumed_spec, validate_spec
from edge.errors import ModelFileError
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
        return cls(artifact, loaded, artifact.spec or assumed_spec(path, loaded, labels or ()))

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
