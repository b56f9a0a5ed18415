"""Classifier: vision step, network and rule for one frame; a frame in, a prediction out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge import vision
from edge.artifact.decision_spec import DecisionSpec
from edge.classify import confidence_score
from edge.classify.decision import Evidence, judge
from edge.classify.loaded_model import LoadedModel
from edge.classify.results import Prediction
from edge.errors import SpecError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.trust import TrustPolicy

LocateGarment = Callable[..., vision.PreparedInput]
"""Step from a frame, `height` and `width` to pixels, outline and presence score, as `edge.vision.find_garment`."""
_MAX_SHOWN = 200  # characters of a forged spec


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
        """Classify one frame, without memory of any other; the network isn't run on a frame without a garment.

        Args:
            frame: uint8 BGR, shape (H, W, 3), 0-255; grey, BGRA and a video's planes are accepted.
            top_k: how many classes to name, likeliest first.

        Raises:
            FrameError: the array isn't an image.
        """
        rule, labels = self.spec.decision, self.spec.labels
        started = time.perf_counter_ns()
        prepared = self._locate_garment(frame, height=self.spec.input.height, width=self.spec.input.width)
        located = time.perf_counter_ns()
        has_content = prepared.presence_score >= rule.presence_threshold
        scores = self.model.scores(prepared.pixels) if has_content else None
        invoked = time.perf_counter_ns()
        if scores is None:
            probabilities, ranked = np.zeros(len(labels), np.float32), []
            score = confidence_score.lowest_score(rule.score)
        else:
            probabilities = self.model.to_probabilities(scores)
            ranked = np.argsort(-probabilities, kind="stable")[:top_k].tolist()
            score = float(confidence_score.confidence_score(scores, probabilities, kind=rule.score))
        evidence = Evidence(prepared.presence_score, score, probabilities if has_content else None)
        label, reason = judge(evidence, labels, rule)
        latency_ns = {"vision": located - started, "invoke": invoked - located}
        prediction = Prediction(
            label=label,
            probability=float(probabilities[ranked[0]]) if ranked else 0.0,
            top_k=tuple((labels[index], float(probabilities[index])) for index in ranked),
            latency_ns=latency_ns,
            pixels=prepared.pixels,
            probabilities=probabilities,
            score=score,
            presence_score=prepared.presence_score,
            outline=prepared.outline,
            reason=reason,
            region=prepared.region,
        )
        decided = time.perf_counter_ns()
        latency_ns |= {"decide": decided - invoked, "total": decided - started}
        return prediction
