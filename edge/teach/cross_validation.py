"""Choice of the penalty by cross-validation, whose held-out logits also give accuracy and threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge.teach.examples import COUNTER_EXAMPLE, Examples
from edge.teach.logistic import Head, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
_PENALTIES = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
_ROUGH, _FINE = 1e-2, 1e-3  # tolerances of a fit: 1e-2 is within 0.01 of the least cross-entropy
_SMALLEST = 1e-12


class Learned(NamedTuple):
    """Layer that was learned from all examples, and its rating by examples that were held out."""

    head: Head
    penalty: float
    held_out: NDArray[np.float32]
    """Logits of each example by a layer that was learned without it: float32, shape (N, classes)."""
    folds: NDArray[np.int64]
    """Fold that each example was held out in: int64, shape (N,)."""


def learn(examples: Examples, classes: int) -> Learned:
    """Choose the penalty with the least cross-entropy of held-out examples, then learn from all of them.

    Every class weighs the same. Counter-examples are a class of their own while it learns, whose logit is then
    subtracted from the others, as the score `joint` needs it. Examples of one group of near copies are held out
    together.
    """
    folds = assign_folds(examples.labels, examples.groups)
    features, scale = _normalised(examples.features)
    targets = _targets(examples.labels, classes)
    weights = _balanced(examples.labels)
    starts: dict[int, Head] = {}
    best, least = np.zeros_like(targets), np.inf
    chosen = _PENALTIES[0]
    for penalty in _PENALTIES:
        held_out = np.zeros_like(targets)
        for fold in range(int(folds.max()) + 1):
            is_out = folds == fold
            starts[fold] = fit(
                features, targets, penalty=penalty, weights=np.where(is_out, np.float32(0), weights),
                start=starts.get(fold), tolerance=_ROUGH,
            )  # fmt: skip
            held_out[is_out] = starts[fold].logits(features[is_out])
        loss = float((_cross_entropies(held_out, targets) * weights).sum())
        if loss >= least:
            break
        best, least, chosen = held_out, loss, penalty
    head = fit(features, targets, penalty=chosen, weights=weights, tolerance=_FINE)
    held_out = best[:, :classes] - best[:, classes:].sum(axis=1, keepdims=True)
    return Learned(_relative(scale.undone(head), classes), chosen, held_out, folds)


def assign_folds(labels: NDArray[np.int32], groups: NDArray[np.int32], *, folds: int = FOLDS) -> NDArray[np.int64]:
    """Divide examples into folds, each with its share of every class, and a group of near copies in one of them.

    A class that is all one group, such as a recording, is cut in its order.

    Returns:
        int64 number of the fold, shape (N,), 0 to `folds` - 1.
    """
    assigned = np.zeros(len(labels), np.int64)
    rng = np.random.default_rng(0)
    taken: dict[int, int] = {}  # group that lies in two classes -> fold
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        own, sizes = np.unique(groups[members], return_counts=True)
        if len(own) == 1:
            assigned[members] = np.arange(len(members)) * folds // len(members)
            continue
        filled = np.zeros(folds, np.int64)
        order = rng.permutation(len(own))
        for place in order[np.argsort(-sizes[order], kind="stable")]:
            fold = taken.setdefault(int(own[place]), int(filled.argmin()))
            filled[fold] += sizes[place]
            assigned[members[groups[members] == own[place]]] = fold
    return assigned


def is_cut(labels: NDArray[np.int32], groups: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the classes that are all one group of near copies, int32."""
    return np.array([label for label in np.unique(labels) if len(np.unique(groups[labels == label])) == 1], np.int32)


class _Scale(NamedTuple):
    """Shift and scale of features, which make the same penalties right for every network."""

    mean: NDArray[np.float32]
    length: np.float32

    def undone(self, head: Head) -> Head:
        """Return the layer for features as the network puts them out."""
        weights = head.weights / self.length
        return Head(weights, np.asarray(head.bias - self.mean @ weights, np.float32))


def _normalised(stored: NDArray[np.float16]) -> tuple[NDArray[np.float32], _Scale]:
    """Return features around 0 whose mean squared length is 1."""
    features = stored.astype(np.float32)
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    features -= mean
    squares = float(np.einsum("ij,ij->", features, features, dtype=np.float64))
    length = np.float32(np.sqrt(squares / len(features)))
    features /= length
    return features, _Scale(mean, length)


def _targets(labels: NDArray[np.int32], classes: int) -> NDArray[np.float32]:
    """Return the share of each class, and of counter-examples in a further column if there are any."""
    has_others = bool((labels == COUNTER_EXAMPLE).any())
    return np.eye(classes + has_others, dtype=np.float32)[labels]  # index -1 is the last column


def _relative(head: Head, classes: int) -> Head:
    """Return the layer whose logits are those of the classes minus that of counter-examples, if it has one."""
    of_others = Head(head.weights[:, classes:], head.bias[classes:])
    return Head(
        head.weights[:, :classes] - of_others.weights.sum(axis=1, keepdims=True),
        head.bias[:classes] - of_others.bias.sum(),
    )


def _balanced(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the weights, with mean 1, that make each class weigh the same."""
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(len(labels) / (len(counts) * counts[place]), np.float32)


def _cross_entropies(logits: NDArray[np.float32], targets: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
    logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True) + _SMALLEST)
    return np.asarray(-(targets * logarithms).sum(axis=1))
