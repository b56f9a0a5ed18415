"""Rejection of what is no class: a threshold from held-out images, and what it keeps and rejects of test images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from edge.classify import threshold_choice
from edge.classify.interval import wilson_interval
from edge.classify.threshold_choice import KEPT


@dataclass(frozen=True, slots=True)
class ConfidenceScores:
    """Confidence scores of the images of one part, by `edge.classify.confidence_score`."""

    known: NDArray[np.float32]
    """Scores of images of a class, float32, shape (N,)."""
    unknown: NDArray[np.float32]
    """Scores of counter-examples, float32, shape (M,); empty without any."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Threshold below which the answer is `unknown`, and its effect on images that it wasn't chosen on; shares 0-1."""

    score: str
    """Confidence score, one of `edge.artifact.decision_spec.SCORES`."""
    threshold: float
    chosen_on_known: int
    """Number of held-out images of a class that the threshold was chosen on."""
    chosen_on_unknown: int
    """Number of held-out counter-examples that the threshold was chosen on; 0 without any."""
    known: int
    """Number of test images of a class."""
    known_kept: float
    """Share of them that reaches the threshold."""
    known_kept_interval: tuple[float, float]
    """95 % interval of that share, by Wilson's method."""
    unknown: int
    """Number of test images that are counter-examples."""
    unknown_rejected: float | None
    """Share of them below the threshold; None without any."""
    unknown_rejected_interval: tuple[float, float] | None
    unknown_accepted_at_95_kept: float | None
    """Share of them that reaches the score which 95 % of the test's known images reach; None without any."""
    area_under_roc: float | None
    """Probability that a known test image has a higher score than a counter-example; None without any."""


def evaluate_rejection(
    score: str, held_out: ConfidenceScores, test: ConfidenceScores, *, lowest: float = 0.0
) -> Rejection:
    """Choose the threshold on held-out images and apply it to test images, of which at least one is of a class.

    Args:
        score: kind of the scores.
        held_out: scores of images that weren't trained on, at least one of a class.
        test: scores of others.
        lowest: least score that an image can have.
    """
    threshold = choose_threshold(held_out, lowest=lowest)
    kept, rejected = test.known >= threshold, test.unknown < threshold
    rates: dict[str, Any] = dict.fromkeys(
        ("unknown_rejected", "unknown_rejected_interval", "unknown_accepted_at_95_kept", "area_under_roc")
    )
    if len(rejected):
        area = mannwhitneyu(test.known, test.unknown).statistic / (len(kept) * len(rejected))
        at_kept = np.quantile(test.known, 1 - KEPT, method="lower")
        rates = {
            "unknown_rejected": float(rejected.mean()),
            "unknown_rejected_interval": wilson_interval(int(rejected.sum()), len(rejected)),
            "unknown_accepted_at_95_kept": float((test.unknown >= at_kept).mean()),
            "area_under_roc": float(area),
        }
    return Rejection(
        score, threshold, len(held_out.known), len(held_out.unknown), len(kept), float(kept.mean()),
        wilson_interval(int(kept.sum()), len(kept)), len(rejected), **rates,
    )  # fmt: skip


def choose_threshold(scores: ConfidenceScores, *, lowest: float = 0.0) -> float:
    """Return the threshold that `edge.classify.threshold_choice` chooses; `lowest` is the least score of an image."""
    return threshold_choice.choose_threshold(scores.known, scores.unknown, lowest=lowest)


def describe_rejection(rejection: Mapping[str, Any]) -> str:
    """Return a sentence on a `Rejection` in the form that `metrics.json` has."""
    kept = _share(rejection["known_kept"], rejection["known"], rejection["known_kept_interval"])
    chosen = (
        f"threshold of {rejection['score']} {rejection['threshold']:.3g}, from {rejection['chosen_on_known']} known"
    )
    if rejection["unknown_rejected"] is None:
        images = "test image of a class is" if rejection["known"] == 1 else "test images of a class are"
        return (
            f"unknown: {kept} {images} kept ({chosen} held-out image{'s' * (rejection['chosen_on_known'] != 1)}). How "
            f"much else is rejected isn't measured: {_remedy(rejection['score'])}"
        )
    rejected = _share(rejection["unknown_rejected"], rejection["unknown"], rejection["unknown_rejected_interval"])
    others = (
        "counter-example in the test part is" if rejection["unknown"] == 1 else "counter-examples in the test part are"
    )
    return (
        f"unknown: {rejected} {others} rejected, {kept} image{'s' * (rejection['known'] != 1)} of a class kept "
        f"({chosen} and {rejection['chosen_on_unknown']} unknown held-out images); things of other kinds may pass "
        "more often"
    )


def _remedy(score: str) -> str:
    """Say what would measure the rejection of other things."""
    if score == "joint":  # for networks that learned counter-examples
        return (
            "no test image is a counter-example; some in a folder `unknown` beside the test's classes would measure it"
        )
    return "images of other things in a folder `unknown` would teach and measure it"


def _share(share: float, count: int, interval: tuple[float, float]) -> str:
    return f"{share:.0%} of {count} (95 % interval {interval[0]:.0%} to {interval[1]:.0%})"
