"""The page's decisions, in Node.js, against Python's on the same predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from edge.artifact.decision_spec import SCORES, DecisionSpec
from edge.artifact.spec import ModelSpec
from edge.classify.confidence_score import confidence_score, lowest_score, to_probabilities
from edge.classify.decision import Decider, Evidence, judge
from edge.classify.results import Prediction

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
LABELS = ("Coat", "Bag", "Hat", "Shoe")
FRAMES = 400
DECIDE = """
import { Decider } from "./decision.js";
const number = (value) => (value === "-inf" ? -Infinity : value);
console.log(JSON.stringify(data.map(({ model, events }) => {
  const decider = new Decider(model);
  return events.map(([seconds, prediction]) => {
    if (prediction === null) return decider.at(seconds);
    const probabilities = Float32Array.from(prediction.probabilities);
    return decider.decide({ ...prediction, score: number(prediction.score), probabilities }, seconds);
  });
})));
"""
SCORE = """
import { confidenceScore, toProbabilities } from "./decision.js";
console.log(JSON.stringify(data.map(({ logits, output, temperature, kinds }) => {
  const scores = Float32Array.from(logits);
  const probabilities = toProbabilities(scores, output, temperature);
  return [[...probabilities], kinds.map((kind) => confidenceScore(scores, probabilities, kind))];
})));
"""
JUDGE = """
import { judge } from "./decision.js";
console.log(JSON.stringify(data.map(({ presence, score, probabilities, labels, rule, shown }) =>
  judge({ presence, score, probabilities: probabilities && Float32Array.from(probabilities) }, labels, rule, shown))));
