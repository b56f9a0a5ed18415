"""A model file and a frame in, a prediction out: spec, vision step, runtime and the rule for one frame joined."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge import vision
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact, read_artifact
from edge.artifact.labels import NOTHING_LABEL, UNKNOWN_LABEL
from edge.artifact.probabilities import to_probabilities
from edge.artifact.quantization import dequantize, pixels_to_tensor
from edge.artifact.spec import ModelSpec
from edge.classify import confidence_score
from edge.classify.results import Prediction
from edge.classify.spec_check import assumed_spec, check_claims
from edge.errors import ModelFileError
from edge.runtimes import Runtime, open_runtime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.trust import Requirement


class Classifier:
    """A model that is ready to classify frames; made by `Classifier.load`."""

    def __init__(self, artifact: Artifact, runtime: Runtime, spec: ModelSpec) -> None:
        """Join the parts.

        Raises:
            SpecError: the spec contradicts the file.
        """
        check_claims(artifact.path, spec, runtime)
        self.artifact = artifact
        self.runtime = runtime
        self.spec = spec
        self.find: Callable[..., vision.PreparedInput] = vision.find_garment
        """Finds the garment in a frame; a caller who fixes a region or knows the empty scene puts a partial here."""

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        labels: tuple[str, ...] | None = None,
        required: Requirement | None = None,
    ) -> Classifier:
        """Load a model file.

        Args:
            path: a .tflite or .onnx file.
            runtime: one of `edge.runtimes.RUNTIMES`, or auto.
            threads: for the arithmetic.
            labels: class names of a file without an embedded spec, in index order.
            required: what the file must have; anything else is refused before it is looked into.

        Raises:
            ModelFileError: the file can't be used, or isn't the one that is required.
            RuntimeMissingError: the library that runs it isn't installed.
            SpecError: the embedded spec is malformed, too new, or contradicts the file.
        """
        artifact = read_artifact(path, required=required)
        if artifact.spec is None and labels is None:
            raise _no_spec(path)
        loaded = open_runtime(artifact, name=runtime, threads=threads)
        spec = artifact.spec or assumed_spec(path, loaded, labels or ())
        return cls(artifact, loaded, spec)

    def with_decision(self, decision: DecisionSpec) -> Classifier:
        """The same model with another rule for its answers.

        Raises:
            SpecError: the rule doesn't fit what the model puts out.
        """
        return Classifier(self.artifact, self.runtime, replace(self.spec, decision=decision))

    def classify(self, frame: NDArray[np.uint8] | vision.YuvPicture, *, top_k: int = 3) -> Prediction:
        """Classify one frame, without memory of any other. Where there is nothing, the network isn't run.

        Args:
            frame: uint8 BGR, shape (H, W, 3), 0-255; grey, BGRA and a video's planes are accepted.
            top_k: how many classes to name, likeliest first.

        Raises:
            FrameError: the array isn't an image.
        """
        started = time.perf_counter_ns()
        seen = self.find(frame, height=self.spec.input.height, width=self.spec.input.width)
        found = time.perf_counter_ns()
        scores = self.scores(seen.pixels) if seen.presence_score >= self.spec.decision.presence_threshold else None
        invoked = time.perf_counter_ns()
        latency_ns = {"vision": found - started, "invoke": invoked - found}
        if scores is None:
            prediction = self._of_nothing(seen, latency_ns)
        else:
            prediction = self._of_scores(seen, scores, top_k, latency_ns)
        decided = time.perf_counter_ns()
        latency_ns["decide"] = decided - invoked
        latency_ns["total"] = decided - started
        return prediction

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

    def _of_scores(
        self, seen: vision.PreparedInput, scores: NDArray[np.float32], top_k: int, latency_ns: dict[str, int]
    ) -> Prediction:
        """What the network's scores mean; some of the times are still missing."""
        labels, decision = self.spec.labels, self.spec.decision
        probabilities = self._probabilities(scores)
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        score = float(confidence_score.known_score(scores, probabilities, kind=decision.score))
        return Prediction(
            label=labels[order[0]] if score >= decision.threshold else UNKNOWN_LABEL,
            probability=float(probabilities[order[0]]),
            top_k=tuple((labels[index], float(probabilities[index])) for index in order),
            latency_ns=latency_ns,
            pixels=seen.pixels,
            probabilities=probabilities,
            score=score,
            presence_score=seen.presence_score,
            outline=seen.outline,
            reason=confidence_score.sentence(score, decision.threshold, kind=decision.score),
            region=seen.region,
        )

    def _of_nothing(self, seen: vision.PreparedInput, latency_ns: dict[str, int]) -> Prediction:
        """What it means that there is nothing; some of the times are still missing."""
        decision = self.spec.decision
        compared = confidence_score.compared("presence", seen.presence_score, decision.presence_threshold)
        return Prediction(
            label=NOTHING_LABEL,
            probability=0.0,
            top_k=(),
            latency_ns=latency_ns,
            pixels=seen.pixels,
            probabilities=np.zeros(len(self.spec.labels), np.float32),
            score=confidence_score.lowest_score(decision.score),
            presence_score=seen.presence_score,
            outline=seen.outline,
            reason=f"nothing stands out from the background ({compared})",
            region=seen.region,
        )


def _no_spec(path: Path) -> ModelFileError:
    return ModelFileError(
        f"{path} carries no specification (not exported by this project, or cut short): export it with "
        "`python -m export.tflite`, or give its class names with --labels FILE"
    )
