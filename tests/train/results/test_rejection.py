from dataclasses import asdict

import numpy as np
import pytest
from numpy.typing import NDArray

from train.results.rejection import ConfidenceScores, choose_threshold, describe_rejection, evaluate_rejection


def scores(known: list[float], unknown: list[float]) -> ConfidenceScores:
    return ConfidenceScores(np.array(known, np.float32), np.array(unknown, np.float32))


@pytest.mark.parametrize(
    ("known", "lowest", "expected"),
    [
        # 5 % of 40 is the second of 39 scores.
        pytest.param([(number + 1) / 40 for number in range(39)], 0.0, 2 / 40, id="many"),
        # 5 % of 20 is the first of 19 scores.
        pytest.param([(number + 1) / 20 for number in range(19)], 0.0, 1 / 20, id="enough"),
        # 5 % of 4 lies a fifth of the way from the lowest possible score to the first of three.
        pytest.param([0.9, 1.0, 0.8], 0.5, 0.5 + 0.2 * 0.3, id="few"),
        pytest.param([0.75], 0.25, 0.25 + 0.1 * 0.5, id="one"),
    ],
)
def test_without_counter_examples_95_percent_of_further_images_should_be_kept(
    known: list[float], lowest: float, expected: float
) -> None:
    assert choose_threshold(scores(known, []), lowest=lowest) == pytest.approx(expected)


def test_of_images_drawn_alike_the_promised_share_is_kept_on_average() -> None:
    rng = np.random.default_rng(0)

    def kept(count: int) -> float:
        rounds = rng.uniform(0, 1, (4000, count + 1)).astype(np.float32)
        return float(np.mean([row[-1] >= choose_threshold(scores(row[:-1].tolist(), [])) for row in rounds]))

    # Three standard errors of 4,000 draws are 0.010.
    assert [kept(count) for count in (2, 10, 50)] == [pytest.approx(0.95, abs=0.011)] * 3


def test_the_threshold_lies_in_the_gap_between_known_and_unknown_images() -> None:
    assert choose_threshold(scores([0.7, 0.8, 0.9] * 20, [0.1, 0.2, 0.3])) == pytest.approx(0.5)


def test_counter_examples_never_raise_the_threshold() -> None:
    known = [(number + 1) / 40 for number in range(39)]

    alone, against = (choose_threshold(scores(known, unknown)) for unknown in ([], [0.95, 0.97, 0.99]))

    assert against <= alone == pytest.approx(2 / 40)


def test_shares_of_the_test_images_are_those_counted_by_hand() -> None:
    held_out = scores([0.6, 0.8] * 20, [0.2, 0.4])  # a threshold of 0.5
    rejection = evaluate_rejection("probability", held_out, scores([0.4, 0.5, 0.9, 0.9], [0.3, 0.45, 0.6]))

    assert (rejection.chosen_on_known, rejection.chosen_on_unknown, rejection.known, rejection.unknown) == (40, 2, 4, 3)
    assert rejection.threshold == pytest.approx(0.5)
    assert rejection.known_kept == 3 / 4
    assert rejection.known_kept_interval == pytest.approx((0.3006, 0.9544), abs=1e-4)  # Wilson's, of 3 of 4
    assert rejection.unknown_rejected == pytest.approx(2 / 3)
    # 0.3 lies below four of the known, 0.45 below three, 0.6 below two: 9 of 12 pairs.
    assert rejection.area_under_roc == pytest.approx(9 / 12)
    assert rejection.unknown_accepted_at_95_kept == pytest.approx(2 / 3)  # at 0.4, which all four reach


@pytest.mark.parametrize("unknown", [[], [0.1, 0.2]])
def test_what_was_not_measured_is_null_and_the_sentence_has_what_was(unknown: list[float]) -> None:
    rejection = evaluate_rejection("probability", scores([0.9] * 30, []), scores([0.95] * 7, unknown))

    assert (rejection.unknown_rejected is None) == (rejection.area_under_roc is None) == (not unknown)
    sentence = describe_rejection(asdict(rejection))
    assert "100% of 7" in sentence
    assert ("100% of 2" in sentence) == bool(unknown)


@pytest.mark.parametrize(("count", "noun"), [(1, "counter-example in "), (2, "counter-examples in ")])
def test_a_single_image_is_spoken_of_as_one(count: int, noun: str) -> None:
    held_out = scores([0.9] * count, [])
    without, rejection = (
        describe_rejection(asdict(evaluate_rejection("joint", held_out, scores([0.95] * count, unknown))))
        for unknown in ([], [0.1] * count)
    )

    assert noun in rejection
    assert (") image of " in rejection, ") test image of " in without) == (count == 1, count == 1)
    assert ("known held-out image)" in without) == (count == 1)


@pytest.mark.parametrize(("score", "is_taught"), [("probability", False), ("joint", True)])
def test_counter_examples_that_the_test_alone_lacks_were_taught_all_the_same(score: str, is_taught: bool) -> None:
    sentence = describe_rejection(asdict(evaluate_rejection(score, scores([0.9] * 4, []), scores([0.95] * 7, []))))

    assert ("would teach" in sentence, "no test image" in sentence) == (not is_taught, is_taught)


def test_the_counts_are_whole_numbers_that_json_takes() -> None:
    rejection = evaluate_rejection("energy", scores([3.0] * 20, [-2.0]), scores([4.0], [-3.0]), lowest=-np.inf)
    values: list[NDArray[np.generic] | float] = list(asdict(rejection).values())
    assert not any(isinstance(value, np.generic) for value in values)
