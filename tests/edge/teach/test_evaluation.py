"""Accuracy, threshold and their counts, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge.teach.cross_validation import Learned
from edge.teach.evaluation import Share, evaluate
from edge.teach.logistic import Head

HEAD = Head(np.zeros((1280, 2), np.float32), np.zeros(2, np.float32))


def learned(*margins: float) -> Learned:
    """Held-out logits of two classes, by the lead of the first."""
    logits = np.array([(margin, 0) for margin in margins], np.float32)
    return Learned(HEAD, 1.0, logits, np.arange(len(margins)) % 2)


def test_counts_by_hand() -> None:
    # Right are 2 and 1 of class 0, and -2 of class 1; 0.5 of class 1 is wrong. The counter-example leads by 0.1.
    evaluation = evaluate(learned(2, 1, -2, 0.5, 0.1), np.array([0, 0, 1, 1, -1], np.int32), 2)
    assert (evaluation.right, evaluation.right_by_class) == (Share(3, 4), (Share(2, 2), Share(1, 2)))
    assert evaluation.folds == 2
    # Joint scores exp(z1) / (1 + exp(z1) + 1): 0.7870, 0.5761; of (-2, 0) 1 / 2.1353 = 0.4683; 0.4519; 0.3559.
    # A quarter of the way from 0 to the smallest of four, as 5 % of 4 + 1 scores are.
    assert (evaluation.score, evaluation.threshold) == ("joint", pytest.approx(0.4519 / 4, abs=1e-4))
    assert (evaluation.kept, evaluation.rejected) == (Share(4, 4), Share(0, 1))


def test_without_counter_examples_it_is_the_probability_whose_least_is_one_of_the_classes() -> None:
    evaluation = evaluate(learned(2, 1, -2), np.array([0, 0, 1], np.int32), 2)
    # 5 % of 3 + 1 scores: a fifth of the way from 1 / 2 to the smallest, 1 / (1 + exp(-1)) = 0.7311.
    assert (evaluation.score, evaluation.threshold) == ("probability", pytest.approx(0.5 + 0.2311 / 5, abs=1e-4))
    assert evaluation.rejected == Share(0, 0)


def test_a_share_has_its_interval() -> None:
    assert Share(8, 10).interval == pytest.approx((0.490161, 0.943319), abs=2e-6)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert "(8 of 10" in str(Share(8, 10))
