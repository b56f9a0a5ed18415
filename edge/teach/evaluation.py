"""Accuracy and threshold of `unknown`, from the logits of examples that were held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge.classify.confidence_score import confidence_score, to_probabilities
from edge.classify.interval import wilson_interval
from edge.classify.threshold_choice import choose_threshold
from edge.teach.examples import COUNTER_EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.teach.cross_validation import Learned


@dataclass(frozen=True, slots=True)
class Share:
    """Count of images and of those with a property."""

    having: int
    images: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share, 0-1; (0, 1) of no image."""
        return wilson_interval(self.having, self.images) if self.images else (0.0, 1.0)

    def __str__(self) -> str:
        """Show the share with count and interval, in per cent."""
        if not self.images:
            return "no images"
        low, high = self.interval
        share = 100 * self.having / self.images
        return f"{share:.1f} % ({self.having} of {self.images}, 95 % interval {100 * low:.0f}-{100 * high:.0f} %)"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Results of cross-validation; every image was judged by a layer that was learned without it."""

    folds: int
    right: Share
    """Images of classes whose likeliest class is theirs."""
    right_by_class: tuple[Share, ...]
    score: str
    """Confidence score, one of `edge.artifact.decision_spec.SCORES`."""
    threshold: float
    """Least score of a known class, 0-1."""
    kept: Share
    """Images of classes that reach the threshold."""
    rejected: Share
    """Counter-examples below it."""

    def facts(self) -> dict[str, object]:
        """Return the results for the file's specification."""
        return {
            "folds": self.folds, "images": self.right.images, "right": self.right.having,
            "right_interval": list(self.right.interval), "kept": self.kept.having,
            "counter_examples": self.rejected.images, "rejected": self.rejected.having,
        }  # fmt: skip


def evaluate(learned: Learned, labels: NDArray[np.int32], classes: int) -> Evaluation:
    """Rate a layer, and choose its threshold; labels are int32 class indices, shape (N,), or `COUNTER_EXAMPLE`."""
    logits = learned.held_out
    probabilities = to_probabilities(logits, output="logits", temperature=1.0)
    is_known = labels != COUNTER_EXAMPLE
    kind, lowest = ("probability", 1 / classes) if is_known.all() else ("joint", 0.0)
    scores = confidence_score(logits, probabilities, kind=kind)
    is_right = logits.argmax(axis=1) == labels
    threshold = choose_threshold(scores[is_known], scores[~is_known], lowest=lowest)
    passes = scores >= threshold
    return Evaluation(
        folds=int(learned.folds.max()) + 1,
        right=_share(is_right[is_known]),
        right_by_class=tuple(_share(is_right[labels == label]) for label in range(classes)),
        score=kind,
        threshold=threshold,
        kept=_share(passes[is_known]),
        rejected=_share(~passes[~is_known]),
    )


def sentences(evaluation: Evaluation, names: Sequence[str]) -> list[str]:
    """Return the results for people, a line each."""
    width = max(map(len, names))
    lines = [f"{name:<{width}}  {share}" for name, share in zip(names, evaluation.right_by_class, strict=True)]
    lines.append(f"right in {evaluation.folds}-fold cross-validation: {evaluation.right}")
    rule = f"{evaluation.threshold:.3f} ({evaluation.score})"
    kept = f"unknown: below a score of {rule}, which {evaluation.kept} of the known reach"
    if evaluation.rejected.images:
        return [*lines, f"{kept}; below it are {evaluation.rejected} of the counter-examples"]
    return [*lines, f"{kept}; how many other things fall below it is not measured without a folder `unknown` of them"]


def _share(having: NDArray[np.bool_]) -> Share:
    return Share(int(having.sum()), len(having))