"""
FIXED = """
import { fixed } from "./decision.js";
console.log(JSON.stringify(data.map(([value, digits]) => fixed(value, digits))));
"""


def rule_for_page(rule: DecisionSpec) -> dict[str, Any]:
    """Return the thresholds as `site.js` has them."""
    return asdict(rule) | {
        "off_threshold": rule.off_threshold, "presence_on_threshold": rule.presence_on_threshold,
    }  # fmt: skip


def random_prediction(rng: np.random.Generator, rule: DecisionSpec, favourite: int) -> Prediction:
    """Return the prediction of a frame that mostly shows one class, of none now and then."""
    presence = float(rng.uniform(0, 0.3) if rng.random() < 0.3 else rng.uniform(0.2, 1))
    logits = rng.normal(0, 1, len(LABELS)).astype(np.float32)
    logits[favourite] += np.float32(rng.uniform(-1, 4))
    probabilities = to_probabilities(logits, output="logits", temperature=1.3)
    if presence < rule.presence_threshold:
        probabilities, score = np.zeros(len(LABELS), np.float32), lowest_score(rule.score)
        evidence = Evidence(presence, score, None)
    else:
        score = float(confidence_score(logits, probabilities, kind=rule.score))
        evidence = Evidence(presence, score, probabilities)
    label, reason = judge(evidence, LABELS, rule)
    pixels, outline = np.zeros((1, 1), np.uint8), np.zeros((0, 2), np.int32)
    return Prediction(label, 0.0, (), {}, pixels, probabilities, score, presence, outline, reason)


def events_of(rng: np.random.Generator, rule: DecisionSpec) -> list[tuple[float, Prediction | None]]:
    """Return a camera's frames at uneven times, with pauses, looks without a frame, and a clock that is set back."""
    events: list[tuple[float, Prediction | None]] = [(0.0, None)]
    seconds = 0.0
    for number in range(FRAMES):
        favourite = (number // 25) % len(LABELS)
        seconds += float(rng.choice([0.033, 0.1, 0.0, -0.5, 2.0, 2.5], p=[0.6, 0.33, 0.02, 0.01, 0.02, 0.02]))
        events.append((seconds, random_prediction(rng, rule, favourite)))
        if rng.random() < 0.05:
            events.append((seconds + float(rng.choice([0.1, 1.9, 2.0, 2.1, 7.0])), None))
    return events


def page_s(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as the page has it."""
    score = "-inf" if prediction.score == -math.inf else prediction.score
    return {"label": prediction.label, "presence": prediction.presence_score, "score": score,
            "probabilities": prediction.probabilities.tolist()}  # fmt: skip


RULES = [
    DecisionSpec(score=score, threshold=threshold, presence_threshold=0.15, **more)
    for score, threshold in (("probability", 0.5), ("margin", 0.3), ("energy", 1.5), ("joint", 0.4))
    for more in ({}, {"smoothing_s": 0.0, "hold_frames": 1}, {"off_margin": 0.0, "hold_frames": 5})
]


def test_decisions_of_a_stream_are_python_s(in_node: Callable[..., Any]) -> None:
    rng = np.random.default_rng(11)
    streams = [(rule, events_of(rng, rule)) for rule in RULES]
    answers = in_node(DECIDE, [
        {"model": {"labels": LABELS, "decision": rule_for_page(rule)},
         "events": [[seconds, None if each is None else page_s(each)] for seconds, each in events]}
        for rule, events in streams
    ])  # fmt: skip
    shown = set()
    for (rule, events), decisions in zip(streams, answers, strict=True):
        decider = Decider(ModelSpec(LABELS, output="logits", decision=rule))
        for (seconds, prediction), got in zip(events, decisions, strict=True):
            time = NOON + timedelta(seconds=seconds)
            expected = decider.at(time, seconds) if prediction is None else decider.decide(prediction, time, seconds)
            assert (got["label"], got["changed"], got["reason"]) == (
                expected.label, expected.changed, expected.reason,
            )  # fmt: skip
            assert got["probability"] == pytest.approx(expected.probability, abs=1e-6)
            assert got["sinceS"] == pytest.approx((expected.since - NOON).total_seconds(), abs=2e-6)
            shown.add(expected.label)
    assert shown == {*LABELS, "unknown", "nothing", "stale"}


def test_decisions_of_single_images_are_python_s(in_node: Callable[..., Any]) -> None:
    rng = np.random.default_rng(5)
    cases = []
    for rule in RULES:
        for shown in (None, "unknown", "nothing", *LABELS):
            probabilities = rng.dirichlet(np.ones(len(LABELS))).astype(np.float32)
            for presence in (0.0, 0.15, 0.2, 0.25, 0.9):
                score = float(rng.choice([rule.threshold, rule.off_threshold, *probabilities.tolist()]))
                cases.append((Evidence(presence, score, probabilities if presence >= 0.15 else None), rule, shown))
    answers = in_node(JUDGE, [
        {"presence": evidence.presence_score, "score": evidence.score, "labels": LABELS, "rule": rule_for_page(rule),
         "probabilities": None if evidence.probabilities is None else evidence.probabilities.tolist(), "shown": shown}
        for evidence, rule, shown in cases
    ])  # fmt: skip
    assert [tuple(answer) for answer in answers] == [
        judge(evidence, LABELS, rule, shown=shown) for evidence, rule, shown in cases
    ]


def test_probabilities_and_scores_are_python_s(in_node: Callable[..., Any]) -> None:
    rng = np.random.default_rng(2)
    cases = []
    for number in range(60):
        logits = rng.normal(0, 5, (10, 2, 1000)[number % 3]).astype(np.float32)
        output = "probabilities" if number % 4 == 3 else "logits"
        if output == "probabilities":
            logits = to_probabilities(logits, output="logits", temperature=1.0)
            logits[0] = 0.0  # rounded away by 8 bits
        cases.append((logits, output, float(rng.choice([1.0, 0.5, 1.314]))))
    kinds = {"logits": SCORES, "probabilities": ("probability", "margin")}
    answers = in_node(SCORE, [
        {"logits": logits.tolist(), "output": output, "temperature": temperature, "kinds": kinds[output]}
        for logits, output, temperature in cases
    ])  # fmt: skip
    for (logits, output, temperature), (probabilities, scores) in zip(cases, answers, strict=True):
        expected = to_probabilities(logits, output=output, temperature=temperature)
        np.testing.assert_allclose(probabilities, expected, rtol=2e-6, atol=1e-7)
        for kind, score in zip(kinds[output], scores, strict=True):
            assert score == pytest.approx(float(confidence_score(logits, expected, kind=kind)), rel=5e-6, abs=5e-7)


def test_numbers_are_rounded_as_python_does(in_node: Callable[..., Any]) -> None:
    values = [0.125, 0.375, 0.625, -0.125, 0.005, 1.005, 0.5, 2.5, 0.12499999999999999, 0.995, 0.0, -3.14159, 0.03125]
    cases = [(value, digits) for value in values for digits in (2, 3, 4, 5)]
    assert in_node(FIXED, cases) == [f"{value:.{digits}f}" for value, digits in cases]
