"""The threshold lies where 5 % of N + 1 scores fall, or lower, in the gap to counter-examples."""

from __future__ import annotations

import numpy as np
import pytest

from edge.classify.threshold_choice import choose_threshold

NONE = np.zeros(0, np.float32)


def scores(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(np.linspace(0.5, 0.68, 19, dtype=np.float32), 0.5, id="19: the first, 0.05 * 20 = 1"),
        pytest.param(np.linspace(0.5, 0.88, 39, dtype=np.float32), 0.51, id="39: the second, 0.05 * 40 = 2"),
        pytest.param(scores(0.8), 0.08, id="one: a tenth of the way from 0, 0.05 * 2"),
    ],
)
def test_the_place_among_known_scores(known: np.ndarray, expected: float) -> None:
    assert choose_threshold(known, NONE) == pytest.approx(expected, abs=1e-6)


def test_counter_examples_lower_it_into_the_gap() -> None:
    known = np.concatenate([scores(0.5, 0.6), np.full(98, 0.9, np.float32)])
    # 5.05 of the known scores would lie below 0.9; at 0.4, between 0.3 and 0.5, all are kept and both others rejected.
    assert choose_threshold(known, scores(0.1, 0.3)) == pytest.approx(0.4, abs=1e-6)


def test_counter_examples_never_raise_it() -> None:
    known = np.linspace(0.5, 0.68, 19, dtype=np.float32)
    assert choose_threshold(known, np.full(30, 0.95, np.float32)) <= 0.5
