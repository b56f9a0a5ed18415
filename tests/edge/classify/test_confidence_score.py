"""Probabilities and confidence scores, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.classify.confidence_score import compared, confidence_score, lowest_score, reason, to_probabilities

PROBABILITIES = np.array([[0.5, 0.125, 0.375], [0.25, 0.25, 0.5]], np.float32)
LOGITS = np.log(np.array([[4, 1, 3], [1, 1, 14]], np.float32))  # their exponentials add up to 8 and to 16


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("probability", [0.5, 0.5]),
        ("margin", [0.125, 0.25]),
        ("energy", [math.log(8), math.log(16)]),
        ("joint", [0.5 * 8 / 9, 0.5 * 16 / 17]),  # counter-examples have exp(0) = 1 besides
    ],
)
def test_one_output_scores_as_it_does_among_many(kind: str, expected: list[float]) -> None:
    many = confidence_score(LOGITS, PROBABILITIES, kind=kind)
    assert many.dtype == np.float32
    assert many.tolist() == pytest.approx(expected)
    one = confidence_score(LOGITS[0], PROBABILITIES[0], kind=kind)
    assert one.shape == ()
    assert float(one) == pytest.approx(expected[0])


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([1000.0, 1000.0, -1000.0], np.float32)
    assert float(confidence_score(logits, logits, kind="energy")) == pytest.approx(1000 + math.log(2))
    assert float(confidence_score(logits, np.float32([0.5, 0.5, 0]), kind="joint")) == pytest.approx(0.5)
    assert float(confidence_score(-logits[:2], np.float32([0.5, 0.5]), kind="joint")) == 0.0


@pytest.mark.parametrize(("kind", "lowest"), [("probability", 0.0), ("margin", 0.0), ("energy", -math.inf)])
def test_nothing_scores_less_than_anything(kind: str, lowest: float) -> None:
    assert lowest_score(kind) == lowest


@pytest.mark.parametrize(
    ("score", "threshold", "kind", "text"),
    [
        (0.62, 0.7, "probability", "top1 0.62 below threshold 0.70"),
        (0.7, 0.7, "probability", "top1 0.70 reaches threshold 0.70"),
        (0.6996, 0.7, "probability", "top1 0.6996 below threshold 0.7000"),
        (0.12, 0.2, "margin", "top1's lead over top2 0.12 below threshold 0.20"),
        (7.5, 4.25, "energy", "negative free energy 7.50 reaches threshold 4.25"),
    ],
    ids=["below", "equal", "digits that tell them apart", "margin", "energy"],
)
def test_a_reason_names_score_and_threshold(score: float, threshold: float, kind: str, text: str) -> None:
    assert reason(score, threshold, kind=kind) == text


def test_a_limit_may_have_a_name_or_none() -> None:
    assert reason(0.62, 0.7, kind="probability", name="on-threshold") == "top1 0.62 below on-threshold 0.70"
    assert compared("presence", 0.12, 0.5) == "presence 0.12 below 0.50"


def test_probabilities_pass_as_they_are_at_temperature_one() -> None:
    scores = np.float32([[0.7, 0.2, 0.0]])  # a quantized softmax need not sum to 1

    assert to_probabilities(scores, output="probabilities", temperature=1.0) is scores


def test_logits_get_their_softmax() -> None:
    scores = np.log(np.float32([[1, 3], [500, 500]]))

    probabilities = to_probabilities(scores, output="logits", temperature=1.0)

    np.testing.assert_allclose(probabilities, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


@pytest.mark.parametrize("output", ["logits", "probabilities"])
def test_a_temperature_of_two_takes_square_roots_and_of_a_half_squares(output: str) -> None:
    odds = np.float32([16, 1]) / 17
    scores = np.log(odds) if output == "logits" else odds

    np.testing.assert_allclose(to_probabilities(scores, output=output, temperature=2.0), [0.8, 0.2], rtol=1e-6)
    squared = [256 / 257, 1 / 257]
    np.testing.assert_allclose(to_probabilities(scores, output=output, temperature=0.5), squared, rtol=1e-5)


def test_the_softmax_of_large_logits_does_not_overflow() -> None:
    scores = np.float32([1000, 0])

    np.testing.assert_array_equal(to_probabilities(scores, output="logits", temperature=1.0), [1, 0])


@pytest.mark.parametrize("temperature", [0.5, 1.5, 2.0])
def test_what_eight_bits_round_to_zero_stays_near_zero(temperature: float) -> None:
    """An int8 file puts out multiples of 1/256: the surest it can be is 255/256 for one class and 0 for the others."""
    surest = np.zeros(10, np.float32)
    surest[3] = 255 / 256

    probabilities = to_probabilities(surest, output="probabilities", temperature=temperature)

    assert probabilities[3] > 0.99
    assert probabilities.sum() == pytest.approx(1.0, rel=1e-5)
