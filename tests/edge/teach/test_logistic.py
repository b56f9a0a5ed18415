import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from edge.teach.logistic import Head, fit


def blobs(*, count: int, features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clouds of points around a middle for each class, and their targets."""
    rng = np.random.default_rng(3)
    labels = np.arange(count) % classes
    middles = rng.normal(0, 0.5, (classes, features))
    points = (middles[labels] + rng.normal(0, 1, (count, features))).astype(np.float32)
    return points, np.eye(classes, dtype=np.float32)[labels]


def objective(flat: np.ndarray, points: np.ndarray, targets: np.ndarray, penalty: float, weights: np.ndarray) -> float:
    layer = flat.reshape(points.shape[1] + 1, -1)
    logits = points @ layer[:-1] + layer[-1]
    losses = (logsumexp(logits, axis=1, keepdims=True) - logits) * targets
    return float((weights * losses.sum(axis=1)).sum() + penalty / 2 * (layer[:-1] ** 2).sum())


@pytest.mark.parametrize("penalty", [0.1, 10.0])
def test_the_minimum_is_that_of_scipy(penalty: float) -> None:
    points, targets = blobs(count=60, features=4, classes=3)
    targets[:6] = 1 / 3  # of no class
    weights = np.linspace(0.5, 2, 60, dtype=np.float32)
    exact = (points.astype(np.float64), targets.astype(np.float64), penalty, weights.astype(np.float64))
    theirs = minimize(objective, np.zeros(15), exact, method="BFGS", options={"gtol": 1e-6}).x.reshape(5, 3)
    head = fit(points, targets, penalty=penalty, weights=weights, tolerance=1e-5)
    assert np.vstack([head.weights, head.bias]) == pytest.approx(theirs, abs=2e-3)


def test_a_symmetric_pair_by_hand() -> None:
    # Points -1 and 1 with weights (-w, w) and penalty 1 lose 2 log(1 + exp(-2 w)) + w², whose slope is zero where
    # 4 / (1 + exp(2 w)) = 2 w.
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if 4 / (1 + np.exp(2 * middle)) > 2 * middle else (low, middle)
    head = fit(np.array([[-1], [1]], np.float32), np.eye(2, dtype=np.float32), penalty=1.0, tolerance=1e-5)
    assert head.weights[0] == pytest.approx([-low, low], abs=1e-4)
    assert head.bias == pytest.approx([0, 0], abs=1e-5)


def test_an_image_of_no_weight_changes_nothing() -> None:
    points, targets = blobs(count=30, features=3, classes=2)
    weights = np.ones(30, np.float32)
    weights[20:] = 0
    with_all = fit(points, targets, penalty=1.0, weights=weights, tolerance=1e-5)
    without = fit(points[:20], targets[:20], penalty=1.0, tolerance=1e-5)
    assert with_all.weights == pytest.approx(without.weights, abs=1e-3)


def test_a_start_beyond_the_minimum_leads_back() -> None:
    points, targets = blobs(count=40, features=3, classes=2)
    far = Head(np.full((3, 2), 5, np.float32), np.array([3, -3], np.float32))
    assert fit(points, targets, penalty=1.0, start=far, tolerance=1e-5).weights == pytest.approx(
        fit(points, targets, penalty=1.0, tolerance=1e-5).weights, abs=2e-3
    )
