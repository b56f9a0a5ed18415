"""A model file and a frame in, a prediction out: spec, vision step, runtime and decision rule joined."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge import vision
from edge.artifact import Artifact, read_artifact
from edge.errors import ModelFileError, SpecError
from edge.probabilities import to_probabilities
from edge.quantization import dequantize, pixels_to_tensor
from edge.runtimes import Runtime, open_runtime, runtime_for
from edge.runtimes.trial import try_in_child
from edge.spec import UNKNOWN_LABEL, InputSpec, ModelSpec, TensorSpec


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one frame was taken for."""

    label: str
    """Name of the likeliest class, or `unknown` below the spec's threshold."""
    probability: float
    """Of the likeliest class, 0-1."""
    top_k: tuple[tuple[str, float], ...]
    """(label, probability), likeliest first."""
    latency_ns: dict[str, int]
    """Stage -> nanoseconds: vision (frame to pixels), invoke (pixels to scores), decide, and their total."""
    pixels: NDArray[np.uint8]
    """uint8 grey, shape (height, width), 0-255: what the network saw."""


class Classifier:
    """A model that is ready to classify frames; made by `Classifier.load`."""

    def __init__(self, artifact: Artifact, runtime: Runtime, spec: ModelSpec) -> None:
        """Join the parts.

        Raises:
            SpecError: the spec contradicts the file.
        """
        _check_claims(artifact.path, spec, runtime)
        self.artifact = artifact
        self.runtime = runtime
        self.spec = spec
        self.find: Callable[..., vision.Sighting] = vision.find_garment
        """Finds the garment in a frame; a caller who fixes a region or knows the empty scene puts a partial here."""

    @classmethod
    def load(
        cls, path: Path, *, runtime: str = "auto", threads: int = 1, labels: tuple[str, ...] | None = None
    ) -> Classifier:
        """Load a model file.

        Args:
            path: a .tflite or .onnx file.
            runtime: one of `edge.runtimes.RUNTIMES`, or auto.
            threads: for the arithmetic.
            labels: class names of a file without an embedded spec, in index order.

        Raises:
            ModelFileError: the file can't be used.
            RuntimeMissingError: the library that runs it isn't installed.
            SpecError: the embedded spec is malformed, too new, or contradicts the file.
        """
        artifact = read_artifact(path)
        name = runtime_for(artifact, runtime)
        if artifact.format == "tflite" and artifact.spec is None:
            # A file cut short has lost its spec too; some libraries crash on what is left.
            if labels is None:
                raise _no_spec(path)
            try_in_child(artifact, name)
        loaded = open_runtime(artifact, name=name, threads=threads)
        spec = artifact.spec
        if spec is None and loaded.embedded_spec is not None:
            spec = ModelSpec.from_json(loaded.embedded_spec)
        if spec is None:
            if labels is None:
                raise _no_spec(path)
            spec = ModelSpec(labels=labels, input=_assumed_input(path, loaded.input_tensor))
        return cls(artifact, loaded, spec)

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        """Classify one frame.

        Args:
            frame: uint8 BGR, shape (H, W, 3), 0-255; grey and BGRA are accepted.
            top_k: how many classes to name, likeliest first.

        Raises:
            FrameError: the array isn't an image.
        """
        started = time.perf_counter_ns()
        pixels = self.find(frame, height=self.spec.input.height, width=self.spec.input.width).pixels
        seen = time.perf_counter_ns()
        scores = self.scores(pixels)
        invoked = time.perf_counter_ns()
        probabilities = self._probabilities(scores)
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        best = float(probabilities[order[0]])
        label = self.spec.labels[order[0]] if best >= self.spec.decision.threshold else UNKNOWN_LABEL
        ranked = tuple((self.spec.labels[index], float(probabilities[index])) for index in order)
        decided = time.perf_counter_ns()
        latency_ns = {
            "vision": seen - started,
            "invoke": invoked - seen,
            "decide": decided - invoked,
            "total": decided - started,
        }
        return Prediction(label, best, ranked, latency_ns, pixels)

    def scores(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network on one image.

        Args:
            pixels: uint8 grey, shape (height, width) of the spec, 0-255.

        Returns:
            float32, shape (classes,): what the spec says the output is, logits or probabilities.
        """
        tensor = pixels_to_tensor(pixels[np.newaxis, :, :, np.newaxis], self.runtime.input_tensor)
        return np.asarray(dequantize(self.runtime.invoke(tensor), self.runtime.output_tensor)[0], np.float32)

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Class probabilities of one image: as `scores`, with the softmax and the spec's temperature applied."""
        return self._probabilities(self.scores(pixels))

    def _probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        return to_probabilities(scores, output=self.spec.output, temperature=self.spec.decision.temperature)


def _no_spec(path: Path) -> ModelFileError:
    return ModelFileError(
        f"{path} carries no specification (not exported by this project, or cut short): export it with "
        "`python -m export.tflite`, or give its class names with --labels FILE"
    )


def _assumed_input(path: Path, tensor: TensorSpec) -> InputSpec:
    """The input of a file without a spec: its tensor's size, and pixels standing for 0-1 as on every model here."""
    if len(tensor.shape) != 4 or tensor.shape[0] != 1 or tensor.shape[3] != 1:
        raise ModelFileError(
            f"{path} takes a tensor of shape {tensor.shape}: expected (1, height, width, 1), one grey image"
        )
    return InputSpec(height=tensor.shape[1], width=tensor.shape[2])


def _check_claims(path: Path, spec: ModelSpec, runtime: Runtime) -> None:
    """Compare the spec with the file: a spec spliced onto another model must not pass."""
    expected = (1, spec.input.height, spec.input.width, spec.input.channels)
    if runtime.input_tensor.shape != expected:
        raise SpecError(f"{path} takes a tensor of shape {runtime.input_tensor.shape}, its spec says {expected}")
    if runtime.output_tensor.shape != (1, len(spec.labels)):
        raise SpecError(
            f"{path} gives a tensor of shape {runtime.output_tensor.shape}, but there are {len(spec.labels)} labels: "
            f"expected (1, {len(spec.labels)})"
        )
    if spec.input.vision != vision.GARMENT_RECIPE:
        raise SpecError(
            f"{path} wants the vision recipe {spec.input.vision!r}, this edge-classify has {vision.GARMENT_RECIPE!r}: "
            "update edge-classify, or export the model again"
        )
    pairs = ((spec.input_tensor, runtime.input_tensor), (spec.output_tensor, runtime.output_tensor))
    for claim, fact in pairs:
        if claim is not None and not _agree(claim, fact):
            raise SpecError(f"the spec of {path} claims {claim}, the file has {fact}: export it again")


def _agree(claim: TensorSpec, fact: TensorSpec) -> bool:
    """Whether type and quantization are the same; runtimes name tensors each in their own way."""
    same_grid = claim.zero_point == fact.zero_point and np.isclose(claim.scale, fact.scale, rtol=1e-6, atol=0)
    return bool(claim.dtype == fact.dtype and claim.shape == fact.shape and same_grid)
