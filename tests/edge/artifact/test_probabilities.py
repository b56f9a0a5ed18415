import numpy as np
import pytest

from edge.artifact.probabilities import to_probabilities


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


def test_large_logits_do_not_overflow() -> None:
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
