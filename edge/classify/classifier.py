"""Classifier: vision step, network and rule for one frame; a frame in, a prediction out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge import vision
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.input_spec import InputSpec, ModelOptions
from edge.classify import confidence_score
from edge.classify.decision import Evidence, judge
from edge.classify.loaded_model import LoadedModel
from edge.classify.results import Prediction
from edge.vision.recipe import require_recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.artifact.trust import TrustPolicy

Prepare = Callable[[Any, InputSpec], vision.PreparedInput]
"""Step from a frame and the model's input to pixels, outline and presence score, as `edge.vision.prepare`."""


class Classifier:
    """Vision step and network: classifies frames one by one. Made by `Classifier.load`."""

    def __init__(self, model: LoadedModel, *, prepare: Prepare = vision.prepare) -> None:
        """Join a loaded model and the vision step.

        Args:
            model: the network and its spec.
            prepare: step from frame to pixels; a partial of it searches a region or knows the empty scene.

        Raises:
            SpecError: the spec needs a vision recipe that isn't there.
        """
        require_recipe(model.spec.input)
        self.model = model
        self.artifact, self.runtime, self.spec = model.artifact, model.runtime, model.spec
        self._prepare = prepare

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        options: ModelOptions | None = None,
        policy: TrustPolicy | None = None,
        prepare: Prepare = vision.prepare,
    ) -> Classifier:
        """Load a model file: arguments and errors as in `LoadedModel.load` and in the constructor."""
        model = LoadedModel.load(path, runtime=runtime, threads=threads, options=options, policy=policy)
        return cls(model, prepare=prepare)

    def with_decision(self, decision: DecisionSpec) -> Classifier:
        """Return the same classifier with other thresholds.

        Raises:
            SpecError: the thresholds don't fit the network's output.
        """
        return Classifier(self.model.with_decision(decision), prepare=self._prepare)

    def classify(self, frame: NDArray[np.uint8] | vision.YuvPicture, *, top_k: int = 3) -> Prediction:
        """Classify one frame, without memory of any other; the network isn't run on a frame where nothing is there.

        Args:
            frame: uint8 BGR, shape (H, W, 3), 0-255; grey, BGRA and a video's planes are accepted.
            top_k: how many classes to name, likeliest first.

        Raises:
            FrameError: the array isn't an image.
        """
        rule, labels = self.spec.decision, self.spec.labels
        started = time.perf_counter_ns()
        prepared = self._prepare(frame, self.spec.input)
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
