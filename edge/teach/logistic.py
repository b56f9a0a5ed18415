"""Multinomial logistic regression with a quadratic penalty, fitted by L-BFGS in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_HISTORY = 8  # steps whose curvature is remembered
_SUFFICIENT = 1e-4  # of the decrease that the slope promises (Armijo's rule)
_MOST_HALVINGS = 30


class Head(NamedTuple):
    """Linear layer whose outputs are logits."""

    weights: NDArray[np.float32]
    """float32, shape (features, classes)."""
    bias: NDArray[np.float32]
    """float32, shape (classes,)."""

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the logits, float32, shape (N, classes), of features of shape (N, features)."""
        return np.asarray(features @ self.weights + self.bias, np.float32)


def fit(
    features: NDArray[np.float32],
    targets: NDArray[np.float32],
    *,
    penalty: float,
    weights: NDArray[np.float32] | None = None,
    start: Head | None = None,
    tolerance: float = 1e-3,
    most_steps: int = 200,
) -> Head:
    """Minimise the weighted cross-entropy plus half the penalty times the squared weights; the bias is free.

    With targets of one class each it is scikit-learn's `LogisticRegression(C=1 / penalty)`.

    Args:
        features: float32, shape (N, features).
        targets: float32 share of each class, shape (N, classes), 0-1, each row with sum 1.
        penalty: above 0.
        weights: float32 weight of each image, shape (N,), 0 or more (None: all 1).
        start: first guess (None: zeros), such as the result for another penalty.
        tolerance: length of the gradient, in units of that at zero, below which the fit ends.
        most_steps: limit on them.
    """
    count, classes = features.shape[1], targets.shape[1]
    of_each = np.ones(len(features), np.float32) if weights is None else weights
    wanted = targets * of_each[:, np.newaxis]

    def objective(point: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
        layer = point.reshape(count + 1, classes)
        logits = features @ layer[:-1] + layer[-1]
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        sums = exponentials.sum(axis=1, keepdims=True)
        loss = float((of_each * np.log(sums[:, 0])).sum(dtype=np.float64) - (wanted * logits).sum(dtype=np.float64))
        error = exponentials * (of_each[:, np.newaxis] / sums) - wanted
        gradient = np.empty_like(layer)
        np.matmul(features.T, error, out=gradient[:-1])
        gradient[:-1] += np.float32(penalty) * layer[:-1]
        gradient[-1] = error.sum(axis=0)
        loss += 0.5 * penalty * float((layer[:-1] ** 2).sum(dtype=np.float64))
        return loss, gradient.ravel()

    first = np.zeros((count + 1, classes), np.float32)
    scale = float(np.linalg.norm(objective(first.ravel())[1]))
    if start is not None:
        first[:-1], first[-1] = start
    found = _minimise(objective, first.ravel(), least_slope=tolerance * scale, most_steps=most_steps)
    layer = found.reshape(count + 1, classes)
    return Head(layer[:-1].copy(), layer[-1].copy())


def _minimise(
    objective: Callable[[NDArray[np.float32]], tuple[float, NDArray[np.float32]]],
    point: NDArray[np.float32],
    *,
    least_slope: float,
    most_steps: int,
) -> NDArray[np.float32]:
    """Minimise a convex function by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4)."""
    value, gradient = objective(point)
    steps: list[tuple[NDArray[np.float32], NDArray[np.float32], float]] = []
    for _ in range(most_steps):
        if np.linalg.norm(gradient) <= least_slope:
            break
        direction = _direction(gradient, steps)
        slope = float(direction @ gradient)
        length = 1.0 if steps else min(1.0, 1.0 / float(np.linalg.norm(gradient)))
        for _ in range(_MOST_HALVINGS):
            moved = point + np.float32(length) * direction
            new_value, new_gradient = objective(moved)
            if new_value <= value + _SUFFICIENT * length * slope:
                break
            length /= 2
        else:  # rounding hides any further decrease
            break
        step, change = moved - point, new_gradient - gradient
        if (curvature := float(step @ change)) > 0:
            steps = [*steps[1 - _HISTORY :], (step, change, curvature)]
        point, value, gradient = moved, new_value, new_gradient
    return point


def _direction(
    gradient: NDArray[np.float32], steps: list[tuple[NDArray[np.float32], NDArray[np.float32], float]]
) -> NDArray[np.float32]:
    """Return the direction of the next step: the gradient through the inverse curvature of the steps so far."""
    direction = -gradient
    shares = []
    for step, change, curvature in reversed(steps):
        share = float(step @ direction) / curvature
        direction = direction - np.float32(share) * change
        shares.append(share)
    if steps:
        _, change, curvature = steps[-1]
        direction = direction * np.float32(curvature / float(change @ change))
    for (step, change, curvature), share in zip(steps, reversed(shares), strict=True):
        direction = direction + np.float32(share - float(change @ direction) / curvature) * step
    return direction
