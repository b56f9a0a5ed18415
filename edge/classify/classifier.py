"""A model file and a frame in, a prediction out: spec, vision step, runtime and the rule for one frame joined."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge import vision
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.labels import NOTHING_LABEL, UNKNOWN_LABEL
from edge.classify import confidence_score
from edge.classify.loaded_model import LoadedModel
from edge.classify.results import Prediction
from edge.errors import SpecError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.trust import TrustPolicy

LocateGarment = Callable[..., vision.PreparedInput]
"""From a frame, `height` and `width` to pixels, outline and presence, as `edge.vision.find_garment`."""
_MAX_SHOWN = 200  # characters: what a forged spec says may be as long as a book


class Classifier:
    """Vision step and network: classifies frames one by one. Made by `Classifier.load`."""

    def __init__(self, model: LoadedModel, *, locate_garment: LocateGarment = vision.find_garment) -> None:
        """Join a loaded model and the vision step.

        Args:
            model: the network and its spec.
            locate_garment: step from frame to pixels; a partial of it searches a region or knows the empty scene.

        Raises:
            SpecError: the spec needs a vision recipe that isn't there.
        """
        if model.spec.input.vision != vision.GARMENT_RECIPE:
            raise SpecError(
                f"{model.artifact.path} wants the vision recipe {model.spec.input.vision[:_MAX_SHOWN]!r}, this "
                f"edge-classify has {vision.GARMENT_RECIPE!r}: update edge-classify, or export the model again"
            )
        self.model = model
        self.artifact, self.runtime, self.spec = model.artifact, model.runtime, model.spec
        self._locate_garment = locate_garment

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        labels: tuple[str, ...] | None = None,
        policy: TrustPolicy | None = None,
        locate_garment: LocateGarment = vision.find_garment,
    ) -> Classifier:
        """Load a model file: arguments and errors as in `LoadedModel.load` and in the constructor."""
        model = LoadedModel.load(path, runtime=runtime, threads=threads, labels=labels, policy=policy)
        return cls(model, locate_garment=locate_garment)

    def with_decision(self, decision: DecisionSpec) -> Classifier:
        """Return the same classifier with other thresholds.

        Raises:
            SpecError: the thresholds don't fit the network's output.
        """
        return Classifier(self.model.with_decision(decision), locate_garment=self._locate_garment)

    def classify(self, frame: NDArray[np.uint8] | vision.YuvPicture, *, top_k: int = 3) -> Prediction:
        """Classify one frame, without memory of any other. Where there is nothing, the network isn't run.

        Args:
            frame: uint8 BGR, shape (H, W, 3), 0-255; grey, BGRA and a video's planes are accepted.
            top_k: how many classes to name, likeliest first.

        Raises:
            FrameError: the array isn't an image.
        """
        started = time.perf_counter_ns()
        seen = self._locate_garment(frame, height=self.spec.input.height, width=self.spec.input.width)
        found = time.perf_counter_ns()
        scores = (
            self.model.scores(seen.pixels) if seen.presence_score >= self.spec.decision.presence_threshold else None
        )
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

    def _of_scores(
        self, seen: vision.PreparedInput, scores: NDArray[np.float32], top_k: int, latency_ns: dict[str, int]
    ) -> Prediction:
        """What the network's scores mean; some of the times are still missing."""
        labels, decision = self.spec.labels, self.spec.decision
        probabilities = self.model.to_probabilities(scores)
        order = np.argsort(-probabilities, kind="stable")[:top_k]
        score = float(confidence_score.confidence_score(scores, probabilities, kind=decision.score))
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
