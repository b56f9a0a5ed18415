"""Folds keep near copies together, and what is learned fits the features as the network puts them out."""

from __future__ import annotations

import numpy as np

from edge.teach.cross_validation import assign_folds, is_cut, learn
from edge.teach.examples import Examples


def clouds(counts: dict[int, int], *, spread: float) -> Examples:
    """Images whose features lie around a place of their class, far from 0."""
    rng = np.random.default_rng(2)
    labels = np.concatenate([np.full(count, label, np.int32) for label, count in counts.items()])
    middles = 3 + rng.normal(0, 0.05, (max(counts) + 2, 1280))
    features = middles[labels] + rng.normal(0, spread, (len(labels), 1280))
    return Examples.of(features.astype(np.float16), labels, np.arange(len(labels), dtype=np.int32))


def test_every_fold_has_its_share_of_each_class() -> None:
    labels = np.repeat([0, 1, -1], [10, 20, 5]).astype(np.int32)
    folds = assign_folds(labels, np.arange(35, dtype=np.int32))
    assert [np.bincount(folds[labels == label]).tolist() for label in (0, 1, -1)] == [[2] * 5, [4] * 5, [1] * 5]


def test_near_copies_are_held_out_together() -> None:
    labels = np.repeat([0, 1], 12).astype(np.int32)
    groups = np.array([0] * 6 + [1] * 3 + [2] * 3 + [3] * 4 + [0] * 2 + [5, 6, 7, 8, 9, 10], np.int32)
    folds = assign_folds(labels, groups)
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    assert len(set(folds[labels == 0].tolist())) == 3


def test_a_recording_is_cut_in_its_order() -> None:
    labels, groups = np.repeat([0, 1], [10, 5]).astype(np.int32), np.array([7] * 10 + [1, 2, 3, 4, 5], np.int32)
    assert assign_folds(labels, groups)[:10].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert is_cut(labels, groups).tolist() == [0]


def test_classes_apart_are_learned_and_held_out_ones_recognised() -> None:
    examples = clouds({0: 20, 1: 8}, spread=0.02)
    learned = learn(examples, 2)
    assert (learned.held_out.argmax(axis=1) == examples.labels).all()
    assert (learned.head.logits(examples.features.astype(np.float32)).argmax(axis=1) == examples.labels).all()
    assert learned.head.weights.shape == (1280, 2)


def test_noise_is_learned_with_a_strong_penalty_and_held_out_is_chance() -> None:
    examples = clouds({0: 40}, spread=0.1)
    examples = examples._replace(labels=(np.arange(40) % 2).astype(np.int32))
    learned = learn(examples, 2)
    assert learned.penalty >= 1
    right = int((learned.held_out.argmax(axis=1) == examples.labels).sum())
    assert 8 <= right <= 32  # the learned layer has all 40 right; 5 standard deviations around 20 are 4 to 36


def test_counter_examples_have_logit_zero() -> None:
    examples = clouds({0: 15, 1: 15, 2: 15}, spread=0.02)
    examples = examples._replace(labels=np.where(examples.labels == 2, -1, examples.labels).astype(np.int32))
    learned = learn(examples, 2)
    for logits in (learned.held_out, learned.head.logits(examples.features.astype(np.float32))):
        assert logits.shape == (45, 2)
        assert (logits.max(axis=1)[examples.labels == -1] < 0).all()  # their own logit is 0
        assert (logits.max(axis=1)[examples.labels != -1] > 0).all()
