"""How much an answer looks like something the network knows: the score that a threshold is compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAMES = {"probability": "top1", "margin": "top1's lead over top2", "energy": "negative free energy"}


def confidence_score(
    scores: NDArray[np.float32], probabilities: NDArray[np.float32], *, kind: str
) -> NDArray[np.float32]:
    """Score one or many answers; the higher, the likelier it is something the network was trained on.

    Args:
        scores: float32, shape (..., classes), what the network puts out; for energy these must be logits.
        probabilities: float32, same shape, 0-1, with the temperature applied.
        kind: one of `edge.artifact.decision_spec.SCORES`. probability: of the likeliest class (Hendrycks and Gimpel,
            2017, arXiv:1610.02136). margin: its lead over the second, which two similar classes share. energy:
            logsumexp of the logits, the negative of Liu et al.'s free energy at their temperature 1 (2020,
            arXiv:2010.03759).

    Returns:
        float32, shape (...); 0-1, for energy any number.
    """
    if kind == "energy":
        highest = scores.max(axis=-1)
        return np.asarray(highest + np.log(np.exp(scores - highest[..., np.newaxis]).sum(axis=-1)), np.float32)
    if kind == "margin":
        second, first = np.moveaxis(np.partition(probabilities, -2, axis=-1)[..., -2:], -1, 0)
        return np.asarray(first - second, np.float32)
    return np.asarray(probabilities.max(axis=-1), np.float32)


def lowest_score(kind: str) -> float:
    """What an image gets that no network has looked at: less than any that one has."""
    return -math.inf if kind == "energy" else 0.0


def sentence(score: float, threshold: float, *, kind: str, name: str = "threshold") -> str:
    """Say how a score compares with a threshold: "top1 0.62 below threshold 0.70"."""
    return compared(_NAMES[kind], score, threshold, name=f"{name} ")


def compared(what: str, value: float, limit: float, *, name: str = "") -> str:
    """Say how a value compares with a limit, in as many digits, at least two, as it takes to tell them apart."""
    digits = next((n for n in range(2, 6) if f"{value:.{n}f}" != f"{limit:.{n}f}"), 2)
    verb = "below" if value < limit else "reaches"
    return f"{what} {value:.{digits}f} {verb} {name}{limit:.{digits}f}"
